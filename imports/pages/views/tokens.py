"""/tokens/: the keys with which tools act for a player."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from imports.pages import words
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
        fresh = {"name": form.cleaned_data["name"], "secret": form.issue()}
        form = TokenForm(user=request.user)
    context = {
        "form": form,
        "fresh": fresh,
        "tokens": list(request.user.tokens.order_by("-pk")),
        "address": request.build_absolute_uri("/ir/direct-manual/import"),
        "section": "tokens",
    }
    return render(request, "token-list.html", context, status=400 if form.errors else 200)


@require_POST
@signed_in
def token_revoke(request: Visit, token_id: int) -> HttpResponse:
    token = get_object_or_404(request.user.tokens, pk=token_id)
    token.delete()
    messages.success(request, words.revoked(token.identifier))
    return redirect("token-list")
