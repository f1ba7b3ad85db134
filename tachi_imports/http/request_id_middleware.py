"""Headers of all responses: the ID of the request, and a default Cache-Control."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from imports import log_context
from tachi_imports.monitoring import logs

VALID_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
VARIES_BY_COOKIE = re.compile(r"(^|,)\s*cookie\s*(,|$)", re.IGNORECASE)
PRIVATE = "private, no-cache"  # browsers may store it for their user, and must revalidate it before reuse


def request_id_of(variables: Mapping[str, Any]) -> str:
    """Returns the request's X-Request-ID if it is valid, else a new ID."""
    given = str(variables.get("HTTP_X_REQUEST_ID", ""))
    return given if VALID_ID.fullmatch(given) else uuid.uuid4().hex


class RequestIDMiddleware:
    """The outermost middleware. Adopts a valid X-Request-ID, so that an ID can be followed across several hosts."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = request.META[logs.REQUEST_ID] = request_id_of(request.META)
        with log_context.bind_request(request_id):
            response = self.get_response(request)
        response.headers["X-Request-ID"] = request_id
        if VARIES_BY_COOKIE.search(response.headers.get("Vary", "")):
            response.headers.setdefault("Cache-Control", PRIVATE)
        return response
