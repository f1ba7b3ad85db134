"""Keeps readers signed in who follow a link from another site.

The session's cookie is SameSite=Strict: a browser does not send it when a link from another site is followed. Browsers
of returning visitors therefore get a page that requests the same address again, with the cookie.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.http import escape_leading_slashes

# Headers of a click on another site's link. Frames and images of other sites have another Dest.
LINK_FOLLOWED = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
EXCLUDED_PREFIXES = ("/api/", "/ir/")  # these use tokens, and programs do not follow such pages


class SameSiteRedirectMiddleware:
    """Responds to followed links with a page that repeats the request. Images and scripts have other headers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # A link from another site, in a browser with our CSRF cookie and without a session cookie.
        is_cookie_withheld = (
            request.method == "GET"
            and not request.path_info.startswith(EXCLUDED_PREFIXES)
            and all(request.headers.get(name) == value for name, value in LINK_FOLLOWED.items())
            and settings.CSRF_COOKIE_NAME in request.COOKIES
            and settings.SESSION_COOKIE_NAME not in request.COOKIES
        )
        if not is_cookie_withheld:
            return self.get_response(request)
        address = escape_leading_slashes(request.get_full_path())  # //host would lead to another site
        # A page instead of a redirect, because a redirected request counts as cross-site and has no cookie either.
        page = render_to_string("arriving.html", {"address": address})
        return HttpResponse(page, headers={"Cache-Control": "no-store"})
