"""Which network addresses are the internet's: whoever connects where others say may reach nothing else."""

from __future__ import annotations

import ipaddress

GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # the last 32 bits are an IPv4 address (RFC 6052)


def is_public(address: str) -> bool:
    """Whether an address is one of the internet's: not loopback, link-local, private, multicast or reserved.

    Of an IPv6 address that leads to an IPv4 address (mapped, 6to4, Teredo, NAT64) that one counts, too. Raises
    ValueError for what is no address.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv4Address):
        return found.is_global and not found.is_multicast
    if found in NAT64:
        return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
    if found.ipv4_mapped is not None:
        return is_public(str(found.ipv4_mapped))
    inner = [found.sixtofour, *(found.teredo or ())]
    return found in GLOBAL_UNICAST and found.is_global and all(is_public(str(each)) for each in inner if each)
