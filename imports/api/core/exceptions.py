"""The errors of the API, and the conversion of exceptions to the envelope."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from rest_framework.exceptions import APIException
from rest_framework.response import Response

from imports.api.core.renderers import json_response
from imports.api.core.responses import error_envelope
from imports.errors import INPUT_EXPIRED
from imports.formats.batch_manual import is_skippable
from imports.games import javascript
from tachi_imports.http.database_errors import RETRY_AFTER_SECONDS, is_database_away

log = logging.getLogger(__name__)

# Spelt as Tachi spells it (spec: http-api-reads §1).
INTERNAL_ERROR = "A fatal internal server error has occured."
ENDPOINT_NOT_FOUND = "Endpoint Not Found."
NOT_AUTHORISED = "You are not authorised to perform this action."
UNREADABLE_REQUEST = "Your request could not be read."
IMPORT_NOT_FOUND = "This import does not exist."
IMPORT_REVERTED = "This import has been reverted."
SKIP_HINT = "Add ?invalid=skip to the address to import the other scores; those that do not fit are then reported."
DATABASE_AWAY = "The database is away at the moment. Please try again in a few seconds."
JSON_TOO_LARGE = "Your request body was too large. The limit is 4MB."


class APIError(Exception):
    """An error response: its HTTP status, description, further members of the envelope, and headers.

    An error that the API's description lists is a class with a `status` and a `message`; `{names}` in the message are
    the keyword arguments with which it is raised: `raise SongNotFound(song_id=7)`. `described_as`: the text of the
    description if the message consists of a variable only.
    """

    status: int
    message: ClassVar[str] = ""
    described_as: ClassVar[str] = ""

    def __init__(
        self,
        description: str | None = None,
        *,
        status: int | None = None,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> None:
        # Only our own messages are templates: a description may quote input that contains braces.
        self.description = self.message.format(**values) if description is None else description
        super().__init__(self.description)
        if status is not None:
            self.status = status
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})
        # RFC 9110 requires this header with every 401.
        if self.status == 401:
            self.headers.setdefault("WWW-Authenticate", "Bearer")

    @property
    def envelope(self) -> dict[str, Any]:
        return error_envelope(self.description, self.extra)


ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "An error response.",
    "properties": {
        "success": {"const": False},
        "description": {"type": "string"},
        "error": {"type": "string", "description": "Used by some hooks instead of `description`."},
        "hint": {"const": SKIP_HINT},
        "status": {"const": 429},
        "message": {"const": "You're being rate limited."},
    },
    "required": ["success"],
    "oneOf": [{"required": ["description"]}, {"required": ["error"]}],
    "additionalProperties": False,
}
"""The envelope of every error in the OpenAPI description."""


class EndpointNotFound(APIError):
    """An unknown URL, or a method that the URL does not support."""

    status = 404
    message = ENDPOINT_NOT_FOUND


class ImportNotFound(APIError):
    status = 404
    message = IMPORT_NOT_FOUND


class ImportReverted(APIError):
    status = 410
    message = IMPORT_REVERTED


class InputExpired(APIError):
    status = 410
    message = INPUT_EXPIRED


class ImportFault(APIError):
    """An import that failed as a whole, or certainly will. `hint` names an option that may help."""

    status = 400
    described_as = "the error of the import"

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message, status=status, extra={"hint": SKIP_HINT} if is_skippable(message) else None)


class InputLost(ImportFault):
    status = 410
    described_as = "the error of an import whose input was not found"


class TooManyRows(ImportFault):
    status = 413
    described_as = "the error of an import with too many rows"


class ServiceFault(ImportFault):
    status = 500
    described_as = "the error of an import that failed because of the server"


FAULTS = (ImportFault, InputLost, TooManyRows, ServiceFault)
FAULT_OF = {fault.status: fault for fault in FAULTS}


def import_fault(message: str, *, status: int) -> ImportFault:
    """Returns the error for an import that failed with this HTTP status."""
    return FAULT_OF.get(status, ImportFault)(message, status=status)


class ParameterError(APIError):
    """An invalid parameter. `path` and `problem`: the parts of the message in the API of 2026.

    `problem` also names the other invalid parameters, if there are any.
    """

    status = 400
    path = problem = ""


class InvalidRequest(APIError):
    """An invalid parameter in the API of 2026 (spec: api-v3 §2.0)."""

    status = 400
    message = "Invalid request: {path} {problem}"


def invalid_parameter(key: str, message: str, value: Any = None, *, absent: bool = False) -> ParameterError:
    """Returns the error for an invalid parameter (spec: http-api §5)."""
    error = ParameterError(f"[{key}] {message}{received(key, value, absent=absent)}")
    error.path, error.problem = key, message
    return error


def received(key: str, value: Any, *, absent: bool = False) -> str:
    """Returns the part of a message that quotes an invalid value. Lists, objects and secrets are not quoted."""
    if absent:
        return " (Received nothing (undefined))"
    if isinstance(value, dict | list) or value == "":
        return ""
    # Names with this prefix are secrets, such as a password: clients log responses, so they must not repeat them.
    if key.startswith("!"):
        return " (Received ****)"
    text = javascript.text(value)
    return f" (Received {text if len(text) < 100 else f'{text[:97]}...'})"


def to_api_error(error: Exception) -> APIError | None:
    """Returns the error response for an exception; None for an unexpected one."""
    match error:
        case APIError():
            return error
        case Http404():
            return EndpointNotFound()
        case RequestDataTooBig():
            return APIError(JSON_TOO_LARGE, status=413)
        case PermissionDenied():
            return APIError(NOT_AUTHORISED, status=403)
        case BadRequest() | SuspiciousOperation() | MultiPartParserError() | UnreadablePostError():
            return APIError(UNREADABLE_REQUEST, status=400)
        case APIException() if error.status_code in {404, 405}:
            return EndpointNotFound()
        case APIException() if error.status_code < 500:
            return APIError(str(error.detail), status=error.status_code)
        case _:
            return None


def log_and_convert(error: Exception) -> APIError:
    """Returns the error response for any exception. Unexpected ones are logged, and their text is not sent."""
    api_error = to_api_error(error)
    # Not a bug: PostgreSQL may be restarting, and the same request will soon succeed.
    if api_error is None and is_database_away(error):
        log.warning("a request to the API was rejected: %s", error)
        return APIError(DATABASE_AWAY, status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
    if api_error is None:
        log.error("a request to the API failed", exc_info=error)
        return APIError(INTERNAL_ERROR, status=500)
    return api_error


def exception_handler(error: Exception, _context: Mapping[str, Any]) -> Response:
    """DRF's exception handler."""
    api_error = log_and_convert(error)
    return Response(api_error.envelope, status=api_error.status, headers=api_error.headers)


def plain_exception_handler(error: Exception) -> HttpResponse:
    """Returns the error response for an exception in a view outside DRF."""
    api_error = log_and_convert(error)
    return json_response(api_error.envelope, status=api_error.status, headers=api_error.headers)
