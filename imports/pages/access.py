"""The pages' doors: who has to sign in, and which imports and players somebody may look at.

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
from imports.pages import words

Arguments = ParamSpec("Arguments")
Page = Callable[..., HttpResponseBase]


UNREAD = ("input__content", "also_carried", "put_aside")  # columns of an import that may be large


class Visit(HttpRequest):
    """A request of somebody who is signed in and not banned."""

    user: User


def signed_in(view: Callable[Concatenate[Visit, Arguments], HttpResponseBase]) -> Page:
    """Sends guests to sign in, and refuses whoever was banned while signed in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        visit = cast(Visit, request)
        if visit.user.is_banned:
            raise PermissionDenied(words.BANNED)
        return view(visit, *args, **kwargs)

    return login_required(guarded)


def visible_imports(request: HttpRequest) -> QuerySet[Import]:
    """What the reader may see, with the facts that name an import; never the content of its input."""
    return Import.objects.visible_to(request.user).select_related("input").defer(*UNREAD)


def visible_import(request: HttpRequest, import_id: str) -> Import:
    """One of them, with its player. Raises Http404."""
    return get_object_or_404(visible_imports(request).select_related("user", "reverted_by"), import_id=import_id)


def player(name: str) -> User:
    """A player by name, whatever the case. Raises Http404."""
    return get_object_or_404(User, username__iexact=name)
