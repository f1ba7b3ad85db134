"""Noting that a player is here, by the pages that they open in a browser."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from imports.models import User


class LastSeenMiddleware:
    """Stands behind those that know who is signed in. The API notes the visits of browsers itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # A page has asked already who is signed in, as it shows that; whatever else we send may vary by nobody.
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if is_page and isinstance(request.user, User):
            User.objects.touch_last_seen(request.user)
        return response
