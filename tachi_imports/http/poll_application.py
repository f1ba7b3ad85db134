"""Handles polls before Django, whose middleware and request handling cost several times as much as the poll itself.

The response is that of the view (`imports.api.imports.poll_status.respond`). The headers of middleware are not repeated
here: the middleware itself is run for them, once for each kind of request. Requests other than plain polls are passed
on to Django.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.log import log_response
from django.utils.module_loading import import_string

from imports import log_context
from imports.api.core.middleware import canonical_path
from imports.api.core.renderers import JSON
from imports.api.imports.poll_status import POLL_PATH, framed, respond, session_user
from tachi_imports.http import capacity
from tachi_imports.http.poll_stores import PollStores
from tachi_imports.http.request_buffering import Application, Environ, Headers
from tachi_imports.http.request_id_middleware import request_id_of
from tachi_imports.http.worker_slots import NoFreeSlotError, Slots, WorkerSlots
from tachi_imports.monitoring.logs import REQUEST_ID
from tachi_imports.monitoring.metrics import POLL_ROUTE, record_request

END = "/poll-status"
FIRST_MIDDLEWARE = "imports.api.core.middleware.APIMiddleware"
"""Earlier middleware times requests and assigns IDs, which is done here."""
POLL_MIDDLEWARE = "imports.api.imports.poll_status.PollMiddleware"
NOTED_VARIABLES = (
    *("wsgi.url_scheme", "SERVER_NAME", "SERVER_PORT", "HTTP_HOST"),
    *("HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT", "HTTP_X_FORWARDED_PROTO"),
)
"""The variables of a poll that middleware reads, to check the host and whether the request used TLS."""
MAX_KINDS = 256  # of requests, whose headers are cached


class PollApplication:
    """A WSGI application before another. Polls share a few database connections, which are reopened if lost."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self.slots = Slots(capacity.MAX_POLLS)
        self.connections = WorkerSlots(capacity.POLL_CONNECTIONS, for_quick=0, timeout=capacity.SLOT_TIMEOUT_SECONDS)
        self._stores = PollStores()
        self._middleware_headers = functools.lru_cache(maxsize=MAX_KINDS)(middleware_headers)

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        import_id = polled_import(environ)
        if import_id is None:
            return self._application(environ, start_response)
        begun = time.perf_counter()
        request_id = environ[REQUEST_ID] = request_id_of(environ)
        try:
            with (
                log_context.bind_request(request_id),
                self.slots.entered(),
                self.connections.connected(timeout=capacity.SLOT_TIMEOUT_SECONDS),
            ):
                connection.close_if_unusable_or_obsolete()  # as at the start of a request
                answer = self._response(environ, import_id)
        except NoFreeSlotError:
            answer = None
        if answer is None:
            return self._application(environ, start_response)
        response, headers = answer
        seconds = time.perf_counter() - begun
        record_request(environ["REQUEST_METHOD"], POLL_ROUTE, status=response.status_code, seconds=seconds)
        if response.status_code >= 400:
            request = WSGIRequest(environ)
            log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)
        status = f"{response.status_code} {response.reason_phrase}"
        start_response(status, [*response.items(), *headers, ("X-Request-ID", request_id)])
        return [response.content]

    def _response(self, environ: Environ, import_id: str) -> tuple[HttpResponse, Headers] | None:
        """Returns the response to a poll and the headers of middleware; None if Django must handle the request."""
        kind = ("HTTP_AUTHORIZATION" in environ, *[environ.get(name) for name in NOTED_VARIABLES])
        if self._middleware_headers(200, *kind) is None:
            return None
        response = respond(
            environ,
            import_id,
            find_session=lambda: None,
            with_long_lists=False,
            query=self._stores.query,
            read_progress=self._stores.progress,
        )
        # A long response may be read slowly: Django's are buffered in a file meanwhile (request_buffering.py).
        if response is None or len(response.content) > capacity.SMALL_RESPONSE_BYTES:
            return None
        headers = self._middleware_headers(response.status_code, *kind)
        if headers is None:
            return None
        length = str(len(response.content))
        return response, [(name, length if name == "Content-Length" else value) for name, value in headers]


def polled_import(environ: Environ) -> str | None:
    """Returns the ID of the import that a request polls; None if Django must handle the request."""
    path: str = environ.get("PATH_INFO", "")
    if not path.rstrip("/").lower().endswith(END) or environ.get("REQUEST_METHOD") not in {"GET", "HEAD"}:
        return None
    has_body = environ.get("CONTENT_LENGTH", "") not in {"", "0"} or "HTTP_TRANSFER_ENCODING" in environ
    # A request with a token may have a session cookie, too, which takes precedence.
    may_have_session = "HTTP_AUTHORIZATION" in environ and (
        not environ["HTTP_AUTHORIZATION"] or "HTTP_COOKIE" in environ
    )
    # WSGI passes on the bytes of non-ASCII letters, which Django decodes.
    if has_body or may_have_session or not path.isascii() or environ.get("SCRIPT_NAME"):
        return None
    match = POLL_PATH.fullmatch(canonical_path(path))
    return match[1] if match else None


def middleware_headers(status: int, has_token: bool, *noted: str | None) -> Sequence[tuple[str, str]] | None:
    """Returns the headers that middleware adds to the response to a poll with this status, in order.

    `noted`: the values of `NOTED_VARIABLES`. Returns None if middleware itself responds to such requests.
    """
    variables = {name: value for name, value in zip(NOTED_VARIABLES, noted, strict=True) if value is not None}
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": f"/api/v1/imports/x{END}", "wsgi.input": BytesIO(), **variables}
    request = WSGIRequest(environ | ({"HTTP_AUTHORIZATION": "Bearer x"} if has_token else {}))
    try:
        request.get_host()
    except DisallowedHost:
        return None

    def view(request: HttpRequest) -> HttpResponse:
        response = HttpResponse(b"x", status=status, content_type=JSON)
        if not has_token:
            return framed(response)
        session_user(request)  # middleware adds Vary: Cookie if the session was accessed
        return response

    names = settings.MIDDLEWARE[settings.MIDDLEWARE.index(FIRST_MIDDLEWARE) :]
    handler: Callable[[HttpRequest], Any] = view
    for name in reversed(names if has_token else names[: names.index(POLL_MIDDLEWARE)]):
        handler = import_string(name)(handler)
    response = handler(request)
    if response.status_code != status or response.content != b"x":
        return None
    return [(name, value) for name, value in response.items() if name != "Content-Type"]
