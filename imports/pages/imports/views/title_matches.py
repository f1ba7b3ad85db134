"""POST /imports/:id/problems/use-matches/: all rows whose titles merely look like known ones go in, in one step."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from imports import jobs, submissions
from imports.access import permissions
from imports.errors import ImportFailed
from imports.models import Permission, State
from imports.pages.core.permissions import AuthenticatedRequest, sign_in_required, visible_import
from imports.pages.core.urls import import_url
from imports.pages.imports import title_matches
from imports.pages.texts import import_texts


@require_POST
@sign_in_required
def import_use_matches(request: AuthenticatedRequest, import_id: str) -> HttpResponse:
    """Makes an import of these rows, once, however often the button is pressed."""
    job = visible_import(request, import_id)
    if job.user != request.user or not permissions.grants(request.user, None, Permission.SUBMIT_SCORE):
        raise PermissionDenied(import_texts.NOT_YOURS)
    # PostgreSQL's texts hold no NUL, and a header may.
    client = request.headers.get("User-Agent", "").replace("\0", "")
    corrected = title_matches.corrected_rows(job, client=client) if job.state == State.COMPLETED else None
    if corrected is None:
        messages.info(request, import_texts.NO_MATCH_LEFT)
        return redirect(import_url(job))
    upload, rows = corrected
    try:
        made = submissions.submit_correction(request.user, upload, of=job, rows=rows)
    except (jobs.QuotaExceeded, ImportFailed) as refusal:
        messages.error(request, str(refusal))
        return redirect(import_url(job))
    return redirect(import_url(made))
