"""/import/checked/:id/: what a file would do. GET tells; POST imports it, or lets go of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from imports import jobs, submissions
from imports.errors import ImportFailed
from imports.integers import parse_digits
from imports.pages.core.permissions import AuthenticatedRequest, sign_in_required
from imports.pages.core.urls import import_url
from imports.pages.imports import checks, pending_uploads
from imports.pages.imports.check_summary import Check, read_check
from imports.pages.texts import upload_texts

PER_PAGE = 50
ANSWERS = {"skip": {"invalid": "skip"}, "whole": {}}
"""Button -> the fields that go with the file: leave out rows that are no scores at all, or fail over the first."""


@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def import_check(request: AuthenticatedRequest, check_id: str) -> HttpResponse:
    facts = pending_uploads.get_check(request.user, check_id)
    if facts is None:
        messages.info(request, upload_texts.CHECK_EXPIRED)
        return redirect("import-new")
    if facts["imported"]:  # the button was pressed before, or the page was left and comes back
        return redirect(reverse("import-detail", args=[facts["imported"]]))
    check = read_check(facts)
    if request.method != "POST":
        return _page(request, check)
    answer = request.POST.get("do", "")
    if answer == "whole" and check.why_not:
        messages.info(request, upload_texts.NOT_ALL_VALID)
        return _page(request, check, status=409)
    if answer in ("use", "use-all", "unuse") or "game" in request.POST:
        return _check_again(request, check_id, facts, answer)
    if answer == "every-game" and facts.get("export"):
        return _import_every_game(request, check_id, facts)
    if answer not in ANSWERS:
        pending_uploads.delete(request.user)
        messages.info(request, upload_texts.NOTHING_IMPORTED)
        return redirect("import-new")
    return _import(request, check_id, answer)


def _check_again(request: AuthenticatedRequest, check_id: str, facts: Mapping[str, Any], answer: str) -> HttpResponse:
    """The same file with rows on the charts that they can only have meant, or without them again; or another game."""
    upload = pending_uploads.get_upload(request.user, check_id, fields={})
    if upload is None:
        messages.info(request, upload_texts.CHECK_EXPIRED)
        return redirect("import-new")
    if game := request.POST.get("game", ""):
        changed = checks.with_game(upload, game)
    elif answer == "unuse":
        changed = checks.without_charts(upload)
    else:
        place = parse_digits(request.POST.get("title", ""))
        changed = checks.with_charts(upload, facts, None if answer == "use-all" else {place or 0})
    try:
        return redirect("import-check", checks.check_and_keep(request, changed))
    except submissions.CheckInProgress:
        messages.info(request, upload_texts.BUSY)
    except pending_uploads.UploadNotKept:
        messages.info(request, upload_texts.NOT_KEPT)
    except ImportFailed as failure:  # of another game of an export
        messages.error(request, failure.message)
    return redirect("import-check", check_id)


def _page(request: AuthenticatedRequest, check: Check, *, status: int = 200) -> HttpResponse:
    page = Paginator(check.problems, PER_PAGE).get_page(request.GET.get("page"))
    context = {"check": check, "page": page, "rows": page.object_list, "section": "upload"}
    return render(request, "import-check.html", context, status=status)


def _import_every_game(request: AuthenticatedRequest, check_id: str, facts: Mapping[str, Any]) -> HttpResponse:
    """All games of an export, each as an import of its own, or none."""
    upload = pending_uploads.get_upload(request.user, check_id, fields=ANSWERS["skip"])
    if upload is None:
        messages.info(request, upload_texts.CHECK_EXPIRED)
        return redirect("import-new")
    try:
        job = submissions.submit_every_game(request.user, upload, key=f"checked {check_id}")
    except submissions.IdempotencyKeyReused:
        return redirect("import-list")
    except jobs.QuotaExceeded as full:
        messages.error(request, str(full))
        return redirect("import-new")
    except ImportFailed as failure:
        messages.error(request, failure.message)
        return redirect("import-check", check_id)
    pending_uploads.mark_imported(request.user, check_id, job)
    messages.success(request, upload_texts.games_imported(len(facts["export"]["games"])))
    return redirect("import-list")


def _import(request: AuthenticatedRequest, check_id: str, answer: str) -> HttpResponse:
    """Once, however often the button is pressed."""
    upload = pending_uploads.get_upload(request.user, check_id, fields=ANSWERS[answer])
    if upload is None:
        messages.info(request, upload_texts.CHECK_EXPIRED)
        return redirect("import-new")
    try:
        # The check's ID is the key: two presses at once make one import.
        job = submissions.submit_once(request.user, upload, key=f"checked {check_id}")
    except submissions.IdempotencyKeyReused:  # both buttons were pressed; the first one counts
        return redirect("import-list")
    except jobs.QuotaExceeded as full:
        messages.error(request, str(full))
        return redirect("import-new")
    pending_uploads.mark_imported(request.user, check_id, job)
    return redirect(import_url(job))
