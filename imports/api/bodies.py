"""JSON bodies: their size and syntax are looked at before anything else, even before who sends them."""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any, BinaryIO, cast

import msgspec
from django.conf import settings
from django.http import HttpRequest

from imports.api.errors import JSON_TOO_LARGE, Refused
from imports.api.rendering import JSON
from imports.formats import text
from imports.formats.json_document import UNREADABLE, invalid_json, lone_surrogates_as_nul

LIMIT = 4 * 1024 * 1024  # bytes, after inflation
DRAINED = 4 * settings.TACHI_MAX_UPLOAD_BYTES  # a larger body that is refused is not read to its end
GATHERED = settings.TACHI_MAX_UPLOAD_BYTES + LIMIT  # a file at its limit, with what is around it
GZIP_OR_ZLIB = zlib.MAX_WBITS | 32

KINDS = {b'"': "string", b"t": "boolean", b"f": "boolean", b"n": "null"}


@dataclass(frozen=True, slots=True)
class Body:
    """A JSON body whose syntax is sound. `raw` is empty where the request has none."""

    raw: bytes = b""

    def members(self) -> dict[str, Any]:
        """The members of the object, fit to be stored; of anything else, none. Raises Refused where it is too deep."""
        if not self.raw.startswith(b"{"):
            return {}
        # Numbers as the doubles that JavaScript takes them for, whatever their size.
        found: dict[str, Any] = json.loads(self.raw, parse_int=float)
        if text.is_too_deep(found):
            raise Refused("Your request body is nested too deeply.", status=400)
        return cast("dict[str, Any]", text.storable(found))


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


@contextlib.contextmanager
def gathered(request: HttpRequest) -> Iterator[None]:
    """Takes in a body that comes in chunks, without its length: Django would take it for none.

    Many clients send so without being told to. What is larger than any body may be is cut, and refused for its size.
    """
    is_chunked = request.headers.get("Transfer-Encoding", "").lower() == "chunked"
    if not is_chunked or request.META.get("CONTENT_LENGTH") or not request.META.get("wsgi.input_terminated"):
        yield
        return
    with SpooledTemporaryFile(max_size=LIMIT) as body:
        request.META["CONTENT_LENGTH"] = str(_copy(request.META["wsgi.input"], body, most=GATHERED))
        body.seek(0)
        request._stream = cast("BinaryIO", body)  # what request.read() reads
        yield


def _copy(source: IO[bytes], target: IO[bytes], *, most: int) -> int:
    """Returns how many bytes came."""
    size = 0
    with contextlib.suppress(OSError):
        while size < most and (part := source.read(min(1 << 16, most - size))):
            size += target.write(part)
    return size


def drain(request: HttpRequest) -> None:
    """Reads and forgets what nobody read: many clients only look at an answer once they have sent everything."""
    if 0 < content_length(request) <= DRAINED:
        with contextlib.suppress(OSError):
            while request.read(1 << 16):
                pass


def _received(request: HttpRequest) -> bytes:
    if content_length(request) > LIMIT:
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
    if inflater.unused_data:
        raise Refused(f"Your request body goes on behind its {encoding}.", status=400)
    return inflated


def _check_syntax(raw: bytes) -> None:
    """Without making objects of it, which would cost five times as much."""
    try:
        raw.decode()
        msgspec.json.decode(lone_surrogates_as_nul(raw), type=msgspec.Raw)
    except UNREADABLE as error:
        raise Refused(invalid_json(raw, error).message, status=400) from None
