"""What can be done about rows that an import left out: take them along as a table or a file, or name their chart."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from imports import downloads, jobs, rules, submissions
from imports.errors import ImportFailed
from imports.games.spec import Chart
from imports.models import Import, ImportProblem, Permission, State
from imports.pages import import_words, mending, words
from imports.pages.access import Visit, signed_in, visible_import
from imports.pages.context import import_url
from imports.pages.parts import Link

CHUNK = 500  # problems that are read together


@require_safe
@signed_in
def import_problems_csv(request: Visit, import_id: str) -> HttpResponseBase:
    """A table of all of them. What the rows said is for those who may see the file."""
    job = visible_import(request, import_id)
    private = rules.can_see_input(request.user, job)
    problems = ImportProblem.objects.filter(job=job).order_by("row")
    everything = (problems if private else problems.defer("datapoint")).iterator(chunk_size=CHUNK)
    return downloads.problems_csv(job, everything, private=private)


@require_safe
@signed_in
def import_left_out(request: Visit, import_id: str) -> HttpResponseBase:
    """A file of just these rows, to mend and to upload."""
    job = visible_import(request, import_id)
    if not rules.can_see_input(request.user, job):
        raise PermissionDenied(words.INPUT_IS_PRIVATE)
    try:
        return downloads.rows_to_mend(job)
    except ImportFailed:
        raise Http404(words.INPUT_IS_GONE) from None


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def import_mend(request: Visit, import_id: str, row: int) -> HttpResponse:
    """Which chart a row was played on. GET looks for it in the catalogue, POST imports the row and those like it."""
    job = visible_import(request, import_id)
    if job.user != request.user or not rules.grants(request.user, None, Permission.SUBMIT_SCORE):
        raise PermissionDenied(words.NOT_YOURS)
    problem = get_object_or_404(ImportProblem.objects.select_related("job", "orphan"), job=job, row=row)
    if job.state != State.COMPLETED or not mending.is_mendable(problem):
        messages.info(request, import_words.NOT_MENDABLE)
        return redirect(import_url(job))
    if request.method != "POST":
        return _ask(request, job, problem)
    chart = mending.chosen_chart(request.POST.get("chart", ""), problem)
    if chart is None:
        return _ask(request, job, problem, error=import_words.CHOOSE_ONE)
    return _import(request, job, problem, chart)


def _ask(request: Visit, job: Import, problem: ImportProblem, *, error: str = "") -> HttpResponse:
    wanted = mending.asked_by(problem)
    identifier, is_title = str(wanted["identifier"]), wanted["matchType"] == "songTitle"
    text = (request.POST if request.method == "POST" else request.GET).get("q", identifier if is_title else "")
    count = len(mending.rows_like(problem))
    context = {
        "job": job,
        "row": problem.row,
        "message": problem.message,
        "difficulty": wanted["difficulty"],
        "identifier": identifier,
        "heading": import_words.choose_chart(identifier),
        "q": text,
        "offers": mending.offers(text, problem),
        "together": import_words.rows_named_so(count) if count > 1 else "",
        "button": import_words.retry_so_many(count),
        "error": error,
        "crumb": Link(words.PROBLEMS.capitalize(), f"{import_url(job)}?tab=problems#parts"),
        "section": "imports",
    }
    return render(request, "import-mend.html", context, status=400 if error else 200)


def _import(request: Visit, job: Import, problem: ImportProblem, chart: Chart) -> HttpResponse:
    """Once for each chart that is chosen, however often the button is pressed."""
    client = request.headers.get("User-Agent", "").replace("\0", "")
    upload = mending.mended(problem, chart, client=client)
    if upload is None:
        return _ask(request, job, problem, error=import_words.CANNOT_BE_NAMED)
    try:
        made = submissions.submit_once(request.user, upload, key=f"mend {job.import_id} {problem.row} {chart.pk}")
    except jobs.NoRoom as full:
        return _ask(request, job, problem, error=str(full))
    return redirect(import_url(made))
