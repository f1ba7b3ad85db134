"""/imports/:id/revert/: GET asks, POST does. dialog.js shows the same question in a dialog."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from imports import rules
from imports.models import Import
from imports.pages import words
from imports.pages.access import Visit, signed_in, visible_import
from imports.pages.context import import_url
from imports.pages.preview import revert_preview
from imports.pipeline.revert import Busy, Deed, NotRevertible, revert

REASON_LIMIT = 240  # characters


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def import_revert(request: Visit, import_id: str) -> HttpResponse:
    job = visible_import(request, import_id)
    if not rules.can_revert(request.user, None, job):
        raise PermissionDenied(words.NOT_YOURS)
    try:
        return _revert(request, job) if request.method == "POST" else _ask(request, job)
    except Busy:
        return render(request, "busy.html", {"back_url": import_url(job), "section": "imports"}, status=409)
    except NotRevertible:
        messages.info(request, words.NOTHING_TO_REVERT)
        return redirect(import_url(job))


def _ask(request: Visit, job: Import) -> HttpResponse:
    """Scores that another import also carried are kept unless the answer says otherwise."""
    preview = revert_preview([job], Deed(by=request.user, keep_shared=True))
    context = {"job": job, "preview": preview, "back_url": import_url(job), "section": "imports"}
    return render(request, "import-revert.html", context)


def answered(request: Visit) -> Deed:
    """What the question's form says should be done."""
    reason = request.POST.get("reason", "").replace("\0", "").strip()[:REASON_LIMIT]
    return Deed(by=request.user, reason=reason, keep_shared=request.POST.get("keep_shared") == "yes")


def _revert(request: Visit, job: Import) -> HttpResponse:
    done = revert(job, answered(request))
    messages.success(request, f"{words.reverted(done.scores, done.kept)}.")
    return redirect(import_url(job))
