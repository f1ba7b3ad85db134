"""Who has to sign in, and which imports and players somebody may look at.

What you may not see is not there (404); what you may see and not do is refused (403).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404

from imports.models import Import, User
from imports.pages.texts import account_texts

Arguments = ParamSpec("Arguments")
Page = Callable[..., HttpResponseBase]


DEFERRED_COLUMNS = ("input__content", "put_aside")  # columns of an import that may be large


class AuthenticatedRequest(HttpRequest):
    """A request of somebody who is signed in and not banned."""

    user: User


def sign_in_required(view: Callable[Concatenate[AuthenticatedRequest, Arguments], HttpResponseBase]) -> Page:
    """Sends guests to sign in, and refuses whoever was banned while signed in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        signed_in = cast(AuthenticatedRequest, request)
        # Looked at with every request, as a browser's session may be older than the ban.
        if signed_in.user.is_banned:
            raise PermissionDenied(account_texts.BANNED)
        return view(signed_in, *args, **kwargs)

    return login_required(guarded)


def visible_imports(request: HttpRequest) -> QuerySet[Import]:
    """What the reader may see, with the facts that name an import; never the content of its input."""
    # That may be megabytes: only what hands the file out loads it.
    return Import.objects.visible_to(request.user).select_related("input").defer(*DEFERRED_COLUMNS)


def visible_import(request: HttpRequest, import_id: str) -> Import:
    """One of them, with its player. Raises Http404."""
    return get_object_or_404(visible_imports(request).select_related("user", "reverted_by"), import_id=import_id)


def player(name: str) -> User:
    """A player by name, whatever the case. Raises Http404."""
    # `iexact` compares upper-case names, which an index holds.
    return get_object_or_404(User.objects.present(), username__iexact=name)
