"""Checks for public IP addresses: connections to addresses given by users must not reach private networks."""

from __future__ import annotations

import ipaddress

GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # the last 32 bits are an IPv4 address (RFC 6052)


def is_public(address: str) -> bool:
    """Returns whether an address is public: not loopback, link-local, private, multicast or reserved.

    An IPv4 address embedded in an IPv6 address (mapped, 6to4, Teredo, NAT64) must be public, too. Raises ValueError for
    text that is not an address.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv4Address):
        return found.is_global and not found.is_multicast
    if found in NAT64:
        return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
    # Python before 3.11.4 considers all 6to4 addresses private.
    if (inner := found.ipv4_mapped or found.sixtofour) is not None:
        return is_public(str(inner))
    return found in GLOBAL_UNICAST and found.is_global and all(is_public(str(each)) for each in found.teredo or ())
