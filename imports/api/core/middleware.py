"""CORS and the envelope for all responses under /api/v1 and /ir, including those that no view creates."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence

from django.contrib.admindocs.views import simplify_regex
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from imports.api.core.exceptions import DATABASE_AWAY, ENDPOINT_NOT_FOUND, INTERNAL_ERROR, UNREADABLE_REQUEST
from imports.api.core.parsers import buffer_chunked_body, discard_body
from imports.api.core.renderers import JSON, json_response
from imports.api.core.responses import error_envelope

API_PATH = re.compile(r"/+(api/+v1|ir)(/|$)", re.IGNORECASE)
SLASHES = re.compile("//+")
ALLOW_HEADERS = "Access-Control-Allow-Headers"
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET,POST,PATCH,PUT,DELETE,OPTIONS",
    ALLOW_HEADERS: "Content-Type, X-User-Intent, Authorization",
}
EXTRA_ALLOWED_HEADERS = ("Idempotency-Key", "X-Infer-Score-TimeAchieved")
"""Allowed if a browser requests it; otherwise the list is the same as Tachi's."""
EXPOSE_HEADERS = {
    "Access-Control-Expose-Headers": ", ".join(
        (
            *("Link", "X-Next-Cursor", "Location", "Retry-After", "X-Request-ID"),
            *("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"),
        )
    )
}
"""The headers of a response that a page of another site may read."""
DESCRIPTIONS = {404: ENDPOINT_NOT_FOUND, 400: UNREADABLE_REQUEST, 503: DATABASE_AWAY}
KEPT_HEADERS = ("Retry-After",)
"""Headers of Django's own responses that are passed on."""


class APIMiddleware:
    """Comes before everything that might respond with a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not API_PATH.match(request.path_info):
            return self.get_response(request)
        request.path = SLASHES.sub("/", request.path)  # used for the URLs of further pages
        request.path_info = canonical_path(request.path_info)
        # The preflight request of a browser has no credentials, so no view could authenticate it.
        response = HttpResponse() if request.method == "OPTIONS" else self._api_response(request)
        # Responses depend on the user: no cache may pass them on to another one.
        response.headers.setdefault("Cache-Control", "no-store")
        for name, value in cors_headers(request).items():
            response.headers.setdefault(name, value)
        return response

    def _api_response(self, request: HttpRequest) -> HttpResponse:
        with buffer_chunked_body(request):
            response = self.get_response(request)
            discard_body(request)
        # Our views return JSON or a file. Anything else is Django's own response to a request that reached no view.
        if response.headers.get("Content-Type") == JSON or "Content-Disposition" in response.headers:
            return response
        status = response.status_code if response.status_code >= 400 else 404
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        return json_response(error_envelope(DESCRIPTIONS.get(status, INTERNAL_ERROR)), status=status, headers=headers)


def cors_headers(request: HttpRequest) -> dict[str, str]:
    """Returns the CORS headers: pages of any site may send requests, but never with cookies."""
    if request.method != "OPTIONS":
        return CORS | EXPOSE_HEADERS
    requested = request.headers.get("Access-Control-Request-Headers", "").lower().replace(" ", "").split(",")
    allowed = [CORS[ALLOW_HEADERS], *(name for name in EXTRA_ALLOWED_HEADERS if name.lower() in requested)]
    # Two hours in seconds: Chromium caches a preflight response for no longer.
    headers = CORS | {ALLOW_HEADERS: ", ".join(allowed), "Access-Control-Max-Age": "7200"}
    # A public page that calls an instance in a private network: allowed, as any page may call it without cookies.
    if request.headers.get("Access-Control-Request-Private-Network") == "true":
        headers["Access-Control-Allow-Private-Network"] = "true"
    return headers


def canonical_path(path: str) -> str:
    """Returns the path as declared in the URL patterns, for segments in any case and repeated or trailing slashes.

    Parameters keep their case. Many clients produce `//api/v1` from a base URL with a trailing slash.
    """
    parts = SLASHES.sub("/", path).rstrip("/").split("/")
    known = known_addresses().spell(parts)
    if known is None and (match := API_PATH.match("/".join(parts))):  # so that unknown paths get a response of the API
        prefix = match[0].rstrip("/").lower().split("/")
        known = [*prefix, *parts[len(prefix) :]]
    return "/".join(known or parts)


class AddressTree:
    """A tree of paths by segment: the subtree of each literal, which matches in any case, and that of a parameter."""

    def __init__(self) -> None:
        self.words: dict[str, tuple[str, AddressTree]] = {}  # in lower case -> as declared, subtree
        self.parameter: AddressTree | None = None
        self.is_end = False

    def add(self, parts: Sequence[str]) -> None:
        if not parts:
            self.is_end = True
        elif parts[0].startswith("<"):
            self.parameter = self.parameter or AddressTree()
            self.parameter.add(parts[1:])
        else:
            _, after = self.words.setdefault(parts[0].lower(), (parts[0], AddressTree()))
            after.add(parts[1:])

    def spell(self, parts: Sequence[str], place: int = 0) -> list[str] | None:
        """Returns the segments as declared; None if no path matches. Literals precede parameters."""
        if place == len(parts):
            return list(parts) if self.is_end else None
        word, after = self.words.get(parts[place].lower(), ("", None))
        spelled = after.spell(parts, place + 1) if after is not None else None
        if spelled is not None:
            spelled[place] = word
        elif self.parameter is not None:
            spelled = self.parameter.spell(parts, place + 1)
        return spelled


@functools.cache
def known_addresses() -> AddressTree:
    """Returns all paths that the URL patterns of the API declare."""
    tree = AddressTree()

    def add(patterns: Iterable[URLPattern | URLResolver], before: str) -> None:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                add(pattern.url_patterns, route)
            elif API_PATH.match(address := simplify_regex(route)):
                tree.add(address.split("/"))

    add(get_resolver().url_patterns, "")
    return tree
