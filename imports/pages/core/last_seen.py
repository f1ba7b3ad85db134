"""Records when a player was last seen, by pages opened in a browser."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from imports.models import User


class LastSeenMiddleware:
    """Runs after the authentication middleware. The API records visits of browsers itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Pages have already loaded the user; other responses may be independent of the user.
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if is_page and isinstance(request.user, User):
            User.objects.touch_last_seen(request.user)
        return response
