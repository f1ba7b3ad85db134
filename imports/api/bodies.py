"""JSON bodies: their size and syntax are looked at before anything else, even before who sends them."""

from __future__ import annotations

import contextlib
import json
import zlib
from dataclasses import dataclass
from typing import Any

import msgspec
from django.http import HttpRequest

from imports.api.errors import JSON_TOO_LARGE, Refused
from imports.api.rendering import JSON
from imports.formats.json_document import UNREADABLE, invalid_json

LIMIT = 4 * 1024 * 1024  # bytes, after inflation
DRAINED = 64 * 1024 * 1024  # bytes of a refused body that are read, so that a client still sending can read the answer
GZIP_OR_ZLIB = zlib.MAX_WBITS | 32

KINDS = {b'"': "string", b"t": "boolean", b"f": "boolean", b"n": "null"}


@dataclass(frozen=True, slots=True)
class Body:
    """A JSON body whose syntax is sound. `raw` is empty where the request has none."""

    raw: bytes = b""

    def members(self) -> dict[str, Any]:
        """The members of the object; of anything else, none. Raises Refused where it is nested too deeply."""
        if not self.raw.startswith(b"{"):
            return {}
        try:
            # Numbers as the doubles that JavaScript takes them for, whatever their size.
            found: dict[str, Any] = json.loads(self.raw, parse_int=float)
        except RecursionError as error:
            raise Refused(invalid_json(self.raw, error).message, status=400) from None
        return found


def read(request: HttpRequest, *, not_an_object: str) -> Body:
    """The JSON body; other content types count as none. Raises Refused with 413, 415 or 400.

    `not_an_object` is the message for a bare number, string, boolean or null; `{kind}` in it names which.
    """
    if request.content_type != JSON:
        return Body()
    raw = _inflated(request, _received(request)).strip(b" \t\r\n")
    if not raw:
        return Body()
    _check_syntax(raw)
    if raw[:1] not in (b"{", b"["):
        raise Refused(not_an_object.format(kind=KINDS.get(raw[:1], "number")), status=400)
    return Body(raw)


def content_length(request: HttpRequest) -> int:
    """What the client says it sends, 0 where it says nothing."""
    with contextlib.suppress(ValueError):
        return max(0, int(request.META.get("CONTENT_LENGTH") or 0))
    return 0


def drain(request: HttpRequest) -> None:
    """Reads and forgets the body, unless it is too large even for that."""
    if content_length(request) <= DRAINED:
        while request.read(1 << 16):
            pass


def _received(request: HttpRequest) -> bytes:
    if content_length(request) > LIMIT:
        drain(request)
        raise Refused(JSON_TOO_LARGE, status=413)
    data: bytes = request.read(LIMIT + 1)
    return data


def _inflated(request: HttpRequest, data: bytes) -> bytes:
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding == "identity":
        return data
    if encoding not in {"gzip", "deflate"}:
        raise Refused(f'Unsupported content encoding "{encoding[:40]}".', status=415)
    inflater = zlib.decompressobj(GZIP_OR_ZLIB)
    try:
        inflated = inflater.decompress(data, LIMIT + 1)
    except zlib.error:
        raise Refused(f"Your request body is not valid {encoding}.", status=400) from None
    if len(inflated) > LIMIT:
        raise Refused(JSON_TOO_LARGE, status=413)
    if not inflater.eof:
        raise Refused(f"Your request body is not complete {encoding}.", status=400)
    return inflated


def _check_syntax(raw: bytes) -> None:
    """Without making objects of it, which would cost five times as much."""
    try:
        raw.decode()
        msgspec.json.decode(raw, type=msgspec.Raw)
    except UNREADABLE as error:
        raise Refused(invalid_json(raw, error).message, status=400) from None
