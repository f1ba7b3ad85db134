"""Sends signed events to the addresses that clients gave: at the same time, within seconds, and to nothing private.

A name is resolved once, every address that it has must be public, and the socket is made for one that was looked at. No
redirect is followed, and of an answer the status alone is read.
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

TIMEOUT_SECONDS = 10.0  # for everything, from the look-up of the name to the status
SIGNATURE_VERSION = "v1"


class PrivateAddress(OSError):
    """The host is in a network that is none of the internet's."""


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """What is sent where. `key` signs it; `timestamp` in Unix seconds."""

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
        """Returns the base64 of an HMAC-SHA256 of ID, timestamp and body, as Standard Webhooks has it."""
        signed = b".".join((self.delivery_id.encode(), str(self.timestamp).encode(), self.body))
        return b64encode(hmac.digest(self.key, signed, sha256)).decode()


@dataclass(frozen=True, slots=True)
class Answer:
    """The status of the answer, or why there is none: `address`, `timeout`, `certificate` or `connection`."""

    status: int | None = None
    failure: str = ""

    @property
    def is_accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def send(
    requests: Sequence[WebhookRequest], *, agent: str, allows_private: bool, timeout: float = TIMEOUT_SECONDS
) -> list[Answer]:
    """Sends all at the same time; returns their answers, in order."""
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
        response.close()  # together with its connection: nobody reads the body
        return Answer(response.status)
    except TimeoutError:
        return Answer(failure="timeout")
    except (aiohttp.ClientSSLError, ssl.SSLError):
        return Answer(failure="certificate")
    except aiohttp.ClientConnectorError as error:
        return Answer(failure="address" if isinstance(error.os_error, PrivateAddress) else "connection")
    # ValueError: a name that cannot be written in a request, which no check of the address can foresee.
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
    """Makes the socket for an address. Those that stand in the URL as such come here without a resolver."""
    family, kind, protocol, _, target = info
    _require_public(target[0])
    return socket.socket(family, kind, protocol)


def _require_public(address: str) -> None:
    if not is_public(address):
        raise PrivateAddress(f"{address} is not public")
