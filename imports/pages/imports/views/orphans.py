"""/orphans/: scores of the reader's whose song or chart was unknown; trying them again, and letting one go."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from imports import jobs, submissions
from imports.access import permissions, rate_limits
from imports.errors import ImportFailed
from imports.integers import milliseconds
from imports.models import AuditEntry, ImportProblem, OrphanRetry, OrphanScore, State
from imports.pages.components.view_models import Link, progress_from
from imports.pages.core.pagination import paginate
from imports.pages.core.permissions import DEFERRED_COLUMNS, AuthenticatedRequest, sign_in_required
from imports.pages.imports.orphan_rows import orphan_groups, orphan_rows, orphan_sections
from imports.pages.imports.row_correction import corrected_upload
from imports.pages.texts import import_texts, revert_texts
from imports.pipeline.orphans import ReprocessResult, delete_orphan
from imports.pipeline.states import NoLongerExists, PlayerLocked

MAX_GROUPED = 1_000  # newest orphans whose titles are looked at
MAX_IMPORTS_MATCHED = 100  # imports whose rows are matched in one step; those left have their turn in the next
RETRY_ID_KEY = "orphans_retried"  # in the browser's session: the ID of a retry that it asked for and that takes a while
LAST_TRY_KEY = "orphans_tried"  # in the browser's session: what the last try did, as long as it is open


@require_safe
@sign_in_required
def orphan_list(request: AuthenticatedRequest) -> HttpResponse:
    page = paginate(_orphans().filter(user=request.user), request.GET)
    retry, progress = jobs.unfinished_retry(request.user), None
    if retry is not None:
        url = reverse("api:orphan-retry-poll-status", args=[retry.retry_id])
        progress = progress_from(jobs.orphan_progress(retry), poll_url=url)
    # The first page alone has the titles: they are of the newest orphans, whatever page is listed below.
    newest = [] if request.GET else list(_orphans().filter(user=request.user).order_by("-pk")[:MAX_GROUPED])
    groups = orphan_groups(newest) if newest else []
    sure = [group for group in groups if group.is_sure]
    context = {
        "progress": progress,
        "page": page,
        "rows": orphan_rows(page.rows),
        "sections": orphan_sections(groups),
        "sure": sure,
        "sure_scores": sum(len(group.charts) for group in sure),
        "last_try": _last_try(request),
        "crumb": Link(request.user.username, reverse("profile", args=[request.user.username])),
        "section": "profile",
    }
    return render(request, "orphan-list.html", context)


@require_POST
@sign_in_required
def orphans_match(request: AuthenticatedRequest) -> HttpResponse:
    """Imports the scores of a title (a group's key) on the charts that they mean, or those of all sure matches."""
    groups = orphan_groups(list(_orphans().filter(user=request.user).order_by("-pk")[:MAX_GROUPED]))
    wanted = request.POST.get("title")
    used = [group for group in groups if (group.is_sure if wanted is None else group.key == wanted)]
    matches = {key: chart for group in used for key, chart in group.charts.items()}
    # Each import's rows together, as what corrects them is made of one import.
    rows: dict[int, list[ImportProblem]] = defaultdict(list)
    found = ImportProblem.objects.filter(orphan__in=matches, job=F("orphan__from_import"), job__state=State.COMPLETED)
    for problem in found.select_related("orphan", "job").order_by("job", "row"):
        rows[problem.job_id].append(problem)
    done = 0
    client = request.headers.get("User-Agent", "").replace("\0", "")  # PostgreSQL's texts hold no NUL
    for problems in list(rows.values())[:MAX_IMPORTS_MATCHED]:
        job, orphan = problems[0].job, problems[0].orphan
        charts = {one.row: (one.datapoint, matches[one.orphan_id]) for one in problems if one.orphan_id}
        context = orphan.context if orphan else {}
        try:
            upload = corrected_upload(job, context, charts, client=client)
            submissions.submit_correction(request.user, upload, of=job, rows=list(charts))
        except (jobs.QuotaExceeded, ImportFailed) as refusal:
            messages.error(request, str(refusal))
            return redirect("orphan-list")
        done += len(charts)
    if done:
        messages.success(request, revert_texts.scores_matched(done))
    else:
        messages.info(request, import_texts.NO_MATCH_LEFT)
    return redirect("orphan-list")


@require_POST
@sign_in_required
def orphans_retry(request: AuthenticatedRequest) -> HttpResponse:
    """All of them: what became known meanwhile goes in, as if its import had just brought it. Many take a while."""
    rate_limits.consume(rate_limits.ORPHANS, rate_limits.client_key(request.user, request.META))
    try:
        found = jobs.retry_orphans(request.user, by=request.user)
    except PlayerLocked:
        return _busy(request)
    if isinstance(found, OrphanRetry):
        request.session[RETRY_ID_KEY] = found.retry_id
    elif not found.processed:
        messages.info(request, revert_texts.NO_ORPHANS)
    else:
        _save_result(request, found)
    return redirect("orphan-list")


def _save_result(request: AuthenticatedRequest, done: ReprocessResult | OrphanRetry) -> None:
    request.session[LAST_TRY_KEY] = _result_texts(done.processed, done.rescued, done.removed, timezone.now())


@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def orphan_delete(request: AuthenticatedRequest, orphan_id: str) -> HttpResponse:
    orphan = _orphans().filter(orphan_id=orphan_id).first()
    if orphan is None or not permissions.can_manage_orphan(request.user, None, orphan):
        raise Http404
    if not permissions.can_delete_orphan(request.user, None, orphan):
        raise PermissionDenied(import_texts.NOT_YOURS)
    if request.method != "POST":
        context = {"row": orphan_rows([orphan])[0], "section": "profile"}
        return render(request, "orphan-delete.html", context)
    try:
        delete_orphan(orphan, by=request.user)
    except PlayerLocked:
        return _busy(request)
    except NoLongerExists:
        messages.info(request, revert_texts.ORPHAN_GONE)
    else:
        messages.success(request, revert_texts.ORPHAN_DELETED)
    return redirect("orphan-list")


def _last_try(request: AuthenticatedRequest) -> dict[str, Any] | None:
    """What the last try did, asked for or not: `strong` and `rest` of a sentence, and when (`at`, ms); None: no try.

    One that brought something in is shown until the next that does, or that somebody asks for.
    """
    # Once a retry that this browser asked for has ended, what it did is its last try. Retries are deleted after a day:
    # one that is not there any more has ended, too.
    if retry_id := request.session.get(RETRY_ID_KEY):
        asked = OrphanRetry.objects.filter(retry_id=retry_id, user=request.user).first()
        if asked is None or asked.time_finished is not None:
            del request.session[RETRY_ID_KEY]
            if asked is not None and asked.has_failed:
                messages.error(request, revert_texts.RETRY_BROKE)
            elif asked is not None:
                _save_result(request, asked)
    tries = [request.session[LAST_TRY_KEY]] if LAST_TRY_KEY in request.session else []
    recorded = AuditEntry.objects.filter(subject=request.user, verb=AuditEntry.Verb.ORPHANS_TRIED).order_by("-pk")
    if entry := recorded.first():
        counts = entry.counts
        tries.append(_result_texts(counts["processed"], counts["rescued"], counts["removed"], entry.at))
    finished = OrphanRetry.objects.filter(user=request.user, time_finished__isnull=False).order_by("-pk")
    if not tries and (last := finished.first()):
        tries.append(_result_texts(last.processed, last.rescued, last.removed, last.time_finished))
    # The newest of what this browser asked for and what happened by itself.
    return max(tries, key=lambda one: one["at"], default=None)


def _result_texts(processed: int, rescued: int, removed: int, at: datetime | None) -> dict[str, Any]:
    strong, rest = revert_texts.orphan_retry_result(processed, rescued, removed)
    return {"strong": strong, "rest": rest, "at": milliseconds(at or timezone.now())}


def _orphans() -> QuerySet[OrphanScore]:
    """With the imports that brought them, as far as a page needs those."""
    return OrphanScore.objects.select_related("from_import__input").defer(
        *(f"from_import__{name}" for name in DEFERRED_COLUMNS)
    )


def _busy(request: AuthenticatedRequest) -> HttpResponse:
    context = {"back_url": reverse("orphan-list"), "back_text": import_texts.TO_THE_LIST, "section": "profile"}
    return render(request, "busy.html", context, status=409)
