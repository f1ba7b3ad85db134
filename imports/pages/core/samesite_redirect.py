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

# What browsers send with a click on another site's link. Frames and pictures of other sites have another Dest.
LINK_FOLLOWED = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
EXCLUDED_PREFIXES = ("/api/", "/ir/")  # they answer to tokens, and programs follow no such page


class SameSiteRedirectMiddleware:
    """Stands before the pages. Pictures, scripts and the like are known by what browsers say they are fetched for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Another site's link was followed by somebody whom we gave a form before, and no session came along.
        is_cookie_withheld = (
            request.method == "GET"
            and not request.path_info.startswith(EXCLUDED_PREFIXES)
            and all(request.headers.get(name) == value for name, value in LINK_FOLLOWED.items())
            and settings.CSRF_COOKIE_NAME in request.COOKIES
            and settings.SESSION_COOKIE_NAME not in request.COOKIES
        )
        if not is_cookie_withheld:
            return self.get_response(request)
        address = escape_leading_slashes(request.get_full_path())  # //host would lead elsewhere
        # A page and not a redirect: a redirect still counts as coming from the other site, and gets no cookie either.
        page = render_to_string("arriving.html", {"address": address})
        return HttpResponse(page, headers={"Cache-Control": "no-store"})
