"""/imports/:id/: an import in any state: unfinished, completed, failed, cancelled or reverted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from imports import jobs
from imports.access import permissions
from imports.catalogue import format_names
from imports.formats import BY_IMPORT_TYPE
from imports.formats.base import Format
from imports.games import BY_SLUG
from imports.models import AuditEntry, CarriedScores, Import, Score, State, User
from imports.models.results.carried_scores import unpack_score_ids
from imports.pages.components import import_summary
from imports.pages.components.chart_plays.replays import find_replay_url
from imports.pages.components.chart_plays.score_card import repeated_score, score_card
from imports.pages.components.class_changes import class_change_notes
from imports.pages.components.progress import progress_from
from imports.pages.components.view_models import Link, RatingChange
from imports.pages.core.display_names import format_name, game_name, get_input, import_name, kept_until
from imports.pages.core.permissions import visible_import
from imports.pages.core.urls import import_url, poll_url
from imports.pages.imports.change_summary import reverted_rows
from imports.pages.imports.earlier_imports import import_of_scores
from imports.pages.imports.history import history
from imports.pages.imports.other_kinds import other_format, stored_content, upload_choices
from imports.pages.imports.problems.excerpts import ExcerptLine, excerpt_of_end, excerpt_of_error, excerpt_of_row
from imports.pages.imports.tabs import chosen_tab, contents, file_facts, tab_links
from imports.pages.texts import formatting, import_texts, problem_texts, revert_texts, upload_texts
from imports.pages.texts.failures import Failure, explain, mistaken
from imports.pipeline.checking import unfit_rows
from imports.pipeline.suggestions import Kept, named_songs

Context = dict[str, Any]
MAX_NAMED = 10  # rows of a failed import whose songs are looked for
MAX_REPEATED = 500  # scores whose import is looked for
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
            return render(request, "import-failed.html", context | _failed(job, request.user))
        case State.REVERTED:
            return render(request, "import-reverted.html", context | _reverted(job))
    # The same facts as poll-status: the page first shows what its script would receive.
    position = jobs.queue_position(job) if job.state == State.QUEUED else None
    snapshot = jobs.get_progress(job.import_id) if position is None else None
    facts = jobs.progress_facts(job, position=position, read_progress=lambda _: snapshot)
    if position and (seconds := jobs.seconds_until_start(job)) is not None:
        facts["etaSeconds"] = seconds
    if snapshot and snapshot.game in BY_SLUG:
        context["game"] = game_name(snapshot.game, [snapshot.playtype])
    progress = progress_from(facts, poll_url=poll_url(job))
    return render(request, "import-running.html", context | {"progress": progress})


def _completed(request: HttpRequest, job: Import, *, private: bool) -> Context:
    counts = import_summary.counts(job)
    tab = chosen_tab(request, private=private)
    headline = import_texts.headline(scores=job.score_count, bests=job.best_count, rows=job.row_count)
    changes = import_summary.rating_changes(job)
    return {
        "headline": headline,
        "picture_text": _picture_text(job, headline, changes),
        "seconds": import_summary.seconds_taken(job),
        "verdicts": changes,
        "class_notes": class_change_notes(job, private=private),
        "counts": counts.cells,
        "imported_before": upload_texts.imported_before(job.duplicate_count)
        if job.duplicate_count and not job.score_count
        else "",
        "earlier_url": _earlier_url(job) if not job.score_count else "",
        "left_out": problem_texts.problems_left_out(job.problem_count, import_summary.problem_kinds(job)),
        "until": kept_until(job),
        "tabs": tab_links(job, tab, sessions=counts.sessions, private=private),
        "may_revert": permissions.can_revert(request.user, None, job),
        "revert_url": reverse("import-revert", args=[job.import_id]),
        **contents(job, tab, request),
    }


def _earlier_url(job: Import) -> str:
    """Returns the address of the import whose scores this one repeated; empty if there are several. Two queries."""
    carried = CarriedScores.objects.filter(job=job).first()
    ids = sorted(unpack_score_ids(carried.score_ids))[:MAX_REPEATED] if carried else []
    return import_of_scores(Score.objects.filter(score_id__in=ids))


def _picture_text(job: Import, headline: str, changes: Sequence[RatingChange]) -> str:
    game = game_name(job.game, job.playtypes)
    return import_summary.picture_text(headline, job.user.username, game, changes[0] if changes else None)


def _single(request: HttpRequest, job: Import, *, private: bool) -> Context | None:
    """Returns the context of an import of one score, new or repeated, with its card; None for a row with a problem."""
    reader = request.user if isinstance(request.user, User) else None
    card = score_card(job, reader=reader) if job.score_count == 1 else None
    repeated = repeated_score(job) if card is None and job.duplicate_count == 1 else None
    if card is None and repeated is None:
        return None
    headline = card.headline if card else import_texts.ALREADY_IMPORTED
    return {
        "card": card,
        "repeated": repeated,
        "repeated_url": import_url(repeated.from_import) if repeated else "",
        "repeated_by": import_name(repeated.from_import, private=private) if repeated else "",
        "headline": headline,
        "picture_text": _picture_text(job, headline, import_summary.rating_changes(job)),
        "replay_url": find_replay_url(card.score, request.user) if card else "",
        "seconds": import_summary.seconds_taken(job),
        "class_notes": class_change_notes(job, private=private),
        "may_revert": card is not None and permissions.can_revert(request.user, None, job),
        "revert_url": reverse("import-revert", args=[job.import_id]),
        "until": kept_until(job),
        "entries": history(job) if private else [],
        "file": file_facts(job) if private else None,
    }


def _failed(job: Import, reader: User | AnonymousUser) -> Context:
    """Returns the context of a failed import. Only its owner and moderators see the page, so nothing is hidden."""
    status = job.status_code or 500
    # Only a readable file can have valid rows, and it is read again to find them.
    unfit = unfit_rows(job, jobs.enabled_games()) if job.state == State.FAILED and status == UNREADABLE else None
    helps = unfit is not None and 0 < unfit.fit < unfit.rows
    songs = {}
    if unfit is not None:
        named = unfit.problems[:MAX_NAMED]
        kept = {each.row: Kept(each.datapoint, unfit.context, job.import_type) for each in named}
        songs = {row: found.song.title for row, found in named_songs(kept).items()}
    failure = explain(job.error_message, status, unfit.problems if unfit else (), songs=songs)
    content = stored_content(job) if failure.is_other_kind else b""
    other = other_format(job, content)
    if other is not None:
        failure = _mistaken(job, failure, other, content)
    cancelled = ""
    if job.state == State.CANCELLED:
        entry = AuditEntry.objects.filter(job=job, verb=AuditEntry.Verb.CANCELLED).order_by("-pk").first()
        percent = entry.counts.get("percent") if entry else None
        cancelled = upload_texts.cancelled(percent, is_by_reader=entry is not None and entry.actor_id == reader.pk)
    are_complete = failure.is_cut_off and unfit is not None and len(unfit.problems) == 1
    return {
        "import_the_rest": problem_texts.import_rest_choice(unfit.fit, unfit.rows, are_complete=are_complete)
        if unfit and helps
        else None,
        "rows": unfit.rows if unfit else None,
        "failure": failure,
        "excerpt": _excerpt(job, failure) if job.state == State.FAILED else (),
        # An invalid file stays invalid: trying again would fail again.
        "may_help": job.state == State.CANCELLED or status >= 500,
        "upload_choices": upload_choices(job, other) if other is not None else (),
        "cancelled": cancelled,
        "attempts": job.attempts if job.state == State.FAILED and status >= 500 else 0,
        "entries": history(job),
        "file": file_facts(job),
    }


def _mistaken(job: Import, failure: Failure, other: Format, content: bytes) -> Failure:
    """Returns the failure of a file that looks like another format than it was uploaded as."""
    own = BY_IMPORT_TYPE.get(job.import_type)
    # The first line tells tables apart; a JSON document may begin with anything.
    is_table = own is not None and ".csv" in own.extensions
    return mistaken(
        failure,
        looks_like=format_names.format_name(other.import_type),
        uploaded_as=format_name(job),
        first_line=_first_line(content),
        expected=_first_line(own.sample.content) if own and own.sample and is_table else "",
    )


def _first_line(content: bytes) -> str:
    return _as_text(content).partition("\n")[0].strip()


def _as_text(content: bytes) -> str:
    return content.decode(errors="replace").removeprefix("\ufeff")


def _excerpt(job: Import, failure: Failure) -> tuple[ExcerptLine, ...]:
    """Returns the lines around the error; none if its position is unknown or the file unavailable. One query."""
    is_placed = failure.is_syntax or failure.is_cut_off or failure.row is not None
    content = stored_content(job) if is_placed else b""
    if not content:
        return ()
    text = _as_text(content)
    if failure.is_cut_off:
        return excerpt_of_end(text)
    if failure.row is None:
        return excerpt_of_error(text)
    return excerpt_of_row(text, failure.row, failure.field)


def _reverted(job: Import) -> Context:
    # Only the audit entry has the counts of the revert: the import keeps its own counts. The last entry wins.
    entry = AuditEntry.objects.filter(job=job, verb=AuditEntry.Verb.REVERTED).order_by("-pk").first()
    counts = entry.counts if entry else {}
    taken = revert_texts.revert_result(counts.get("scores", job.score_count), counts.get("kept", 0))
    return {
        "taken": formatting.with_reason(taken, job.revert_reason),
        "change_rows": reverted_rows(job),
        "counts": import_summary.counts_before(job),
        "entries": history(job),
        "file": file_facts(job),
    }
