"""Permissions of pages: required sign-in, and the imports and players that a reader may see.

Objects that a reader may not see are a 404; operations that a reader may not do are a 403.
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

from imports.access import permissions
from imports.models import Import, Permission, User
from imports.pages.texts import account_texts, import_texts

Arguments = ParamSpec("Arguments")
Page = Callable[..., HttpResponseBase]


DEFERRED_COLUMNS = ("input__content", "put_aside")  # columns of an import that may be large


class AuthenticatedRequest(HttpRequest):
    """A request of a signed-in user who is not banned."""

    user: User


def sign_in_required(view: Callable[Concatenate[AuthenticatedRequest, Arguments], HttpResponseBase]) -> Page:
    """Redirects guests to the sign-in page, and refuses banned users."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        signed_in = cast(AuthenticatedRequest, request)
        # Checked at every request, because a session may be older than the ban.
        if signed_in.user.is_banned:
            raise PermissionDenied(account_texts.BANNED)
        return view(signed_in, *args, **kwargs)

    return login_required(guarded)


def visible_imports(request: HttpRequest) -> QuerySet[Import]:
    """Returns the imports that the reader may see, with the metadata of their inputs, but without the content."""
    # The content may be megabytes, so only the download loads it.
    return Import.objects.visible_to(request.user).select_related("input").defer(*DEFERRED_COLUMNS)


def visible_import(request: HttpRequest, import_id: str) -> Import:
    """Returns an import that the reader may see, with its player. Raises Http404."""
    return get_object_or_404(visible_imports(request).select_related("user", "reverted_by"), import_id=import_id)


def own_import(request: AuthenticatedRequest, import_id: str) -> Import:
    """Returns an import of the reader, who may submit scores. Raises Http404, PermissionDenied."""
    job = visible_import(request, import_id)
    if job.user != request.user or not permissions.grants(request.user, None, Permission.SUBMIT_SCORE):
        raise PermissionDenied(import_texts.NOT_YOURS)
    return job


def client_of(request: HttpRequest) -> str:
    """Returns the User-Agent, without NUL: a header may have it, but PostgreSQL stores none."""
    return request.headers.get("User-Agent", "").replace("\0", "")


def player(name: str) -> User:
    """Returns a player by name, ignoring case. Raises Http404."""
    # `iexact` compares upper-case names, for which there is an index.
    return get_object_or_404(User.objects.present(), username__iexact=name)
