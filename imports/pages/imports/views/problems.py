"""Rows with problems of an import: downloads as a table or a file, and the choice of a chart."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from imports import exports, jobs, submissions
from imports.access import permissions, rate_limits
from imports.errors import ImportFailed
from imports.models import ImportProblem, State
from imports.models.row_corrections import open_problems
from imports.pages.components.view_models import Link
from imports.pages.core.permissions import AuthenticatedRequest, client_of, own_import, sign_in_required, visible_import
from imports.pages.core.urls import import_url
from imports.pages.imports.problems import row_correction
from imports.pages.imports.problems.row_correction import OpenRow
from imports.pages.texts import import_texts, problem_texts

CHUNK_ROWS = 500  # problems a query


@require_safe
@sign_in_required
def import_problems_csv(request: AuthenticatedRequest, import_id: str) -> HttpResponseBase:
    """Returns a table of all problems, with the rows' data for readers who may see the file."""
    job = visible_import(request, import_id)
    rate_limits.consume(rate_limits.FILES, rate_limits.client_key(request.user, request.META))
    private = permissions.can_see_input(request.user, job)
    problems = open_problems().filter(job=job).order_by("row")
    # Read in chunks and never in memory as a whole: every row of a large file may have a problem.
    rows = (problems if private else problems.defer("datapoint")).iterator(chunk_size=CHUNK_ROWS)
    return exports.problems_csv(job, rows, private=private)


@require_safe
@sign_in_required
def import_left_out(request: AuthenticatedRequest, import_id: str) -> HttpResponseBase:
    """Returns a file of only these rows, to correct and upload."""
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
    """Chooses the chart of a row. GET searches the catalogue, POST imports the row and those with its reference."""
    job = own_import(request, import_id)
    problem = get_object_or_404(ImportProblem.objects.select_related("job", "orphan"), job=job, row=row)
    if not open_problems().filter(pk=problem.pk).exists():
        messages.info(request, problem_texts.ALREADY_CORRECTED)
        return redirect(f"{import_url(job)}?tab=problems#parts")
    asking = row_correction.open_row(problem) if job.state == State.COMPLETED else None
    if asking is None:
        messages.info(request, problem_texts.NOT_CORRECTABLE)
        return redirect(import_url(job))
    if request.method != "POST":
        return _choice_page(request, asking)
    chart = row_correction.chosen_chart(request.POST.get("chart", ""), asking.asked, game=job.game)
    if chart is None:
        return _choice_page(request, asking, error=problem_texts.CHOOSE_ONE)
    rows = {number: (data, chart) for number, data in row_correction.find_similar_rows(asking).items()}
    upload = row_correction.corrected_upload(job, asking.context, rows, client=client_of(request))
    try:
        # Once, even if the button is pressed repeatedly; again after a revert of the import made from it.
        made = submissions.submit_correction(request.user, upload, of=job, rows=list(rows))
    except (jobs.QuotaExceeded, ImportFailed) as refusal:
        return _choice_page(request, asking, error=str(refusal))
    return redirect(import_url(made))


def _choice_page(request: AuthenticatedRequest, row: OpenRow, *, error: str = "") -> HttpResponse:
    problem, job = row.problem, row.problem.job
    text = (request.POST if request.method == "POST" else request.GET).get("q")
    count = len(row_correction.find_similar_rows(row))
    context = {
        **row_correction.chart_choice(row.asked, text, game=job.game),
        "row": problem.row,
        "message": problem.message,
        "together": problem_texts.same_name_notice(count) if count > 1 else "",
        "button": problem_texts.import_rows_button(count),
        "error": error,
        "crumb": Link(import_texts.TABS["problems"], f"{import_url(job)}?tab=problems#parts"),
        "section": "imports",
    }
    return render(request, "import-mend.html", context, status=400 if error else 200)
