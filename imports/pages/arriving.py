"""Following a link from another site without seeming signed out.

The session's cookie is SameSite=Strict: a browser does not send it along when another site's link is followed. Whoever
has been here before is therefore sent on to the same page once more, by ourselves, and then the cookie comes along.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.http import escape_leading_slashes

FOLLOWED = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


NOT_PAGES = ("/api/", "/ir/")


class ArrivingMiddleware:
    """Stands before the pages. Pictures, scripts and the like are known by what browsers say they are fetched for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not may_seem_signed_out(request):
            return self.get_response(request)
        address = escape_leading_slashes(request.get_full_path())  # //host would lead elsewhere
        page = render_to_string("arriving.html", {"address": address})
        return HttpResponse(page, headers={"Cache-Control": "no-store"})


def may_seem_signed_out(request: HttpRequest) -> bool:
    """Another site's link was followed by somebody whom we gave a form before, and no session came along."""
    return (
        request.method == "GET"
        and not request.path_info.startswith(NOT_PAGES)
        and all(request.headers.get(name) == value for name, value in FOLLOWED.items())
        and settings.CSRF_COOKIE_NAME in request.COOKIES
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
    )
