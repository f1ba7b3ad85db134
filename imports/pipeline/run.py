"""Runs an import from its stored bytes to `completed`. Each stage is a separate module."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from django.db import transaction

from imports.errors import Cancelled
from imports.formats.base import Format, Parsed
from imports.games.spec import Game
from imports.models import AuditEntry, Import, ImportProblem, Score
from imports.pipeline import classes, deletions, departures, player_charts, row_corrections, states
from imports.pipeline.derived import bests, class_history, class_updates
from imports.pipeline.derived.refresh import refresh
from imports.pipeline.progress import Progress, Stage
from imports.pipeline.scoring import best_counts, problems, sent_sessions, store
from imports.pipeline.scoring.completion import completion_fields
from imports.pipeline.scoring.convert import Known
from imports.pipeline.scoring.reading import iter_judged, read
from imports.pipeline.undo import carried_scores, reclaim, revert_snapshot


def run(
    job: Import,
    games: Sequence[Game],
    progress: Progress,
    *,
    max_rows: int | None = None,
    chart_players: int | None = None,
) -> None:
    """Applies a running import completely, or raises without changes. Raises ImportFailed for invalid input.

    `chart_players`: the number of players that an unknown chart needs to be added to the catalogue; None adds none.
    """
    source, parsed = read(job, games, progress, max_rows=max_rows)
    departures.refuse_hidden(job.user_id, parsed.context.game.slug)
    known, reclaimable = find_known(job, parsed.context.game.slug)
    # A player without scores of the game needs no look-ups, so rows can be stored while others are judged.
    if known is None and len(parsed.rows) >= store.BULK_THRESHOLD:
        judge_while_storing(job, source, parsed, progress)
        return
    batch = judge(job, source, parsed, progress, known=known, reclaimable=reclaimable)
    # One transaction: scores must never be visible without their sessions, bests and stats, nor half of an import.
    with transaction.atomic():
        states.lock_player(job.user_id)
        admitted = player_charts.create_wanted_charts(job, parsed.context, batch.problems, enough=chart_players)
        if admitted or not store.are_all_stored(batch.known):
            # A chart was added with this import, or a score was deleted after its row had been found to repeat it.
            # Neither can happen from here on, because the lock is held.
            source, parsed = read(job, games, progress, max_rows=max_rows)
            parsed.chosen = {**parsed.chosen, **admitted}
            known, reclaimable = find_known(job, parsed.context.game.slug)
            batch = judge(job, source, parsed, progress, known=known, reclaimable=reclaimable)
        # Before COPY, which would violate the unique index on score IDs while other imports have these scores.
        edits = reclaim.reclaim(batch.reclaimed, batch.affected)
        progress.stage(Stage.SAVING, total=batch.score_count)
        batch.save(progress.tick)
        finish(job, parsed, batch, progress, edits=edits)


def judge_while_storing(job: Import, source: Format, parsed: Parsed, progress: Progress) -> None:
    """Applies a large import of a player without scores of the game: judges rows while earlier ones are stored."""
    batch = store.Batch(
        job,
        parsed.context,
        added=revert_snapshot.original_time_added(job),
        row_count=len(parsed.rows),
        has_no_scores=True,
        keep_ids=row_corrections.corrects(job),
    )
    chunks = iter_judged(
        source, parsed, progress, user_id=job.user_id, known=None, through=Stage.SAVING, rules=job.rules
    )
    # One transaction, for the reason given in `run`. The charts are found before it, which needs no lock.
    with transaction.atomic():
        states.lock_player(job.user_id)
        batch.save_while_judging(chunks, between=lambda: raise_if_cancelled(job))
        finish(job, parsed, batch, progress, edits={})


def find_known(job: Import, game: str) -> tuple[Known | None, set[str]]:
    """Returns the look-up of the player's scores of the game, and the IDs of the scores that a restore reclaims."""
    if not job.put_aside:  # never reverted, so that no deletion and no reassignment affects it
        return store.known_scores(job.user_id, game), set()
    deleted = deletions.since_completed(job)
    reclaimable = reclaim.reclaimable(job) if job.put_aside.get("handed") else set()
    return store.known_scores(job.user_id, game, deleted=deleted, besides=reclaimable), reclaimable


def judge(
    job: Import,
    source: Format,
    parsed: Parsed,
    progress: Progress,
    *,
    known: Known | None,
    reclaimable: Collection[str],
) -> store.Batch:
    """Finds the charts and judges every row, without changes. `known`, `reclaimable`: from `find_known`."""
    total = len(parsed.rows)  # before judging, which releases the rows
    batch = store.Batch(
        job,
        parsed.context,
        added=revert_snapshot.original_time_added(job),
        row_count=total,
        has_no_scores=known is None,
        keep_ids=row_corrections.corrects(job),
    )
    for chunk in iter_judged(source, parsed, progress, user_id=job.user_id, known=known, rules=job.rules):
        # `states.mark_completed` checks after the last rows anyway, and the few rows of a new player take no time.
        if known and chunk.rows_done < total:
            raise_if_cancelled(job)
        batch.add(chunk)
        if reclaimable:
            batch.reclaimed.update(score.score_id for score in chunk.scores if score.score_id in reclaimable)
    return batch


def finish(job: Import, parsed: Parsed, batch: store.Batch, progress: Progress, *, edits: reclaim.Edits) -> None:
    """Refreshes the state derived from the stored scores, and completes the import.

    Called in the transaction that stored the scores. `edits`: of scores that belonged to other imports meanwhile.
    """
    carried_scores.save(job, batch.carried)
    store.refresh_statistics(batch.score_count)
    reported: dict[int, str] = {}
    settled: set[int] = set()
    if job.put_aside:  # otherwise it completes for the first time, without rows of an earlier run
        reported = problems.reported_unknown(job)
        ImportProblem.objects.filter(job=job)._raw_delete("default")
        settled = row_corrections.settled_rows(job)
    problems.save_problems(job, batch.problems, parsed.context, added=batch.added, settled=settled, reported=reported)
    if batch.score_ids is not None:
        row_corrections.settle(job, batch.score_ids)
    revert_snapshot.restore(job, edits, batch.affected)
    if parsed.sessions:
        sent_sessions.store_identities(job, parsed.sessions, batch.affected, added=batch.added)
    if batch.highlighted:
        highlight(job.user_id, batch.highlighted)
    playtypes = parsed.context.game.by_name
    provided = {
        name: class_history.provided_classes(job, playtypes[name], given)
        for name, given in (parsed.classes or {}).items()
        if given
    }
    lowered = classes.lowered(job, parsed.context.game, provided) if parsed.sets_classes else {}
    if any(lowered.values()):
        job.classes_before = class_history.entries_of(job.user_id, parsed.context.game.slug)
    # The page of a single row shows its score and no counts, and a restore keeps the counts of the first run.
    is_counted = not job.put_aside and batch.row_count > 1 and batch.score_count > 0
    touched = batch.affected
    counted = best_counts.count(job.user_id, touched.game, touched.playtypes) if is_counted else None
    refreshed = refresh(
        touched,
        progress,
        charts=batch.charts,
        provided=provided,
        lowered=lowered,
        cause=class_history.cause_of(job),
    )
    if not job.put_aside:  # a restore notifies nobody
        class_updates.add_deliveries(job.user_id, [delta for change in refreshed.stats for delta in change.deltas()])
    progress.stage(Stage.FINISHING)
    fields = completion_fields(job, parsed, batch, refreshed, progress, settled=settled, counted=counted)
    states.mark_completed(job, {**fields, **revert_snapshot.original_run_times(job)})
    counts = {name: fields[name] for name in ("row_count", "score_count", "duplicate_count", "problem_count")}
    AuditEntry.objects.record(AuditEntry.Verb.COMPLETED, job, counts=counts)


def highlight(user_id: int, scores: Mapping[int, int]) -> None:
    """Highlights stored scores of a player (key -> key of its chart) as an edit, and refreshes the bests."""
    Score.objects.filter(pk__in=scores).update(highlight=True, edited=True)
    bests.refresh(user_id, set(scores.values()))


def raise_if_cancelled(job: Import) -> None:
    """Raises Cancelled if the import was cancelled, or its player banned."""
    if not states.is_running(job):
        raise Cancelled
