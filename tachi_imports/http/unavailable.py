"""Responses with 503 and Retry-After: over the capacity, and as a page while the database is unavailable."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views import defaults

from imports.api.core.middleware import API_PATH, CORS, EXPOSE_HEADERS
from imports.api.core.renderers import JSON, encode
from imports.api.core.responses import error_envelope
from tachi_imports.http.capacity import RETRY_AFTER_SECONDS
from tachi_imports.http.database_errors import RETRY_AFTER_SECONDS as DATABASE_BACK_AFTER_SECONDS
from tachi_imports.http.database_errors import is_database_away

STATUS = "503 Service Unavailable"
BUSY = "Too many requests are being answered at the moment. Please try again in a few seconds."


def refuse_busy(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """A WSGI application that responds with 503: in the envelope under the API's path, else as plain text."""
    # Without Django's request handling: the process has no slot for this request.
    is_api = API_PATH.match(str(environ.get("PATH_INFO", ""))) is not None
    body = encode(error_envelope(BUSY)) if is_api else f"{BUSY}\n".encode()
    headers = {
        "Content-Type": JSON if is_api else "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        "Retry-After": str(RETRY_AFTER_SECONDS),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        **(CORS | EXPOSE_HEADERS if is_api else {}),
    }
    start_response(STATUS, list(headers.items()))
    return [body]


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500, called while the error is handled. Responds with 503 if the database is unavailable."""
    if not is_database_away(sys.exc_info()[1]):
        return defaults.server_error(request)
    response = HttpResponse(loader.get_template("503.html").render(), status=503)
    response.headers["Retry-After"] = str(DATABASE_BACK_AFTER_SECONDS)
    response.headers["Cache-Control"] = "no-store"
    return response
