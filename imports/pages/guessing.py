"""What keeps names and passwords from being guessed quickly, and accounts from being made by the hundred."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from imports import limits
from imports.limits import ACCOUNT, Exceeded
from imports.models import User
from imports.pages import account_words
from imports.pages.access import Page


def _slowed(view: Page, *, only_wrong: bool) -> Page:
    """Counts what is sent to this page, by user or address; who sends too much waits, and is told how long (429)."""

    @wraps(view)
    def slowed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        who = limits.who_is(request.user if isinstance(request.user, User) else None, request.META)
        try:
            limits.spend(ACCOUNT, who)
        except Exceeded as exceeded:
            return _told_to_wait(request, exceeded.standing.seconds_left)
        response = view(request, *args, **kwargs)
        if only_wrong and response.status_code == 302:  # what was right leads on
            limits.refund(ACCOUNT, who)
        return response

    return slowed


guarded = partial(_slowed, only_wrong=True)
"""For pages that ask for a password: a right one costs nothing."""
counted = partial(_slowed, only_wrong=False)
"""For pages that make something of everything right."""


class TooOftenMiddleware:
    """The same for whatever else may count, such as signing in to the admin."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return _told_to_wait(request, exception.standing.seconds_left) if isinstance(exception, Exceeded) else None


def _told_to_wait(request: HttpRequest, seconds: int) -> HttpResponse:
    context = {"wait": account_words.wait(seconds), "back_url": request.get_full_path()}
    response = render(request, "too-often.html", context, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response
