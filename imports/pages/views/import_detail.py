"""/imports/:id/: an import as it stands: under way, completed, failed, cancelled or reverted."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from imports import jobs, rules
from imports.models import AuditEntry, Import, State
from imports.pages import result, words
from imports.pages.access import visible_import
from imports.pages.class_history import notes_of
from imports.pages.context import poll_url
from imports.pages.history import history
from imports.pages.import_tabs import contents, file_facts, tab_of, tabs_of
from imports.pages.naming import format_name, game_name, input_of, name_of
from imports.pages.parts import Link, progress_from
from imports.pages.tallies import highlights, lamps_and_grades, over_time

Context = dict[str, Any]


@require_safe
def import_detail(request: HttpRequest, import_id: str) -> HttpResponse:
    job = visible_import(request, import_id)
    private = rules.can_see_input(request.user, job)
    context = _frame(request, job, private=private)
    match job.state:
        case State.COMPLETED:
            return render(request, "import-detail.html", context | _completed(request, job, private=private))
        case State.FAILED | State.CANCELLED:
            return render(request, "import-failed.html", context | _failed(job))
        case State.REVERTED:
            return render(request, "import-reverted.html", context | _reverted(job))
    return render(request, "import-running.html", context | _under_way(job))


def _frame(request: HttpRequest, job: Import, *, private: bool) -> Context:
    """What the page's head says in every state."""
    is_own = job.user == request.user
    list_url = reverse("import-list") if is_own else reverse("player-imports", args=[job.user.username])
    sent = input_of(job) if private else None
    return {
        "job": job,
        "name": name_of(job, private=private),
        "game": game_name(job.game, job.playtypes) if job.game else "",
        "format": format_name(job),
        "size": sent.size if sent else None,
        "is_own": is_own,
        "may_run_again": rules.can_run_again(request.user, None, job),
        "crumb": Link(words.IMPORTS if is_own else words.imports_of(job.user.username), list_url),
        "section": "imports" if is_own else "",
    }


def _under_way(job: Import) -> Context:
    position = jobs.queue_position(job) if job.state == State.QUEUED else None
    return {"progress": progress_from(jobs.progress_facts(job, position=position), poll_url=poll_url(job))}


def _completed(request: HttpRequest, job: Import, *, private: bool) -> Context:
    counts = result.counts(job)
    tab = tab_of(request, private=private)
    lamps, grades = lamps_and_grades(job)
    return {
        "headline": words.headline(scores=job.score_count, bests=job.best_count, rows=job.row_count),
        "seconds": result.seconds_taken(job),
        "verdicts": result.verdicts(job),
        "class_notes": notes_of(job, private=private),
        "counts": counts.cells,
        "left_out": words.problems_left_out(job.problem_count, result.problem_kinds(job)),
        "highlights": highlights(job),
        "lamps": lamps,
        "grades": grades,
        "over_time": over_time(job),
        "tabs": tabs_of(job, tab, sessions=counts.sessions, private=private),
        "may_revert": rules.can_revert(request.user, None, job),
        "revert_url": reverse("import-revert", args=[job.import_id]),
        **contents(job, tab, request),
    }


def _failed(job: Import) -> Context:
    """Only its owner and moderators come here, as to reverted ones: nothing is kept from them."""
    status = job.status_code or 500
    return {
        "reason": words.failure_reason(status),
        "advice": words.failure_advice(status),
        "may_help": job.state == State.CANCELLED or status >= 500,
        "entries": history(job),
        "file": file_facts(job),
    }


def _reverted(job: Import) -> Context:
    entry = AuditEntry.objects.filter(job=job, verb=AuditEntry.Verb.REVERTED).order_by("-pk").first()
    counts = entry.counts if entry else {}
    taken = words.reverted(counts.get("scores", job.score_count), counts.get("kept", 0))
    return {
        "taken": words.with_reason(taken, job.revert_reason),
        "counts": result.counts_before(job),
        "entries": history(job),
        "file": file_facts(job),
    }
