"""POST /imports/:id/problems/use-matches/: imports all rows with sure title matches in one step."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from imports import jobs, submissions
from imports.errors import ImportFailed
from imports.models import State
from imports.pages.core.permissions import AuthenticatedRequest, client_of, own_import, sign_in_required
from imports.pages.core.urls import import_url
from imports.pages.imports.problems import title_matches
from imports.pages.texts import problem_texts


@require_POST
@sign_in_required
def import_use_matches(request: AuthenticatedRequest, import_id: str) -> HttpResponse:
    """Makes one import of these rows, even if the button is pressed repeatedly."""
    job = own_import(request, import_id)
    corrected = title_matches.corrected_rows(job, client=client_of(request)) if job.state == State.COMPLETED else None
    if corrected is None:
        messages.info(request, problem_texts.NO_MATCH_LEFT)
        return redirect(import_url(job))
    upload, rows = corrected
    try:
        made = submissions.submit_correction(request.user, upload, of=job, rows=rows)
    except (jobs.QuotaExceeded, ImportFailed) as refusal:
        messages.error(request, str(refusal))
        return redirect(import_url(job))
    return redirect(import_url(made))
