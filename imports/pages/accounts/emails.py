"""An account's e-mail address, and password resets. Without a mail server, all pages are 404."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import PasswordResetConfirmView, PasswordResetView
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import translation
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from imports import jobs, sign_ins
from imports.access import email_links, rate_limits
from imports.pages.accounts.forms import EmailForm, ForgottenPasswordForm, NewPasswordForm
from imports.pages.components.view_models import Link
from imports.pages.core.permissions import AuthenticatedRequest, sign_in_required
from imports.pages.core.rate_limit_middleware import limit_failures, limit_requests
from imports.pages.texts import account_texts


def mail_required(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorates a view to raise Http404 if no mail can be sent."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not jobs.is_mail_enabled():
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def _count_mail(address: str) -> None:
    """Counts by the address: many accounts must not fill one mailbox. Raises RateLimitExceeded."""
    rate_limits.consume(rate_limits.MAILS, sha256(address.lower().encode()).hexdigest()[:32])


# --- the address --------------------------------------------------------------------------------------


@mail_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@limit_failures
@sign_in_required
def email(request: AuthenticatedRequest) -> HttpResponse:
    """GET shows the address; POST with the password sends a link to another one, which is stored when confirmed."""
    form = EmailForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_bound and form.is_valid():
        address = form.cleaned_data["email"]
        _count_mail(address)
        jobs.mail_address_link(request.user, address)
        # So that a later sign-in from this browser is not reported as a new place.
        sign_ins.remember_place(request.user, request.META)
        messages.success(request, account_texts.link_sent(address))
        return redirect("email")
    context = {
        "form": form,
        "address": request.user.verified_email,
        "crumb": Link(account_texts.ACCOUNT, reverse("account")),
        "section": "account",
    }
    return render(request, "email.html", context, status=400 if form.errors else 200)


@mail_required
@require_POST
@sign_in_required
def email_remove(request: AuthenticatedRequest) -> HttpResponse:
    email_links.remove_address(request.user)
    messages.success(request, account_texts.ADDRESS_REMOVED)
    return redirect("email")


@mail_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def email_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the mail. GET asks, because programs open links, too; POST stores the address without a sign-in."""
    found = email_links.read_token(token)
    if found is not None and request.method == "POST":
        if email_links.verify_address(*found, language=translation.get_language() or ""):
            messages.success(request, account_texts.ADDRESS_VERIFIED)
            return redirect("email")
        found = None  # of two concurrent links one counts
    context = {"address": found[1] if found else "", "owner": found[0] if found else None}
    return render(request, "email-confirm.html", context, status=200 if found else 400)


# --- forgotten passwords ------------------------------------------------------------------------------


@method_decorator((mail_required, never_cache, limit_requests), name="dispatch")
class PasswordReset(PasswordResetView):
    """Django's view. Response and duration are the same for known and unknown addresses."""

    template_name = "password-reset.html"
    form_class = ForgottenPasswordForm
    success_url = reverse_lazy("password-reset")

    def form_valid(self, form: Any) -> HttpResponse:
        address = form.cleaned_data["email"]
        # The limit of an address must not be visible either.
        with contextlib.suppress(rate_limits.RateLimitExceeded):
            _count_mail(address)
            jobs.mail_password_reset(address)
        messages.success(self.request, account_texts.RESET_SENT)
        return HttpResponseRedirect(str(self.success_url))


@method_decorator((sensitive_post_parameters(), mail_required, never_cache, limit_failures), name="dispatch")
class PasswordResetConfirm(PasswordResetConfirmView):
    """Django's view: the link is valid for two hours and one use. The token is stored in the session."""

    template_name = "password-reset-confirm.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("login")

    def dispatch(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(*args, **kwargs)
        if self.request.method == "GET" and isinstance(response, HttpResponseRedirect):
            # A page instead of a redirect, which would still count as cross-site from the mail program's site: the
            # session's cookie is SameSite=Strict.
            return render(self.request, "arriving.html", {"address": response.url})
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, account_texts.PASSWORD_CHANGED)
        return super().form_valid(form)
