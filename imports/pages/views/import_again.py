"""What else can be done with an import: stopping it, trying it again, bringing it back. POST only."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from imports import jobs, rules
from imports.pages import words
from imports.pages.access import Page, Visit, signed_in, visible_import
from imports.pages.context import import_url


def _deed(do: Callable[..., None], done: str) -> Page:
    """A view that does this to an import and goes back to its page."""

    @require_POST
    @signed_in
    def view(request: Visit, import_id: str) -> HttpResponse:
        job = visible_import(request, import_id)
        if not rules.can_run_again(request.user, None, job):
            raise PermissionDenied(words.NOT_YOURS)
        try:
            do(job, by=request.user)
        except jobs.NotPossible as reason:
            messages.info(request, str(reason))
        else:
            messages.success(request, done)
        return redirect(import_url(job))

    return view


import_cancel = _deed(jobs.cancel, words.CANCELLED_NOW)
import_retry = _deed(jobs.retry, words.QUEUED_AGAIN)
import_restore = _deed(jobs.restore, words.QUEUED_AGAIN)
