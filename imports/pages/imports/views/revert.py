"""/imports/:id/revert/: GET asks for confirmation, POST reverts. dialog.js shows the same page in a dialog."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from imports.access import permissions
from imports.models.documents import MAX_REASON_LENGTH
from imports.pages.core.permissions import AuthenticatedRequest, sign_in_required, visible_import
from imports.pages.core.urls import import_url
from imports.pages.imports.change_summary import revert_preview
from imports.pages.texts import formatting, import_texts, revert_texts
from imports.pipeline.undo.revert import NotRevertible, PlayerLocked, RevertRequest, revert


@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def import_revert(request: AuthenticatedRequest, import_id: str) -> HttpResponse:
    job = visible_import(request, import_id)
    if not permissions.can_revert(request.user, None, job):
        raise PermissionDenied(import_texts.NOT_YOURS)
    try:
        if request.method == "POST":
            done = revert(job, revert_options_from_post(request))
            messages.success(request, formatting.sentence(revert_texts.revert_result(done.scores, done.kept)))
            return redirect(import_url(job))
        # Scores that another import also has are kept by default.
        preview = revert_preview([job], RevertRequest(by=request.user, keep_shared=True))
    except PlayerLocked:
        return render(request, "busy.html", {"back_url": import_url(job), "section": "imports"}, status=409)
    except NotRevertible:
        messages.info(request, revert_texts.NOTHING_TO_REVERT)
        return redirect(import_url(job))
    context = {"job": job, "preview": preview, "back_url": import_url(job), "section": "imports"}
    return render(request, "import-revert.html", context)


def revert_options_from_post(request: AuthenticatedRequest) -> RevertRequest:
    """Returns the options of the submitted form."""
    reason = request.POST.get("reason", "").replace("\0", "").strip()[:MAX_REASON_LENGTH]
    return RevertRequest(by=request.user, reason=reason, keep_shared=request.POST.get("keep_shared") == "yes")
