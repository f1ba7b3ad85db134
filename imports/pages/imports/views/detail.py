"""/imports/:id/: an import as it stands: under way, completed, failed, cancelled or reverted."""

from __future__ import annotations

import zlib
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from imports import jobs
from imports.access import permissions
from imports.models import AuditEntry, Import, ImportInput, State, User
from imports.pages.components import import_summary
from imports.pages.components.chart_plays.replays import find_replay_url
from imports.pages.components.chart_plays.score_card import repeated_score, score_card
from imports.pages.components.class_changes import class_change_notes
from imports.pages.components.view_models import Link, progress_from
from imports.pages.core.display_names import format_name, game_name, get_input, import_name, kept_until
from imports.pages.core.permissions import visible_import
from imports.pages.core.urls import import_url, poll_url
from imports.pages.imports.history import history
from imports.pages.imports.tabs import chosen_tab, contents, file_facts, tab_links
from imports.pages.texts import formatting, import_texts, revert_texts
from imports.pages.texts.excerpts import ExcerptLine, excerpt_of_error, excerpt_of_row
from imports.pages.texts.failures import Failure, explain
from imports.pipeline.checking import unfit_rows

Context = dict[str, Any]
MAX_EXCERPT_SIZE = 8 * 1024 * 1024  # bytes of a file that is read for a few of its lines
UNREADABLE = 400  # the status of an import whose file, or a row of it, breaks the schema


@require_safe
def import_detail(request: HttpRequest, import_id: str) -> HttpResponse:
    job = visible_import(request, import_id)
    private = permissions.can_see_input(request.user, job)
    is_own = job.user == request.user
    list_url = reverse("import-list") if is_own else reverse("player-imports", args=[job.user.username])
    sent = get_input(job) if private else None
    context = {
        "job": job,
        "name": import_name(job, private=private),
        "game": game_name(job.game, job.playtypes) if job.game else "",
        "format": format_name(job),
        "size": sent.size if sent else None,
        "is_own": is_own,
        "may_run_again": permissions.can_run_again(request.user, None, job),
        "admin_url": reverse("admin:imports_import_change", args=[job.pk]),
        "crumb": Link(import_texts.IMPORTS if is_own else import_texts.imports_of(job.user.username), list_url),
        "section": "imports" if is_own else "",
    }
    match job.state:
        case State.COMPLETED if job.row_count == 1 and (single := _single(request, job, private=private)):
            return render(request, "import-one.html", context | single)
        case State.COMPLETED:
            return render(request, "import-detail.html", context | _completed(request, job, private=private))
        case State.FAILED | State.CANCELLED:
            return render(request, "import-failed.html", context | _failed(job))
        case State.REVERTED:
            return render(request, "import-reverted.html", context | _reverted(job))
    # The same facts as poll-status: what the page shows first is what its script would have received.
    position = jobs.queue_position(job) if job.state == State.QUEUED else None
    progress = progress_from(jobs.progress_facts(job, position=position), poll_url=poll_url(job))
    return render(request, "import-running.html", context | {"progress": progress})


def _completed(request: HttpRequest, job: Import, *, private: bool) -> Context:
    counts = import_summary.counts(job)
    tab = chosen_tab(request, private=private)
    return {
        "headline": import_texts.headline(scores=job.score_count, bests=job.best_count, rows=job.row_count),
        "seconds": import_summary.seconds_taken(job),
        "verdicts": import_summary.rating_changes(job),
        "class_notes": class_change_notes(job, private=private),
        "counts": counts.cells,
        "left_out": import_texts.problems_left_out(job.problem_count, import_summary.problem_kinds(job)),
        "until": kept_until(job),
        "tabs": tab_links(job, tab, sessions=counts.sessions, private=private),
        "may_revert": permissions.can_revert(request.user, None, job),
        "revert_url": reverse("import-revert", args=[job.import_id]),
        **contents(job, tab, request),
    }


def _single(request: HttpRequest, job: Import, *, private: bool) -> Context | None:
    """Of an import of one row: the card of its score, or the score that it repeated; None for a row left out."""
    reader = request.user if isinstance(request.user, User) else None
    card = score_card(job, reader=reader) if job.score_count == 1 else None
    repeated = repeated_score(job) if card is None and job.duplicate_count == 1 else None
    if card is None and repeated is None:
        return None
    return {
        "card": card,
        "repeated": repeated,
        "repeated_url": import_url(repeated.from_import) if repeated else "",
        "repeated_by": import_name(repeated.from_import, private=private) if repeated else "",
        "headline": card.headline if card else import_texts.ALREADY_IMPORTED,
        "replay_url": find_replay_url(card.score, request.user) if card else "",
        "seconds": import_summary.seconds_taken(job),
        "class_notes": class_change_notes(job, private=private),
        "may_revert": card is not None and permissions.can_revert(request.user, None, job),
        "revert_url": reverse("import-revert", args=[job.import_id]),
        "until": kept_until(job),
        "entries": history(job) if private else [],
        "file": file_facts(job) if private else None,
    }


def _failed(job: Import) -> Context:
    """Only its owner and moderators come here, as to reverted ones: nothing is kept from them."""
    status = job.status_code or 500
    # Only a file that can be read at all may have rows that fit, and it is read again to find them.
    unfit = unfit_rows(job, jobs.enabled_games()) if job.state == State.FAILED and status == UNREADABLE else None
    helps = unfit is not None and 0 < unfit.fit < unfit.rows
    failure = explain(job.error_message, status, unfit.problems if unfit else ())
    return {
        "import_the_rest": import_texts.import_rest_choice(unfit.fit, unfit.rows) if unfit and helps else None,
        "failure": failure,
        "excerpt": _excerpt(job, failure) if job.state == State.FAILED else (),
        # A file that is wrong stays wrong: the same button would fail again.
        "may_help": job.state == State.CANCELLED or status >= 500,
        "entries": history(job),
        "file": file_facts(job),
    }


def _excerpt(job: Import, failure: Failure) -> tuple[ExcerptLine, ...]:
    """The lines of the file around what is wrong; none where that is unknown, or the file gone or large. One query."""
    sent = get_input(job)
    if sent is None or sent.size > MAX_EXCERPT_SIZE or not (failure.is_syntax or failure.row is not None):
        return ()
    content = ImportInput.objects.filter(pk=job.pk).values_list("content", flat=True).first()
    text = zlib.decompress(content or zlib.compress(b"")).decode(errors="replace").removeprefix("\ufeff")
    if failure.row is None:
        return excerpt_of_error(text)
    return excerpt_of_row(text, failure.row, failure.field)


def _reverted(job: Import) -> Context:
    # What the revert took away is in its entry alone: the row keeps what the import brought. Of several, the last.
    entry = AuditEntry.objects.filter(job=job, verb=AuditEntry.Verb.REVERTED).order_by("-pk").first()
    counts = entry.counts if entry else {}
    taken = revert_texts.revert_result(counts.get("scores", job.score_count), counts.get("kept", 0))
    return {
        "taken": formatting.with_reason(taken, job.revert_reason),
        "counts": import_summary.counts_before(job),
        "entries": history(job),
        "file": file_facts(job),
    }
