"""Emails players when somebody signs in to their account from a new place: another browser or network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.utils import timezone

from imports import jobs
from imports.access import rate_limits
from imports.models import KnownPlace, User

# The first match counts: most browsers also name those that they are derived from.
BROWSERS = {
    "Edg": "Edge", "OPR/": "Opera", "SamsungBrowser": "Samsung Internet", "FxiOS": "Firefox", "Firefox": "Firefox",
    "CriOS": "Chrome", "Chrome": "Chrome", "Safari": "Safari",
}  # fmt: skip
SYSTEMS = {
    "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "macOS",
    "CrOS": "ChromeOS", "Linux": "Linux",
}  # fmt: skip


def browser_name(agent: str) -> str:
    """Returns e.g. `Firefox, Linux` for a User-Agent; without versions, so that an update is not a new place."""
    found = [next((name for sign, name in signs.items() if sign in agent), "") for signs in (BROWSERS, SYSTEMS)]
    return ", ".join(filter(None, found))


def remember_place(user: User, meta: Mapping[str, Any]) -> bool:
    """Stores the place from which an account is used; returns whether it is new. `meta`: the request's META."""
    browser = browser_name(str(meta.get("HTTP_USER_AGENT") or ""))
    return KnownPlace.objects.record(user, browser=browser, network=rate_limits.client_address(meta))


@receiver(user_logged_in, dispatch_uid="imports.sign_ins")
def note_sign_in(request: Any, user: Any, **_: Any) -> None:
    """Stores the place of a sign-in and emails the player if it is new. Skips players without a verified address."""
    if isinstance(user, User) and jobs.is_mail_enabled() and user.verified_email and remember_place(user, request.META):
        browser = browser_name(str(request.META.get("HTTP_USER_AGENT") or ""))
        jobs.mail_new_place(user, browser=browser, time_utc=f"{timezone.now():%Y-%m-%d %H:%M} UTC")
