"""Rate limits of pages, against guessing of passwords and mass creation of accounts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from imports.access import rate_limits
from imports.access.rate_limits import ACCOUNT_LIMIT, SEARCHES, RateLimitExceeded
from imports.models import User
from imports.pages.core.permissions import Page
from imports.pages.texts import account_texts


def _rate_limited(view: Page, *, only_wrong: bool) -> Page:
    """Limits POST requests to a page, by user or address; a 429 shows how long to wait."""

    @wraps(view)
    def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        who = _client_key(request)
        try:
            # Counted before the view runs, and refunded: otherwise concurrent attempts would pass uncounted.
            rate_limits.consume(ACCOUNT_LIMIT, who)
        except RateLimitExceeded as exceeded:
            return _too_many_requests(request, exceeded.state.seconds_left)
        response = view(request, *args, **kwargs)
        if only_wrong and response.status_code == 302:  # a redirect means that the input was valid
            rate_limits.refund(ACCOUNT_LIMIT, who)
        return response

    return limited


limit_failures = partial(_rate_limited, only_wrong=True)
"""For pages with a password: valid input is not counted."""
limit_requests = partial(_rate_limited, only_wrong=False)
"""For pages that create something: valid input is counted, too."""


class RateLimitMiddleware:
    """Handles the rate limits of other views, such as the admin's sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.GET.get("q"):  # any search
            try:
                rate_limits.consume(SEARCHES, _client_key(request))
            except RateLimitExceeded as exceeded:
                return _too_many_requests(request, exceeded.state.seconds_left)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        # Limits of single views, which do not handle the exception themselves.
        if isinstance(exception, RateLimitExceeded):
            return _too_many_requests(request, exception.state.seconds_left)
        return None


def _client_key(request: HttpRequest) -> str:
    return rate_limits.client_key(request.user if isinstance(request.user, User) else None, request.META)


def _too_many_requests(request: HttpRequest, seconds: int) -> HttpResponse:
    # A page with a link back to the form instead of a bare status, because the input is lost.
    context = {"wait": account_texts.retry_after(seconds), "back_url": request.get_full_path()}
    response = render(request, "too-often.html", context, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response
