"""/import/checked/:id/: the result of a check. GET shows it; POST imports or discards the file.

A page below it picks the chart of a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from imports import exports, jobs, submissions
from imports.access import rate_limits
from imports.errors import ImportFailed
from imports.formats.files.tachi_imports_export import GAME_FIELD
from imports.integers import parse_digits
from imports.pages.components.view_models import Link
from imports.pages.core.permissions import AuthenticatedRequest, sign_in_required
from imports.pages.core.urls import import_url
from imports.pages.imports import checks, pending_uploads
from imports.pages.imports.check_summary import Check, read_check
from imports.pages.imports.problems import row_correction
from imports.pages.texts import problem_texts, upload_texts
from imports.pipeline.checking import RowFilter

PER_PAGE = 50
ANSWERS = {"skip": {"invalid": "skip"}, "whole": {}}
"""Button -> fields added to the upload: skip invalid rows, or fail at the first of them."""


@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def import_check(request: AuthenticatedRequest, check_id: str) -> HttpResponse:
    facts = pending_uploads.get_check(request.user, check_id)
    if facts is None:
        return _expired(request)
    if facts["imported"]:  # the button was pressed twice, or the user navigated back
        return redirect(reverse("import-detail", args=[facts["imported"]]))
    check = read_check(facts, check_id)
    if request.method != "POST":
        return _page(request, check)
    answer = request.POST.get("do", "")
    if answer in ANSWERS and check.why_not and (answer == "whole" or "all" in request.POST):
        messages.info(request, upload_texts.NOT_ALL_VALID)
        return _page(request, check, is_all=True, status=409)
    if game := request.POST.get("game", ""):
        return _check_again(request, check_id, [], game=game)
    if answer in ("use", "use-all", "unuse"):
        return _check_again(request, check_id, _changed_picks(request, facts, answer))
    if answer == "every-game" and facts.get("export"):
        return _import_every_game(request, check_id, facts)
    if answer not in ANSWERS:
        pending_uploads.delete(request.user)
        messages.info(request, upload_texts.NOTHING_IMPORTED)
        return redirect("import-new")
    return _import(request, check_id, answer)


@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def import_check_chart(request: AuthenticatedRequest, check_id: str, row: int) -> HttpResponse:
    """Picks the chart of a row. GET searches the catalogue, POST assigns all rows with the same reference to it."""
    facts = pending_uploads.get_check(request.user, check_id)
    if facts is None:
        return _expired(request)
    found = checks.unknown_rows(facts, row)
    if facts["imported"] or found is None:
        messages.info(request, problem_texts.NOT_CORRECTABLE)
        return redirect("import-check", check_id)
    asked, rows = found
    game, error = facts["game"], ""
    if request.method == "POST":
        chart = row_correction.chosen_chart(request.POST.get("chart", ""), asked, game=game)
        if chart is not None:
            pick = checks.picked_by_hand(facts, asked, rows, chart)
            return _check_again(request, check_id, [*checks.picks_of(facts), pick])
        error = str(problem_texts.CHOOSE_ONE)
    text = (request.POST if request.method == "POST" else request.GET).get("q")
    context = {
        **row_correction.chart_choice(asked, text, game=game),
        "row": row,
        "message": next((each["message"] for each in facts["problems"] if each["row"] == row), ""),
        "together": problem_texts.same_name_notice(len(rows)) if len(rows) > 1 else "",
        "button": upload_texts.use_chart_button(len(rows)),
        "error": error,
        "crumb": Link(upload_texts.THE_CHECK, reverse("import-check", args=[check_id])),
        "section": "upload",
    }
    return render(request, "import-check-chart.html", context, status=400 if error else 200)


@require_safe
@sign_in_required
def import_check_left_out(request: AuthenticatedRequest, check_id: str) -> HttpResponseBase:
    """Returns a file of only the rows that would not be imported, to correct and upload."""
    facts = pending_uploads.get_check(request.user, check_id)
    upload = pending_uploads.get_upload(request.user, check_id, fields=ANSWERS["skip"])
    if facts is None or upload is None:
        return _expired(request)
    rate_limits.consume(rate_limits.FILES, rate_limits.client_key(request.user, request.META))
    try:
        found = submissions.check(request.user, upload, row_filter=RowFilter(limit=facts["rows"]))
    except submissions.CheckInProgress:
        messages.info(request, upload_texts.BUSY)
        return redirect("import-check", check_id)
    return exports.checked_rows_file(upload, found)


def _expired(request: AuthenticatedRequest) -> HttpResponse:
    """Returns the page of an expired check. Nothing was imported, and the file has to be uploaded again."""
    context = {"minutes": pending_uploads.TTL_SECONDS // 60, "section": "upload"}
    return render(request, "import-check-expired.html", context, status=410)


def _changed_picks(request: AuthenticatedRequest, facts: Mapping[str, Any], answer: str) -> list[checks.Pick]:
    """Returns the picks after a suggestion (or all sure ones) is used, or a pick (or all of them) is removed."""
    picks, place = checks.picks_of(facts), parse_digits(request.POST.get("title", ""))
    if answer == "unuse":
        return [pick for each, pick in enumerate(picks) if place not in (None, each)]
    return [*picks, *checks.picked_matches(facts, None if answer == "use-all" else [place or 0])]


def _check_again(
    request: AuthenticatedRequest, check_id: str, picks: Sequence[checks.Pick], *, game: str = ""
) -> HttpResponse:
    """Checks the same file again with these picks, or for another game of an export."""
    fields = {"invalid": "skip", **({GAME_FIELD: game} if game else {})}
    upload = pending_uploads.get_upload(request.user, check_id, fields=fields)
    if upload is None:
        return _expired(request)
    try:
        return redirect("import-check", checks.check_and_keep(request, upload, picks=picks))
    except submissions.CheckInProgress:
        messages.info(request, upload_texts.BUSY)
    except pending_uploads.UploadNotKept:
        messages.info(request, upload_texts.NOT_KEPT)
    except ImportFailed as failure:  # for another game of an export
        messages.error(request, failure.message)
    return redirect("import-check", check_id)


def _page(request: AuthenticatedRequest, check: Check, *, is_all: bool = False, status: int = 200) -> HttpResponse:
    """Renders the check. `is_all`: the reader chose "all or nothing"."""
    page = Paginator(check.problems, PER_PAGE).get_page(request.GET.get("page"))
    context = {"check": check, "page": page, "rows": page.object_list, "is_all": is_all, "section": "upload"}
    return render(request, "import-check.html", context, status=status)


def _import_every_game(request: AuthenticatedRequest, check_id: str, facts: Mapping[str, Any]) -> HttpResponse:
    """Imports all games of an export, each as a separate import, or none."""
    upload = pending_uploads.get_upload(request.user, check_id, fields=ANSWERS["skip"])
    if upload is None:
        return _expired(request)
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
    """Imports the file once, even if the button is pressed repeatedly."""
    upload = pending_uploads.get_upload(request.user, check_id, fields=ANSWERS[answer])
    if upload is None:
        return _expired(request)
    try:
        # The check's ID is the key: two simultaneous requests make one import.
        job = submissions.submit_once(request.user, upload, key=f"checked {check_id}")
    except submissions.IdempotencyKeyReused:  # both buttons were pressed; the first one counts
        return redirect("import-list")
    except jobs.QuotaExceeded as full:
        messages.error(request, str(full))
        return redirect("import-new")
    pending_uploads.mark_imported(request.user, check_id, job)
    return redirect(import_url(job))
