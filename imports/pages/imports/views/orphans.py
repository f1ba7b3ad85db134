"""/orphans/: the reader's scores of unknown songs or charts; retrying and deleting them."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from imports import jobs, submissions
from imports.access import permissions, rate_limits
from imports.errors import ImportFailed
from imports.games import BY_SLUG
from imports.integers import milliseconds
from imports.models import AuditEntry, Import, ImportProblem, OrphanRetry, OrphanScore, State
from imports.models.documents import UNFINISHED
from imports.pages.components.progress import progress_from
from imports.pages.components.view_models import Link
from imports.pages.core.display_names import game_name
from imports.pages.core.pagination import paginate
from imports.pages.core.permissions import DEFERRED_COLUMNS, AuthenticatedRequest, client_of, sign_in_required
from imports.pages.core.urls import import_url, poll_url
from imports.pages.imports.problems.row_correction import corrected_upload
from imports.pages.imports.unmatched.just_matched import read_matched, remember_matched
from imports.pages.imports.unmatched.scores import orphan_rows
from imports.pages.imports.unmatched.titles import (
    KINDS,
    MAX_TITLES,
    SHOWN_TITLES,
    by_title,
    game_chips,
    kind_chips,
    orphan_groups,
    title_key,
    title_sections,
)
from imports.pages.texts import import_texts, problem_texts, revert_texts
from imports.pipeline.orphans import ReprocessResult, delete_orphan, delete_orphans
from imports.pipeline.states import NoLongerExists, PlayerLocked

MAX_GROUPED = 1_000  # newest orphans that are grouped by title
MAX_IMPORTS_MATCHED = 100  # imports whose rows are matched in one step; the rest follows in the next
RETRY_ID_KEY = "orphans_retried"  # in the browser's session: the ID of a requested retry that a worker does
LAST_TRY_KEY = "orphans_tried"  # in the browser's session: the result of the last retry, as long as the session lasts


@require_safe
@sign_in_required
def orphan_list(request: AuthenticatedRequest) -> HttpResponse:
    """Shows the titles of unmatched scores, then the single scores; or only the titles of one kind."""
    kind = request.GET.get("match", "")
    chosen = kind if kind in KINDS else ""
    found = _orphans().filter(user=request.user)
    games = dict(found.values_list("game").annotate(count=Count("pk")).order_by("-count", "game"))
    page = paginate(_of_game(found, request.GET), request.GET) if not chosen else None
    retry, progress, matched = jobs.unfinished_retry(request.user), None, read_matched(request)
    if retry is not None:
        url = reverse("api:orphan-retry-poll-status", args=[retry.retry_id])
        progress = progress_from(jobs.orphan_progress(retry), poll_url=url)
    elif matched and matched.running:
        position = jobs.queue_position(matched.running) if matched.running.state == State.QUEUED else None
        facts = jobs.progress_facts(matched.running, position=position)
        progress = progress_from(facts, poll_url=poll_url(matched.running))
    # Only the first page has titles: they are of the newest orphans, which other pages do not list.
    is_first = chosen or not request.GET.keys() & {"before", "after"}
    groups = orphan_groups(_newest_orphans(request, request.GET)) if is_first else []
    sure = [group for group in groups if group.kind == "sure"]
    # With a filter by game, or more scores than are grouped, these are not all titles.
    count, named = sum(games.values()), sum(group.count for group in groups)
    context = {
        "progress": progress,
        "matched": matched,
        "titles": len(groups) if len(groups) < MAX_TITLES and named == count else None,
        "page": page,
        "rows": orphan_rows(page.rows) if page else [],
        "chosen": chosen,
        "count": count,
        "games": game_chips(games, request.GET) if len(games) > 1 else [],
        "game": request.GET.get("game", ""),
        "chips": kind_chips(groups, chosen, request.GET) if chosen or len(groups) > SHOWN_TITLES else [],
        "sections": title_sections(groups, chosen, request.GET),
        "is_folded": bool(groups) and named == count,
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
    """Imports the scores of a title (a group's key) on their matched charts, or those of all sure matches."""
    wanted = request.POST.get("title")
    used = [
        group
        for group in orphan_groups(_newest_orphans(request, request.POST))
        if (group.kind == "sure" if wanted is None else group.key == wanted)
    ]
    matches = {key: chart for group in used for key, chart in group.charts.items()}
    # Grouped by import, as a correction belongs to one import.
    rows: dict[int, list[ImportProblem]] = defaultdict(list)
    found = ImportProblem.objects.filter(orphan__in=matches, job=F("orphan__from_import"), job__state=State.COMPLETED)
    for problem in found.select_related("orphan", "job").order_by("job", "row"):
        rows[problem.job_id].append(problem)
    made, done = [], 0
    client = client_of(request)
    for problems in list(rows.values())[:MAX_IMPORTS_MATCHED]:
        job, orphan = problems[0].job, problems[0].orphan
        charts = {one.row: (one.datapoint, matches[one.orphan_id]) for one in problems if one.orphan_id}
        context = orphan.context if orphan else {}
        try:
            upload = corrected_upload(job, context, charts, client=client)
            made.append(submissions.submit_correction(request.user, upload, of=job, rows=list(charts)))
        except (jobs.QuotaExceeded, ImportFailed) as refusal:
            messages.error(request, str(refusal))
            break
        done += len(charts)
    else:
        if not made:
            messages.info(request, problem_texts.NO_MATCH_LEFT)
    if made:
        messages.success(request, revert_texts.scores_matched(done))
        remember_matched(request, used, made)
    return redirect("orphan-list")


@require_POST
@sign_in_required
def orphans_retry(request: AuthenticatedRequest) -> HttpResponse:
    """Retries all orphans: scores whose charts are known now are imported. A worker retries large numbers."""
    rate_limits.consume(rate_limits.ORPHANS, rate_limits.client_key(request.user, request.META))
    try:
        found = jobs.retry_orphans(request.user, by=request.user)
    except PlayerLocked:
        return _busy_page(request)
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


@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def orphans_delete(request: AuthenticatedRequest) -> HttpResponse:
    """Deletes the reader's unmatched scores with a title (the key of a group)."""
    asked = request.POST if request.method == "POST" else request.GET
    key = asked.get("title", "")
    titles = by_title(_newest_orphans(request, asked))
    title = next((each for each in titles if title_key(each) == key), None)
    orphans = [orphan for orphan, _ in titles[title]] if title is not None else []
    if title is None:
        messages.info(request, revert_texts.ORPHAN_GONE)
        return redirect("orphan-list")
    if not permissions.can_delete_orphan(request.user, None, orphans[0]):
        raise PermissionDenied(import_texts.NOT_YOURS)
    if request.method != "POST":
        game, name = title
        context = {
            "title": name,
            "game": game,
            "game_name": game_name(game, []),
            "key": key,
            "count": len(orphans),
            "section": "profile",
        }
        return render(request, "orphans-delete.html", context)
    try:
        count = delete_orphans(orphans, by=request.user)
    except PlayerLocked:
        return _busy(request)
    messages.success(request, revert_texts.orphans_deleted(count))
    return redirect("orphan-list")


def _newest_orphans(request: AuthenticatedRequest, asked: QueryDict) -> list[OrphanScore]:
    """Returns the reader's newest orphans, which are grouped by title, of the requested game if there is one."""
    return list(_of_game(_orphans().filter(user=request.user), asked).order_by("-pk")[:MAX_GROUPED])


def _of_game(found: QuerySet[OrphanScore], asked: QueryDict) -> QuerySet[OrphanScore]:
    game = asked.get("game", "")
    return found.filter(game=game) if game in BY_SLUG else found


def _last_try(request: AuthenticatedRequest) -> dict[str, Any] | None:
    """Returns the last retry, requested or automatic: `strong` and `rest` of a sentence, `at` (ms); None without one.

    A retry that imported scores is shown until the next one that does, or that was requested.
    """
    # Once a retry requested by this browser has ended, its result is the last retry. Retries are deleted after a day:
    # a deleted one has ended, too.
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
    # The newer of the requested and the automatic retry.
    return max(tries, key=lambda one: one["at"], default=None)


def _result_texts(processed: int, rescued: int, removed: int, at: datetime | None) -> dict[str, Any]:
    strong, rest = revert_texts.orphan_retry_result(processed, rescued, removed)
    return {"strong": strong, "rest": rest, "at": milliseconds(at or timezone.now())}


def _orphans() -> QuerySet[OrphanScore]:
    """Returns the orphans with those columns of their imports that a page needs."""
    return OrphanScore.objects.select_related("from_import__input").defer(
        *(f"from_import__{name}" for name in DEFERRED_COLUMNS)
    )


def _busy_page(request: AuthenticatedRequest) -> HttpResponse:
    """Returns the page for a retry while something else, usually an import, changes the player's scores."""
    running = Import.objects.filter(user=request.user, state__in=UNFINISHED).order_by("pk").first()
    context = {
        "count": _orphans().filter(user=request.user).count(),
        "running_url": import_url(running) if running else "",
        "crumb": Link(request.user.username, reverse("profile", args=[request.user.username])),
        "section": "profile",
    }
    return render(request, "orphans-busy.html", context, status=409)


def _busy(request: AuthenticatedRequest) -> HttpResponse:
    context = {"back_url": reverse("orphan-list"), "back_text": import_texts.TO_THE_LIST, "section": "profile"}
    return render(request, "busy.html", context, status=409)
