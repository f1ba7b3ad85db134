"""The admin's second factor: a code from an authenticator app (TOTP), or one of the single-use recovery codes.

TACHI_ADMIN_SECOND_FACTOR requires it. `manage.py second_factor` enrols users and resets their devices.
"""

from __future__ import annotations

import logging
from base64 import b32encode
from typing import Any

import django_otp
from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from imports.access import rate_limits
from imports.access.rate_limits import RateLimit
from imports.models import AuditEntry, User

log = logging.getLogger(__name__)

TRIES = RateLimit("second-factor", 15, 600)
"""The number of codes that an account may try, including correct ones."""
RECOVERY_CODES = 10
WRONG = gettext_lazy("This code is wrong or was used before. Wait for the next one.")
NAME = "second factor"


class CodeForm(forms.Form):
    """A form for one code, which may contain spaces and capitals."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}),
        help_text=gettext_lazy("The six digits from your authenticator app, or a recovery code."),
    )

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).replace(" ", "").lower()


def is_given(user: User | AnonymousUser) -> bool:
    """Returns whether this browser session has passed the second factor, or none is required."""
    return not settings.TACHI_ADMIN_SECOND_FACTOR or getattr(user, "otp_device", None) is not None


def code_view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Renders the page for a code, or instructions to enrol; checks a posted code. Raises RateLimitExceeded."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - for mypy; the site admits only moderators
    target = str(request.POST.get("next") or request.GET.get("next") or "")
    # A `next` that leads to another site would turn the sign-in into an open redirect.
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = reverse("admin:index")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        # Before the code is checked, so that concurrent requests cannot exceed the limit.
        rate_limits.consume(TRIES, f"user:{user.pk}")
        if form.is_valid() and accept(request, user, form.cleaned_data["code"]):
            return redirect(target)
        log.warning("invalid second factor of user %s from %s", user.pk, rate_limits.client_address(request.META))
        if form.is_valid():
            form.add_error("code", WRONG)
    is_enrolled = TOTPDevice.objects.filter(user=user, confirmed=True).exists()
    page = {"title": _("Two-factor authentication"), "form": form, "next": target, "is_enrolled": is_enrolled}
    return TemplateResponse(request, "admin/second-factor.html", {**context, **page})


def accept(request: HttpRequest, user: User, code: str) -> bool:
    """Returns whether the code belongs to this user. If so, marks the session as verified and changes its key."""
    kind = TOTPDevice if len(code) == 6 and code.isdecimal() else StaticDevice
    device = kind.objects.filter(user=user, confirmed=True).first()
    if device is None or not django_otp.verify_token(user, device.persistent_id, code):
        return False
    # As after a password: a session key known before must not gain rights.
    request.session.cycle_key()
    django_otp.login(request, device)
    return True


def enrol(user: User) -> tuple[str, str, list[str]]:
    """Replaces a user's authenticator. Returns its URL for a QR code, its key, and the recovery codes.

    The audit trail records the change, never the key.
    """
    # One transaction: nobody gets an authenticator without recovery codes.
    with transaction.atomic():
        reset(user)
        authenticator = TOTPDevice.objects.create(user=user, name=NAME)
        recovery = StaticDevice.objects.create(user=user, name=NAME)
        codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
        StaticToken.objects.bulk_create(StaticToken(device=recovery, token=code) for code in codes)
        AuditEntry.objects.record(AuditEntry.Verb.SECOND_FACTOR_MADE, subject_id=user.pk)
    return authenticator.config_url, b32encode(authenticator.bin_key).decode(), codes


def reset(user: User) -> int:
    """Deletes the authenticators and codes of a user. Returns the number of authenticators deleted."""
    # One transaction: no codes are left without their authenticator.
    with transaction.atomic():
        deleted: int = TOTPDevice.objects.filter(user=user).delete()[1].get("otp_totp.TOTPDevice", 0)
        StaticDevice.objects.filter(user=user).delete()
        if deleted:
            AuditEntry.objects.record(AuditEntry.Verb.SECOND_FACTOR_ENDED, subject_id=user.pk)
    return deleted
