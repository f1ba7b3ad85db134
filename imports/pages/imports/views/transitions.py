"""Cancelling, retrying and restoring an import. POST only."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from imports import jobs
from imports.access import permissions
from imports.pages.core.permissions import AuthenticatedRequest, Page, sign_in_required, visible_import
from imports.pages.core.urls import import_url
from imports.pages.texts import import_texts


def _transition_view(transition: Callable[..., None], done: str, *, may_skip: bool = False) -> Page:
    """Returns a view that applies a transition to an import and redirects to its page.

    With `may_skip` the form may have `invalid=skip`, to skip the rows that break the schema.
    """

    @require_POST
    @sign_in_required
    def view(request: AuthenticatedRequest, import_id: str) -> HttpResponse:
        job = visible_import(request, import_id)
        if not permissions.can_run_again(request.user, None, job):
            raise PermissionDenied(import_texts.NOT_YOURS)
        params = {"skip_invalid": True} if may_skip and request.POST.get("invalid") == "skip" else {}
        try:
            transition(job, by=request.user, **params)
        # The state may have changed since the page was rendered: the reason helps the player more than an error page.
        except jobs.InvalidTransition as reason:
            messages.info(request, str(reason))
        else:
            messages.success(request, done)
        return redirect(import_url(job))

    return view


import_cancel = _transition_view(jobs.cancel, import_texts.CANCELLED_NOW)
import_retry = _transition_view(jobs.retry, import_texts.QUEUED_AGAIN, may_skip=True)
import_restore = _transition_view(jobs.restore, import_texts.QUEUED_AGAIN)
