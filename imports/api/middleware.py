"""What all answers under /api/v1 and /ir share, also those that no view makes: CORS and the envelope."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from imports.api.bodies import drain, gathered
from imports.api.errors import FATAL, NO_ENDPOINT, UNREADABLE
from imports.api.rendering import JSON, plain
from imports.api.responses import bad

OURS = re.compile(r"/(api/v1|ir)(/|$)", re.IGNORECASE)
LITERALS = {
    *("api", "v1", "ir"),
    *("status", "config", "imports", "import", "file", "revert", "poll-status", "direct-manual"),
    *("restore", "retry", "cancel", "audit", "orphans"),
    *("failed", "recent-imports", "errors", "input"),
    *("check", "from-api"),
    *("users", "game-stats", "games", "pbs", "all", "sessions", "scores"),
    *("stats", "recent-summary", "activity", "history", "most-played", "leaderboard-adjacent"),
    *("best", "recent", "highlighted", "last", "calendar", "jubility", "best-score"),
    *("songs", "charts", "resolve", "playcount", "search", "chart-hash", "leaderboard", "pb-leaderboard", "players"),
    *("sieglinde-charts", "max-rivals"),
}
"""The words of our addresses. Parameters are never among them: IDs are longer, and names know no case."""

ALLOWED = "Access-Control-Allow-Headers"
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET,POST,PATCH,PUT,DELETE,OPTIONS",
    ALLOWED: "Content-Type, X-User-Intent, Authorization",
}
ALSO_ALLOWED = ("Idempotency-Key", "X-Infer-Score-TimeAchieved")
"""Allowed where a browser asks for it; other answers list what Tachi's list, and no more."""
EXPOSED = {
    "Access-Control-Expose-Headers": ", ".join(
        (
            *("Link", "X-Next-Cursor", "Location", "Retry-After", "X-Request-ID"),
            *("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"),
        )
    )
}
"""What a page of another site may read of an answer, beside its body."""
DESCRIPTIONS = {404: NO_ENDPOINT, 400: UNREADABLE}


class APIMiddleware:
    """Stands before everything that might answer with a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not OURS.match(request.path_info):
            return self.get_response(request)
        request.path_info = canonical(request.path_info)
        response = HttpResponse() if request.method == "OPTIONS" else self._answer(request)
        response.headers.setdefault("Cache-Control", "no-store")
        for name, value in cors_for(request).items():
            response.headers.setdefault(name, value)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        with gathered(request):
            response = self.get_response(request)
            drain(request)
        return response if _is_ours(response) else _in_envelope(response)


def cors_for(request: HttpRequest) -> dict[str, str]:
    """Any page may ask, none with its reader's cookies: credentials are never allowed."""
    if request.method != "OPTIONS":
        return CORS | EXPOSED
    asked = request.headers.get("Access-Control-Request-Headers", "").lower().replace(" ", "").split(",")
    allowed = [CORS[ALLOWED], *(name for name in ALSO_ALLOWED if name.lower() in asked)]
    return CORS | {ALLOWED: ", ".join(allowed), "Access-Control-Max-Age": "7200"}


def canonical(path: str) -> str:
    """Literals in lower case, without a slash at the end: both are ignored, while parameters keep their case."""
    parts = path.rstrip("/").split("/")
    return "/".join(part.lower() if part.lower() in LITERALS else part for part in parts)


def _is_ours(response: HttpResponse) -> bool:
    """Whether a view of ours made it: JSON, or a file to save."""
    return response.headers.get("Content-Type") == JSON or "Content-Disposition" in response.headers


def _in_envelope(response: HttpResponse) -> HttpResponse:
    """Django's own answers to what never reached a view."""
    status = response.status_code if response.status_code >= 400 else 404
    return plain(bad(DESCRIPTIONS.get(status, FATAL)), status=status)
