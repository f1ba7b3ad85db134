"""Responses: the envelope `{"success": true, "description", "body"}` or `{"success": false, "description"}`, and the
documents in it.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Self

import msgspec
from django.conf import settings
from django.http import HttpRequest
from rest_framework.response import Response

SPELLINGS = {"id": "ID", "ids": "IDs", "api": "API", "gpt": "gpt"}


def json_name(name: str) -> str:
    """`score_ids` -> `scoreIDs`."""
    first, *rest = name.split("_")
    return first + "".join(SPELLINGS.get(part, part.capitalize()) for part in rest)


class Schema(msgspec.Struct, rename=json_name, forbid_unknown_fields=True, kw_only=True):
    """A JSON object of the API with these members and no others.

    Views build it, msgspec encodes its members in the order of the class, and the API's description is derived from
    it, with the docstring as its description. The default of an optional member is UNSET.
    """

    @classmethod
    def from_attributes(cls, source: Any, **computed: Any) -> Self:
        """Returns the document of a row. Members that are not `computed` are the attributes of the same name."""
        for name in _required_members(cls):
            if name not in computed:
                computed[name] = getattr(source, name)
        return cls(**computed)

    @classmethod
    def extend(cls, document: Schema, **more: Any) -> Self:
        """Returns a document of the base class with the members that this class adds."""
        return cls(**msgspec.structs.asdict(document), **more)


@functools.cache  # a list may contain thousands of documents of a class
def _required_members(schema: type[Schema]) -> tuple[str, ...]:
    return tuple(field.name for field in msgspec.structs.fields(schema) if field.required)


def absolute_url(request: HttpRequest, path: str) -> str:
    """Returns the absolute URL of a path, below the public URL if one is set."""
    return f"{settings.TACHI_PUBLIC_URL}{path}" if settings.TACHI_PUBLIC_URL else request.build_absolute_uri(path)


class Empty(Schema):
    """No members."""


def ok_envelope(description: str, body: Any) -> dict[str, Any]:
    return {"success": True, "description": description, "body": body}


def error_envelope(description: str, extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"success": False, "description": description, **(extra or {})}


def ok_response(description: str, body: Any, *, status: int = 200) -> Response:
    """Returns a success."""
    return Response(ok_envelope(description, body), status=status)


def documents_year() -> int:
    """Returns 2026 or 2025: the version of the documents at paths that exist in both API versions."""
    return int(settings.TACHI_API_DOCUMENTS)


# --- headers ------------------------------------------------------------------------------------------

RATE_LIMIT_HEADERS = {
    "X-RateLimit-Limit": ("The number of requests allowed in the current window.", "integer"),
    "X-RateLimit-Remaining": ("The number of requests remaining in the current window.", "integer"),
    "X-RateLimit-Reset": ("The time at which the window ends, in Unix seconds.", "integer"),
}
COMMON_HEADERS = {**RATE_LIMIT_HEADERS, "X-Request-ID": ("The ID of the request in the log of the server.", "string")}
RETRY_HEADERS = {"Retry-After": ("The number of seconds to wait.", "integer")}
PAGE_HEADERS = {
    "X-Next-Cursor": ("The `cursor` of the next page. Absent on the last page.", "string"),
    "Link": ('The URL of the next page, with `rel="next"`. Absent on the last page.', "string"),
}
FILE_HEADERS = {"Content-Disposition": ("The name of the file, if the response is a file.", "string")}
HEADERS = {**COMMON_HEADERS, **RETRY_HEADERS, **PAGE_HEADERS, **FILE_HEADERS}
"""Name -> description and type, of the headers that the API's description lists."""
