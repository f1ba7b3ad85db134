"""Sends signed events to the URLs of clients: concurrently, within seconds, and never to private networks.

A host name is resolved once, all its addresses must be public, and the socket is created for a checked address. No
redirect is followed, and only the status of a response is read.
"""

from __future__ import annotations

import asyncio
import hmac
import socket
import ssl
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import aiohttp
from aiohttp.abc import ResolveResult
from aiohttp.resolver import ThreadedResolver

from imports.public_addresses import is_public

TIMEOUT_SECONDS = 10.0  # for the whole request, from the look-up of the name to the status
SIGNATURE_VERSION = "v1"


class PrivateAddress(OSError):
    """The host is in a private network."""


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A request to send. `key` signs it; `timestamp` in Unix seconds."""

    url: str
    delivery_id: str
    timestamp: int
    body: bytes
    key: bytes

    def headers(self, agent: str) -> dict[str, str]:
        return {
            "Content-Type": "application/json",
            "User-Agent": agent,
            "Webhook-Id": self.delivery_id,
            "Webhook-Timestamp": str(self.timestamp),
            "Webhook-Signature": f"{SIGNATURE_VERSION},{self.signature()}",
        }

    def signature(self) -> str:
        """Returns the base64 of an HMAC-SHA256 of ID, timestamp and body, as in Standard Webhooks."""
        signed = b".".join((self.delivery_id.encode(), str(self.timestamp).encode(), self.body))
        return b64encode(hmac.digest(self.key, signed, sha256)).decode()


@dataclass(frozen=True, slots=True)
class Answer:
    """The status of a response, or why there is none: `address`, `timeout`, `certificate` or `connection`."""

    status: int | None = None
    failure: str = ""

    @property
    def is_accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def send(
    requests: Sequence[WebhookRequest], *, agent: str, allows_private: bool, timeout: float = TIMEOUT_SECONDS
) -> list[Answer]:
    """Sends all requests concurrently; returns their responses, in order."""
    return asyncio.run(_send_all(requests, agent=agent, allows_private=allows_private, timeout=timeout))


async def _send_all(
    requests: Sequence[WebhookRequest], *, agent: str, allows_private: bool, timeout: float
) -> list[Answer]:
    guard: dict[str, Any] = {} if allows_private else {"resolver": PublicResolver(), "socket_factory": _public_socket}
    connector = aiohttp.TCPConnector(use_dns_cache=False, force_close=True, **guard)
    limits = aiohttp.ClientTimeout(total=timeout)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, timeout=limits, cookie_jar=jar) as session:
        return list(await asyncio.gather(*(_send(session, request, agent) for request in requests)))


async def _send(session: aiohttp.ClientSession, request: WebhookRequest, agent: str) -> Answer:
    try:
        response = await session.post(
            request.url, data=request.body, headers=request.headers(agent), allow_redirects=False
        )
        response.close()  # and its connection, as the body is not read
        return Answer(response.status)
    except TimeoutError:
        return Answer(failure="timeout")
    except (aiohttp.ClientSSLError, ssl.SSLError):
        return Answer(failure="certificate")
    except aiohttp.ClientConnectorError as error:
        return Answer(failure="address" if isinstance(error.os_error, PrivateAddress) else "connection")
    # ValueError: a host name that cannot be encoded in a request, which checks of the URL do not find.
    except (aiohttp.ClientError, OSError, ValueError):
        return Answer(failure="connection")


class PublicResolver(ThreadedResolver):
    """Refuses a name if any of its addresses is not public."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await super().resolve(host, port, family)
        for each in found:
            _require_public(each["host"])
        return found


def _public_socket(info: tuple[Any, Any, int, str, tuple[Any, ...]]) -> socket.socket:
    """Creates the socket for an address. Addresses in the URL itself come here without the resolver."""
    family, kind, protocol, _, target = info
    _require_public(target[0])
    return socket.socket(family, kind, protocol)


def _require_public(address: str) -> None:
    if not is_public(address):
        raise PrivateAddress(f"{address} is not public")
