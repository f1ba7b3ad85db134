"""Every error of the API, and the one place that turns exceptions into the envelope."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from rest_framework.exceptions import APIException
from rest_framework.response import Response

from imports.api.rendering import plain
from imports.api.responses import bad

log = logging.getLogger(__name__)

FATAL = "A fatal internal server error has occured."
NO_ENDPOINT = "Endpoint Not Found."
NOT_AUTHORISED = "You are not authorised to perform this action."
UNREADABLE = "Your request could not be read."
NO_IMPORT = "This import does not exist."
REVERTED = "This import has been reverted."
JSON_TOO_LARGE = "Your request body was too large. The limit is 4MB."


class Refused(Exception):
    """Any answer that is no success: its HTTP status, its description, further members of the envelope, headers."""

    def __init__(
        self,
        description: str,
        *,
        status: int,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(description)
        self.description = description
        self.status = status
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})
        if status == 401:
            self.headers.setdefault("WWW-Authenticate", "Bearer")

    @property
    def envelope(self) -> dict[str, Any]:
        return bad(self.description, self.extra)


def no_endpoint() -> Refused:
    """What an unknown address answers, and a known one to a method that it does not have."""
    return Refused(NO_ENDPOINT, status=404)


def no_import() -> Refused:
    return Refused(NO_IMPORT, status=404)


def was_reverted() -> Refused:
    return Refused(REVERTED, status=410)


def invalid(key: str, message: str, received: Any = None, *, absent: bool = False) -> Refused:
    """A parameter that does not fit (spec: http-api §5)."""
    return Refused(f"[{key}] {message}{_received(key, received, absent=absent)}", status=400)


def _received(key: str, value: Any, *, absent: bool) -> str:
    if absent:
        return " (Received nothing (undefined))"
    if isinstance(value, dict | list) or value == "":
        return ""
    if key.startswith("!"):
        return " (Received ****)"
    text = value if isinstance(value, str) else {None: "null", True: "true", False: "false"}.get(value, str(value))
    return f" (Received {text if len(text) < 100 else f'{text[:97]}...'})"


def as_refusal(error: Exception) -> Refused | None:
    """What a client is told of an exception; None for one that should never have come this far."""
    match error:
        case Refused():
            return error
        case Http404():
            return no_endpoint()
        case RequestDataTooBig():
            return Refused(JSON_TOO_LARGE, status=413)
        case PermissionDenied():
            return Refused(NOT_AUTHORISED, status=403)
        case BadRequest() | SuspiciousOperation() | MultiPartParserError() | UnreadablePostError():
            return Refused(UNREADABLE, status=400)
        case APIException() if error.status_code in {404, 405}:
            return no_endpoint()
        case APIException() if error.status_code < 500:
            return Refused(str(error.detail), status=error.status_code)
        case _:
            return None


def refusal_of(error: Exception) -> Refused:
    """The same; what nobody foresaw is logged, and its text stays here."""
    refusal = as_refusal(error)
    if refusal is None:
        log.error("a request to the API broke", exc_info=error)
        return Refused(FATAL, status=500)
    return refusal


def handle(error: Exception, _context: Mapping[str, Any]) -> Response:
    """DRF's exception handler."""
    refusal = refusal_of(error)
    return Response(refusal.envelope, status=refusal.status, headers=refusal.headers)


def handle_plainly(error: Exception) -> HttpResponse:
    """The same for views outside DRF."""
    refusal = refusal_of(error)
    return plain(refusal.envelope, status=refusal.status, headers=refusal.headers)
