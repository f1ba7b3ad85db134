"""Signing up, in and out; the account's own pages below /account/."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.views import LoginView, RedirectURLMixin
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.generic import FormView

from imports.models import OrphanScore
from imports.pages import account_words
from imports.pages.access import Visit, signed_in
from imports.pages.account_forms import ConfirmForm, PasswordForm, ProfileForm, SignInForm, SignUpForm
from imports.pages.browsers import sign_out_others
from imports.pages.guessing import counted, guarded
from imports.pages.parts import Link

if TYPE_CHECKING:
    SignUpView = FormView[SignUpForm]
else:
    SignUpView = FormView

PRIVATE = (sensitive_post_parameters(), never_cache)


class SignIn(LoginView):
    """Django's own view, with our form. Wrong passwords are counted behind it: imports/guessing.py."""

    template_name = "login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


@method_decorator((counted, *PRIVATE), name="dispatch")
class SignUp(RedirectURLMixin, SignUpView):
    """A new account, signed in at once. TACHI_SIGNUPS=off closes it."""

    template_name = "signup.html"
    form_class = SignUpForm
    next_page = "home"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return redirect("home")
        if not settings.TACHI_SIGNUPS:
            raise PermissionDenied(account_words.SIGNUPS_OFF)
        return cast(HttpResponse, super().dispatch(request, *args, **kwargs))

    def form_valid(self, form: SignUpForm) -> HttpResponse:
        try:
            with transaction.atomic():  # a name that somebody took meanwhile must not break the request's connection
                user = form.save()
        except IntegrityError:
            form.add_error("username", account_words.NAME_IN_USE)
            return self.form_invalid(form)
        login(self.request, user)
        messages.success(self.request, account_words.welcome(user.username))
        return redirect(self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "next": self.get_redirect_url()}


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("home")


@require_safe
@signed_in
def account(request: Visit) -> HttpResponse:
    context = {
        "tokens": request.user.tokens.count(),
        "orphans": OrphanScore.objects.filter(user=request.user).count(),
        "section": "account",
    }
    return render(request, "account.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def profile_edit(request: Visit) -> HttpResponse:
    form = ProfileForm(_sent(request), instance=request.user)
    if form.is_bound and form.is_valid():
        form.save()
        messages.success(request, account_words.PROFILE_SAVED)
        return redirect("profile", request.user.username)
    return _form_page(request, "profile-edit.html", form)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@guarded
@signed_in
def password_change(request: Visit) -> HttpResponse:
    form = PasswordForm(request.user, _sent(request))
    if form.is_bound and form.is_valid():
        update_session_auth_hash(request, form.save())
        messages.success(request, account_words.PASSWORD_CHANGED)
        return redirect("account")
    return _form_page(request, "password-change.html", form)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@guarded
@signed_in
def sign_out_everywhere(request: Visit) -> HttpResponse:
    form = ConfirmForm(_sent(request), user=request.user)
    if form.is_bound and form.is_valid() and sign_out_others(request, password=form.cleaned_data["password"]):
        messages.success(request, account_words.OTHERS_SIGNED_OUT)
        return redirect("account")
    return _form_page(request, "sign-out-everywhere.html", form)


def _sent(request: Visit) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _form_page(request: Visit, template: str, form: BaseForm) -> HttpResponse:
    context = {"form": form, "crumb": Link("Account", reverse("account")), "section": "account"}
    return render(request, template, context, status=400 if form.errors else 200)
