"""Signing up, in and out, /account/ and the pages below, profiles, and /tokens/."""

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
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.generic import FormView

from imports.access import permissions, rate_limits
from imports.models import APIToken, OrphanScore, Permission, ProfilePicture
from imports.pages.accounts import new_tokens, presenters
from imports.pages.accounts.forms import (
    ConfirmForm,
    HookSettingsForm,
    PasswordForm,
    PictureForm,
    ProfileForm,
    SignInForm,
    SignUpForm,
    TokenForm,
)
from imports.pages.accounts.sessions import sign_out_others
from imports.pages.components.calendar import year_of_plays
from imports.pages.components.class_changes import moderator_changes
from imports.pages.components.view_models import Link
from imports.pages.core.permissions import AuthenticatedRequest, player, sign_in_required, visible_imports
from imports.pages.core.rate_limit_middleware import limit_failures, limit_requests
from imports.pages.core.urls import origin
from imports.pages.texts import account_texts

if TYPE_CHECKING:
    SignUpView = FormView[SignUpForm]
else:
    SignUpView = FormView

MAX_COUNTED = 1_000  # imports; with more, the button has no number, because counting them would be slow
# Passwords must not be in error reports or in a browser's cache.
PRIVATE = (sensitive_post_parameters(), never_cache)


# --- signing up, in and out ---------------------------------------------------------------------------


class SignIn(LoginView):
    """Django's view with our form. Wrong passwords are limited in imports/access/login_throttling.py."""

    template_name = "login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


@method_decorator((limit_requests, *PRIVATE), name="dispatch")
class SignUp(RedirectURLMixin, SignUpView):
    """A new account, signed in at once. TACHI_SIGNUPS=off closes it."""

    template_name = "signup.html"
    form_class = SignUpForm
    next_page = "home"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return redirect("home")
        if not settings.TACHI_SIGNUPS:
            raise PermissionDenied(account_texts.SIGNUPS_OFF)
        return cast(HttpResponse, super().dispatch(request, *args, **kwargs))

    def form_valid(self, form: SignUpForm) -> HttpResponse:
        try:
            # The constraint decides between concurrent sign-ups; its error must not end an outer transaction.
            with transaction.atomic():
                user = form.save()
        except IntegrityError:
            form.add_error("username", account_texts.NAME_IN_USE)
            return self.form_invalid(form)
        login(self.request, user)
        messages.success(self.request, account_texts.welcome(user.username))
        return redirect(self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "next": self.get_redirect_url()}


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Signs out and redirects to `next`, a page of this site, which asks to sign in again, or to the home page."""
    logout(request)
    target = request.POST.get("next", "")
    return redirect(target if url_has_allowed_host_and_scheme(target, allowed_hosts=None) else "home")


# --- the account --------------------------------------------------------------------------------------


@require_safe
@sign_in_required
def account(request: AuthenticatedRequest) -> HttpResponse:
    context = {
        "tokens": request.user.tokens.count(),
        "clients": request.user.api_clients.count(),
        "orphans": OrphanScore.objects.filter(user=request.user).count(),
        "section": "account",
    }
    return render(request, "account.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def profile_edit(request: AuthenticatedRequest) -> HttpResponse:
    form = ProfileForm(_posted(request), instance=request.user)
    if form.is_bound and form.is_valid():
        form.save()
        messages.success(request, account_texts.PROFILE_SAVED)
        return redirect("profile", request.user.username)
    return _form_page(request, "profile-edit.html", form)


@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def picture(request: AuthenticatedRequest) -> HttpResponse:
    if request.method == "POST":
        rate_limits.consume(rate_limits.PICTURES, rate_limits.client_key(request.user, request.META))
    form = PictureForm(_posted(request), request.FILES or None, user=request.user)
    if form.is_bound and form.is_valid():
        form.save()
        messages.success(request, account_texts.PICTURE_SAVED)
        return redirect("picture")
    stored_at = ProfilePicture.objects.filter(user=request.user).values_list("stored_at", flat=True).first()
    return _form_page(
        request,
        "account-picture.html",
        form,
        picture_url=presenters.picture_url(request.user, stored_at),
        has_picture=stored_at is not None,
    )


@require_POST
@sign_in_required
def picture_remove(request: AuthenticatedRequest) -> HttpResponse:
    if ProfilePicture.objects.filter(user=request.user).delete()[0]:
        messages.success(request, account_texts.PICTURE_REMOVED)
    return redirect("picture")


@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def hook_settings(request: AuthenticatedRequest) -> HttpResponse:
    form = HookSettingsForm(_posted(request), user=request.user)
    if form.is_bound and form.is_valid():
        form.save()
        messages.success(request, account_texts.HOOKS_SAVED)
        return redirect("hook-settings")
    return _form_page(request, "hook-settings.html", form)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@limit_failures
@sign_in_required
def password_change(request: AuthenticatedRequest) -> HttpResponse:
    form = PasswordForm(request.user, _posted(request))
    if form.is_bound and form.is_valid():
        # A new password ends all sessions except the current one.
        update_session_auth_hash(request, form.save())
        messages.success(request, account_texts.PASSWORD_CHANGED)
        return redirect("account")
    return _form_page(request, "password-change.html", form)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@limit_failures
@sign_in_required
def sign_out_everywhere(request: AuthenticatedRequest) -> HttpResponse:
    form = ConfirmForm(_posted(request), user=request.user)
    if form.is_bound and form.is_valid() and sign_out_others(request, password=form.cleaned_data["password"]):
        messages.success(request, account_texts.OTHERS_SIGNED_OUT)
        return redirect("account")
    return _form_page(request, "sign-out-everywhere.html", form)


def _posted(request: AuthenticatedRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _form_page(request: AuthenticatedRequest, template: str, form: BaseForm, **more: Any) -> HttpResponse:
    context = {**more, "form": form, "crumb": Link(account_texts.ACCOUNT, reverse("account")), "section": "account"}
    return render(request, template, context, status=400 if form.errors else 200)


# --- profiles -----------------------------------------------------------------------------------------


@require_safe
def profile(request: HttpRequest, name: str) -> HttpResponse:
    """A player's profile with the ratings, classes and ranks of each game."""
    owner = player(name)
    is_own = owner == request.user
    games = presenters.game_lines(owner)
    visible = visible_imports(request)
    # Only the player and moderators see changes by moderators. A banned player sees the page of a guest.
    private = (is_own and not owner.is_banned) or permissions.is_moderator(request.user)
    imports_url = reverse("import-list") if is_own else reverse("player-imports", args=[owner.username])
    context = {
        "owner": owner,
        "picture_url": presenters.uploaded_picture_url(owner),
        "is_own": is_own,
        "admin_url": reverse("admin:imports_user_change", args=[owner.pk]),
        "games": games,
        "totals": presenters.totals(owner, games),
        "sessions": presenters.latest_sessions(owner),
        "imports": presenters.latest_imports(owner, visible, request.user, list_url=imports_url),
        "best": presenters.best_plays(games),
        "pinned": presenters.pinned_scores(owner),
        "calendar": year_of_plays(owner),
        "class_changes": moderator_changes(owner) if private else [],
        "import_count": visible.filter(user=owner).order_by("-pk")[: MAX_COUNTED + 1].count(),
        "counted": MAX_COUNTED,
        "orphan_count": OrphanScore.objects.filter(user=owner).count() if is_own else 0,
        "imports_url": imports_url,
        "section": "profile" if is_own else "",
    }
    return render(request, "profile.html", context)


# --- tokens -------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def token_list(request: AuthenticatedRequest) -> HttpResponse:
    """Lists tokens and creates new ones. A new token is shown once, on the page after the redirect."""
    form = TokenForm(_posted(request), user=request.user)
    if form.is_bound and form.is_valid():
        to_list = redirect("token-list")
        new_tokens.hand_over(form.create_token(), request, to_list)
        return to_list
    context = {
        "form": form,
        "new_token": _new_token(request),
        "tokens": list(request.user.tokens.select_related("client").order_by("-pk")),
        "now": timezone.now(),
        "section": "tools",
    }
    response = render(request, "token-list.html", context, status=400 if form.errors else 200)
    new_tokens.forget(request, response)
    return response


def _new_token(request: AuthenticatedRequest) -> dict[str, Any] | None:
    """Returns the token that this browser has just created, with its secret."""
    secret = new_tokens.receive(request)
    token = APIToken.objects.find(secret) if secret else None
    if token is None or token.user != request.user:
        return None
    return {
        "name": token.identifier,
        "secret": secret,
        "may_submit": Permission.SUBMIT_SCORE in token.permissions,
        "curl": account_texts.curl(f"{origin(request)}/ir/direct-manual/import", secret),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def token_revoke(request: AuthenticatedRequest, token_id: int) -> HttpResponse:
    """GET asks for confirmation, POST revokes; dialog.js shows the form as a dialog."""
    token = get_object_or_404(request.user.tokens, pk=token_id)
    if request.method != "POST":
        return render(request, "token-revoke.html", {"token": token, "section": "tools"})
    APIToken.objects.revoke([token], by=request.user)
    messages.success(request, account_texts.token_revoked_message(token.identifier))
    return redirect("token-list")
