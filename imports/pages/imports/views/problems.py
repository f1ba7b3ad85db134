"""What can be done about rows that an import left out: take them along as a table or a file, or name their chart."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from imports import exports, jobs, submissions
from imports.access import permissions, rate_limits
from imports.errors import ImportFailed
from imports.models import ImportProblem, Permission, State
from imports.models.row_corrections import open_problems
from imports.pages.components.view_models import Link
from imports.pages.core.permissions import AuthenticatedRequest, sign_in_required, visible_import
from imports.pages.core.urls import import_url
from imports.pages.imports import row_correction
from imports.pages.imports.row_correction import OpenRow
from imports.pages.texts import import_texts

CHUNK_ROWS = 500  # problems that are read together


@require_safe
@sign_in_required
def import_problems_csv(request: AuthenticatedRequest, import_id: str) -> HttpResponseBase:
    """A table of all of them. What the rows said is for those who may see the file."""
    job = visible_import(request, import_id)
    rate_limits.consume(rate_limits.FILES, rate_limits.client_key(request.user, request.META))
    private = permissions.can_see_input(request.user, job)
    problems = open_problems().filter(job=job).order_by("row")
    # Read in chunks and never held as a whole: an import may leave out as many rows as a file may have.
    rows = (problems if private else problems.defer("datapoint")).iterator(chunk_size=CHUNK_ROWS)
    return exports.problems_csv(job, rows, private=private)


@require_safe
@sign_in_required
def import_left_out(request: AuthenticatedRequest, import_id: str) -> HttpResponseBase:
    """A file of just these rows, to correct and to upload."""
    job = visible_import(request, import_id)
    if not permissions.can_see_input(request.user, job):
        raise PermissionDenied(import_texts.INPUT_IS_PRIVATE)
    rate_limits.consume(rate_limits.FILES, rate_limits.client_key(request.user, request.META))
    try:
        return exports.failed_rows_file(job)
    except ImportFailed:
        raise Http404(import_texts.INPUT_IS_GONE) from None


@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def import_mend(request: AuthenticatedRequest, import_id: str, row: int) -> HttpResponse:
    """Which chart a row was played on. GET looks for it in the catalogue, POST imports the row and those like it."""
    job = visible_import(request, import_id)
    if job.user != request.user or not permissions.grants(request.user, None, Permission.SUBMIT_SCORE):
        raise PermissionDenied(import_texts.NOT_YOURS)
    problem = get_object_or_404(ImportProblem.objects.select_related("job", "orphan"), job=job, row=row)
    if not open_problems().filter(pk=problem.pk).exists():
        messages.info(request, import_texts.ALREADY_CORRECTED)
        return redirect(f"{import_url(job)}?tab=problems#parts")
    asking = row_correction.open_row(problem) if job.state == State.COMPLETED else None
    if asking is None:
        messages.info(request, import_texts.NOT_CORRECTABLE)
        return redirect(import_url(job))
    if request.method != "POST":
        return _choice_page(request, asking)
    chart = row_correction.chosen_chart(request.POST.get("chart", ""), asking)
    if chart is None:
        return _choice_page(request, asking, error=import_texts.CHOOSE_ONE)
    # PostgreSQL's texts hold no NUL, and a header may.
    client = request.headers.get("User-Agent", "").replace("\0", "")
    rows = {number: (data, chart) for number, data in row_correction.find_similar_rows(asking).items()}
    upload = row_correction.corrected_upload(job, asking.context, rows, client=client)
    try:
        # Once, however often the button is pressed; anew once what was made of it is reverted.
        made = submissions.submit_correction(request.user, upload, of=job, rows=list(rows))
    except (jobs.QuotaExceeded, ImportFailed) as refusal:
        return _choice_page(request, asking, error=str(refusal))
    return redirect(import_url(made))


def _choice_page(request: AuthenticatedRequest, row: OpenRow, *, error: str = "") -> HttpResponse:
    problem, job, asked = row.problem, row.problem.job, row.asked
    # Begins with what the row says, where that is a title: a number or a fingerprint finds no song.
    title = asked.identifier if asked.match_type == "songTitle" else ""
    text = (request.POST if request.method == "POST" else request.GET).get("q", title)
    count = len(row_correction.find_similar_rows(row))
    context = {
        "job": job,
        "row": problem.row,
        "message": problem.message,
        "difficulty": asked.difficulty,
        "identifier": asked.identifier,
        "heading": import_texts.choose_chart_heading(asked.identifier),
        "q": text,
        "offers": row_correction.chart_offers(text, row),
        "together": import_texts.same_name_notice(count) if count > 1 else "",
        "button": import_texts.import_rows_button(count),
        "error": error,
        "crumb": Link(import_texts.TABS["problems"], f"{import_url(job)}?tab=problems#parts"),
        "section": "imports",
    }
    return render(request, "import-mend.html", context, status=400 if error else 200)
