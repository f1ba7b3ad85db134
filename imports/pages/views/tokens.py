"""/tokens/: the keys with which tools act for a player."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from imports.models import APIToken, Permission
from imports.pages import account_words, words
from imports.pages.access import Visit, signed_in
from imports.pages.forms import TokenForm


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def token_list(request: Visit) -> HttpResponse:
    """A new token is shown in the answer to its POST, and never again."""
    form = TokenForm(request.POST if request.method == "POST" else None, user=request.user)
    fresh = None
    if request.method == "POST" and form.is_valid():
        fresh = _fresh(request, form)
        form = TokenForm(user=request.user)
    context = {
        "form": form,
        "fresh": fresh,
        "tokens": list(request.user.tokens.order_by("-pk")),
        "now": timezone.now(),
        "section": "tokens",
    }
    return render(request, "token-list.html", context, status=400 if form.errors else 200)


def _fresh(request: Visit, form: TokenForm) -> dict[str, Any]:
    """Makes the token. A line for the shell goes with it where the token may submit."""
    secret = form.issue()
    address = f"{settings.TACHI_PUBLIC_URL or request.build_absolute_uri('/')[:-1]}/ir/direct-manual/import"
    return {
        "name": form.cleaned_data["name"],
        "secret": secret,
        "may_submit": Permission.SUBMIT_SCORE in form.cleaned_data["may"],
        "curl": account_words.curl(address, secret),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def token_revoke(request: Visit, token_id: int) -> HttpResponse:
    """GET asks, POST does; dialog.js shows the same question in a dialog."""
    token = get_object_or_404(request.user.tokens, pk=token_id)
    if request.method != "POST":
        return render(request, "token-revoke.html", {"token": token, "section": "tokens"})
    APIToken.objects.revoke([token], by=request.user)
    messages.success(request, words.revoked(token.identifier))
    return redirect("token-list")
