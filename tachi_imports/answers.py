"""What all answers of the web share: the ID of their request, and who may keep a copy."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from imports import trace
from tachi_imports import logs

GIVEN = re.compile(r"[A-Za-z0-9_.-]{1,64}")
DEPENDS_ON_WHO_ASKS = re.compile(r"(^|,)\s*cookie\s*(,|$)", re.IGNORECASE)
OWN_COPY = "private, no-cache"  # a browser may keep it for its user, and asks before it shows it again


class AnswersMiddleware:
    """Stands before everything else. A sound X-Request-ID is taken over, so that one ID runs through several hosts."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if GIVEN.fullmatch(given) else uuid.uuid4().hex
        request.META[logs.REQUEST_ID] = request_id
        with trace.of_request(request_id):
            response = self.get_response(request)
        response.headers["X-Request-ID"] = request_id
        if DEPENDS_ON_WHO_ASKS.search(response.headers.get("Vary", "")):
            response.headers.setdefault("Cache-Control", OWN_COPY)
        return response
