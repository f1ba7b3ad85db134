"""What all answers under /api/v1 and /ir share, also those that no view makes: CORS, a request ID, the envelope."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from imports.api.bodies import drain
from imports.api.errors import FATAL, NO_ENDPOINT, UNREADABLE
from imports.api.rendering import JSON, plain
from imports.api.responses import bad

OURS = re.compile(r"/(api/v1|ir)(/|$)", re.IGNORECASE)
GIVEN_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
LITERALS = {
    *("api", "v1", "ir"),
    *("status", "config", "imports", "import", "file", "revert", "poll-status", "direct-manual"),
    *("restore", "retry", "cancel", "audit", "orphans"),
    *("users", "game-stats", "games", "pbs", "all", "sessions", "scores"),
}
"""The words of our addresses. Parameters are never among them: IDs are longer, and names know no case."""

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET,POST,PATCH,PUT,DELETE,OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, X-User-Intent, Authorization",
}
DESCRIPTIONS = {404: NO_ENDPOINT, 400: UNREADABLE}


class APIMiddleware:
    """Stands before everything that might answer with a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not OURS.match(request.path_info):
            return self.get_response(request)
        request.path_info = canonical(request.path_info)
        response = HttpResponse() if request.method == "OPTIONS" else self.get_response(request)
        drain(request)
        if response.headers.get("Content-Type") != JSON and request.method != "OPTIONS":
            response = _in_envelope(response)
        given = request.headers.get("X-Request-ID", "")
        response.headers["X-Request-ID"] = given if GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
        response.headers.setdefault("Cache-Control", "no-store")
        for name, value in CORS.items():
            response.headers.setdefault(name, value)
        return response


def canonical(path: str) -> str:
    """Literals in lower case, without a slash at the end: both are ignored, while parameters keep their case."""
    parts = path.rstrip("/").split("/")
    return "/".join(part.lower() if part.lower() in LITERALS else part for part in parts)


def _in_envelope(response: HttpResponse) -> HttpResponse:
    """Django's own answers to what never reached a view."""
    status = response.status_code if response.status_code >= 400 else 404
    return plain(bad(DESCRIPTIONS.get(status, FATAL)), status=status)
