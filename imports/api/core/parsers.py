"""Parsing of JSON bodies. Their size and syntax are checked before anything else, even before authentication."""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

import msgspec
from django.conf import settings
from django.http import HttpRequest

from imports.api.core.exceptions import JSON_TOO_LARGE, APIError
from imports.api.core.renderers import JSON
from imports.formats import text
from imports.formats.json_document import UNREADABLE, invalid_json, lone_surrogates_as_nul

MAX_BODY_BYTES = 4 * 1024 * 1024  # after decompression
MAX_DISCARDED_BYTES = 4 * settings.TACHI_MAX_UPLOAD_BYTES  # a larger refused body is not read to its end
MAX_CHUNKED_BODY_BYTES = settings.TACHI_MAX_UPLOAD_BYTES + MAX_BODY_BYTES  # a file of the maximum size in a form
GZIP_OR_ZLIB = zlib.MAX_WBITS | 32

UTF_16 = {"utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be"}
"""Charsets of JSON other than UTF-8 -> their names in Python."""

KINDS_BY_FIRST_BYTE = {b'"': "string", b"t": "boolean", b"f": "boolean", b"n": "null"}


@dataclass(frozen=True, slots=True)
class Body:
    """A syntactically valid JSON body, in UTF-8. `raw` is empty if the request has none.

    `other_type`: the content type of a body that is not JSON, "" if it has none; None for JSON.
    """

    raw: bytes = b""
    other_type: str | None = None

    def require_json(self) -> None:
        """Raises APIError if the body has another content type."""
        if self.other_type is not None:
            raise wrong_type(JSON, self.other_type)

    def members(self) -> dict[str, Any]:
        """Returns the members of an object, fit for the database; {} for other values. Raises APIError if too deep."""
        if not self.raw.startswith(b"{"):
            return {}
        # All numbers are doubles, as in JavaScript.
        members: dict[str, Any] = json.loads(self.raw, parse_int=float)
        if text.is_too_deep(members):
            raise APIError("Your request body is nested too deeply.", status=400)
        return cast("dict[str, Any]", text.storable(members))


def read_body(request: HttpRequest, *, non_object_message: str) -> Body:
    """Returns the JSON body; a body of another content type counts as empty. Raises APIError with 413, 415 or 400.

    `non_object_message` is the message for a number, string, boolean or null; `{kind}` in it stands for the type.
    """
    if request.content_type != JSON:
        # A form without fields consists of its closing line only, and counts as no body.
        closing_line = f"--{(request.content_params or {}).get('boundary', '')}--\r\n"
        is_form = (request.content_type or "").startswith("multipart/")
        has_content = content_length(request) > (len(closing_line) if is_form else 0)
        return Body(other_type=(request.content_type or "") if has_content else None)
    if content_length(request) > MAX_BODY_BYTES:
        raise APIError(JSON_TOO_LARGE, status=413)
    raw = _in_utf8(request, _decompress(request, request.read(MAX_BODY_BYTES + 1))).strip(b" \t\r\n")
    if not raw:
        return Body()
    try:
        raw.decode()
        # The syntax only: creating objects would take five times as long.
        msgspec.json.decode(lone_surrogates_as_nul(raw), type=msgspec.Raw)
    except UNREADABLE as error:
        raise APIError(invalid_json(raw, error).message, status=400) from None
    if raw[:1] not in (b"{", b"["):
        raise APIError(non_object_message.format(kind=KINDS_BY_FIRST_BYTE.get(raw[:1], "number")), status=400)
    return Body(raw)


def wrong_type(expected: str, received: str) -> APIError:
    """Returns the error for a body with another content type than the expected one."""
    named = f"received {text.storable(received)[:100]}" if received else "but the request names none"
    return APIError(f"Expected a body with the Content-Type {expected}, {named}.", status=400)


def content_length(request: HttpRequest) -> int:
    """Returns the Content-Length in bytes, 0 if it is absent or invalid."""
    with contextlib.suppress(ValueError):
        return max(0, int(request.META.get("CONTENT_LENGTH") or 0))
    return 0


@contextlib.contextmanager
def buffer_chunked_body(request: HttpRequest) -> Iterator[None]:
    """Reads a chunked body, which has no length: Django would treat it as empty.

    Many clients send bodies this way. A body over the maximum size is cut off and then refused for its size.
    """
    is_chunked = request.headers.get("Transfer-Encoding", "").lower() == "chunked"
    if not is_chunked or request.META.get("CONTENT_LENGTH") or not request.META.get("wsgi.input_terminated"):
        yield
        return
    with SpooledTemporaryFile(max_size=MAX_BODY_BYTES) as body:
        source, size = request.META["wsgi.input"], 0
        with contextlib.suppress(OSError):  # the connection broke: the part that arrived is handled like any body
            while size < MAX_CHUNKED_BODY_BYTES and (part := source.read(min(1 << 16, MAX_CHUNKED_BODY_BYTES - size))):
                size += body.write(part)
        request.META["CONTENT_LENGTH"] = str(size)
        body.seek(0)
        request._stream = cast("BinaryIO", body)  # what request.read() reads
        yield


def discard_body(request: HttpRequest) -> None:
    """Reads the rest of the body: many clients read the response only after sending the whole request."""
    if 0 < content_length(request) <= MAX_DISCARDED_BYTES:
        with contextlib.suppress(OSError):
            while request.read(1 << 16):
                pass


def _decompress(request: HttpRequest, data: bytes) -> bytes:
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding == "identity":
        return data
    if encoding not in {"gzip", "deflate"}:
        raise APIError(f'Unsupported content encoding "{encoding[:40]}".', status=415)
    inflater = zlib.decompressobj(GZIP_OR_ZLIB)
    try:
        # At most one byte more than the limit: a small body may decompress to gigabytes.
        inflated = inflater.decompress(data, MAX_BODY_BYTES + 1)
    except zlib.error:
        raise APIError(f"Your request body is not valid {encoding}.", status=400) from None
    if len(inflated) > MAX_BODY_BYTES:
        raise APIError(JSON_TOO_LARGE, status=413)
    if not inflater.eof:
        raise APIError(f"Your request body is not complete {encoding}.", status=400)
    if inflater.unused_data:
        raise APIError(f"Your request body goes on behind its {encoding}.", status=400)
    return inflated


def _in_utf8(request: HttpRequest, data: bytes) -> bytes:
    """Returns the body in UTF-8 without a byte order mark. Raises APIError with 400 if it is not in its charset."""
    charset = (request.content_params or {}).get("charset", "").lower()
    if charset not in UTF_16:
        return text.without_mark(data)
    try:
        return data.decode(UTF_16[charset]).removeprefix("\ufeff").encode()
    except UnicodeDecodeError:
        raise APIError(f"Your request body is not valid {charset}.", status=400) from None
