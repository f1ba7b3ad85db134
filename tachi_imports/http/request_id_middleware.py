"""The headers that all responses share: the ID of the request, and a default Cache-Control."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from imports import log_context
from tachi_imports.monitoring import logs

VALID_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
VARIES_BY_COOKIE = re.compile(r"(^|,)\s*cookie\s*(,|$)", re.IGNORECASE)
PRIVATE = "private, no-cache"  # a browser may store it for its user, and must revalidate it before showing it again


class RequestIDMiddleware:
    """The outermost middleware. Adopts a valid X-Request-ID, so that one ID can be followed through several hosts."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if VALID_ID.fullmatch(given) else uuid.uuid4().hex
        request.META[logs.REQUEST_ID] = request_id
        with log_context.bind_request(request_id):
            response = self.get_response(request)
        response.headers["X-Request-ID"] = request_id
        if VARIES_BY_COOKIE.search(response.headers.get("Vary", "")):
            response.headers.setdefault("Cache-Control", PRIVATE)
        return response
