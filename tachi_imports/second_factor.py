"""The admin's second factor: a code of an authenticator (TOTP), or one of the recovery codes, each good for once.

TACHI_ADMIN_SECOND_FACTOR asks for it. `manage.py second_factor` enrols and resets.
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
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from imports import limits
from imports.limits import Limiter
from imports.models import AuditEntry, User

log = logging.getLogger(__name__)

TRIES = Limiter("second-factor", 15, 600)
"""Codes that one account may try, right ones and wrong ones."""
RECOVERY_CODES = 10
WRONG = "This code is wrong or was used before. Wait for the next one."
NAME = "second factor"


class CodeForm(forms.Form):
    """One code, as people copy it."""

    code = forms.CharField(
        label="Code",
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}),
        help_text="Six digits of your authenticator, or one of your recovery codes.",
    )

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).replace(" ", "").lower()


def is_given(user: User | AnonymousUser) -> bool:
    """Whether this browser's session has shown the second factor, or none is asked for."""
    return not settings.TACHI_ADMIN_SECOND_FACTOR or getattr(user, "otp_device", None) is not None


def ask(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The page that asks a moderator for a code, or tells how to get an authenticator. Raises Exceeded."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - for mypy; moderators alone come here
    target = _target(request)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        limits.spend(TRIES, f"user:{user.pk}")
        if form.is_valid() and accept(request, user, form.cleaned_data["code"]):
            return redirect(target)
        log.warning("a wrong second factor of user %s from %s", user.pk, limits.address_of(request.META))
        if form.is_valid():
            form.add_error("code", WRONG)
    is_enrolled = TOTPDevice.objects.filter(user=user, confirmed=True).exists()
    facts = {"title": "Second factor", "form": form, "next": target, "is_enrolled": is_enrolled}
    return TemplateResponse(request, "admin/second-factor.html", {**context, **facts})


def accept(request: HttpRequest, user: User, code: str) -> bool:
    """Whether it is a code of this user's; then this session has shown it, under a new key."""
    kind = TOTPDevice if len(code) == 6 and code.isdecimal() else StaticDevice
    device = kind.objects.filter(user=user, confirmed=True).first()
    if device is None or not django_otp.verify_token(user, device.persistent_id, code):
        return False
    request.session.cycle_key()
    django_otp.login(request, device)
    return True


def enrol(user: User) -> tuple[str, str, list[str]]:
    """A new authenticator instead of what there was: its address for a QR code, its key, and the recovery codes.

    It is on record that there is one, never the key.
    """
    # One transaction: nobody is left with half of it.
    with transaction.atomic():
        reset(user)
        authenticator = TOTPDevice.objects.create(user=user, name=NAME)
        recovery = StaticDevice.objects.create(user=user, name=NAME)
        codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
        StaticToken.objects.bulk_create(StaticToken(device=recovery, token=code) for code in codes)
        AuditEntry.objects.create(verb=AuditEntry.Verb.SECOND_FACTOR_MADE, subject=user)
    return authenticator.config_url, b32encode(authenticator.bin_key).decode(), codes


def reset(user: User) -> int:
    """Forgets the authenticators and codes of a user. Returns how many authenticators there were."""
    # One transaction: no codes without their authenticator.
    with transaction.atomic():
        found: int = TOTPDevice.objects.filter(user=user).delete()[1].get("otp_totp.TOTPDevice", 0)
        StaticDevice.objects.filter(user=user).delete()
        if found:
            AuditEntry.objects.create(verb=AuditEntry.Verb.SECOND_FACTOR_ENDED, subject=user)
    return found


def _target(request: HttpRequest) -> str:
    wanted = str(request.POST.get("next") or request.GET.get("next") or "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("admin:index")
