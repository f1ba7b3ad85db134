"""One import, from its stored bytes to `completed`. The whole story; each step is a stage of its own."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from imports.errors import INPUT_GONE, Cancelled, ImportFailed, RowProblem
from imports.formats import BY_IMPORT_TYPE
from imports.formats.base import Format, Parsed
from imports.games.spec import Game
from imports.models import AuditEntry, Import, ImportInput, ImportProblem
from imports.pipeline import put_aside, states, store
from imports.pipeline.catalogue import catalogue_for
from imports.pipeline.convert import Chunk, Known, judge_rows
from imports.pipeline.outcome import outcome
from imports.pipeline.progress import Progress, Stage
from imports.pipeline.refresh import refresh
from imports.pipeline.upload import Upload

TOO_MANY_ROWS = "This file has {rows:,} rows. One import may have {most:,}: split it into several files."


def run(job: Import, games: Sequence[Game], progress: Progress, *, most_rows: int | None = None) -> None:
    """Applies a running import wholly, or raises and leaves nothing. Raises ImportFailed for bad input."""
    source, parsed = read(job, games, progress, most_rows=most_rows)
    batch = check(job, source, parsed, progress)
    # One transaction: scores without their sessions, bests and stats must never be seen, nor half of an import.
    with transaction.atomic():
        states.lock_player(job.user_id)
        save(job, batch, progress)
        store.refresh_statistics(batch.score_count)
        ImportProblem.objects.filter(job=job)._raw_delete("default")
        store.save_problems(job, batch.problems, parsed.context)
        provided = {parsed.context.playtype.name: parsed.classes} if parsed.classes else None
        put_aside.bring_back(job)
        remembered = job.put_aside.get("sessions", ())
        refreshed = refresh(batch.touched, progress, charts=batch.charts, provided=provided, remembered=remembered)
        progress.stage(Stage.FINISHING)
        fields = outcome(job, parsed, batch, refreshed, progress)
        states.complete(job, fields)
        counts = {name: fields[name] for name in ("row_count", "score_count", "duplicate_count", "problem_count")}
        AuditEntry.objects.create(verb=AuditEntry.Verb.COMPLETED, job=job, subject_id=job.user_id, counts=counts)


def read(
    job: Import, games: Sequence[Game], progress: Progress, *, most_rows: int | None = None
) -> tuple[Format, Parsed]:
    """Reads the stored input."""
    progress.stage(Stage.READING)
    stored = ImportInput.objects.filter(job=job).first()
    if stored is None:
        raise ImportFailed(INPUT_GONE, status=410)
    upload = Upload(
        content=zlib.decompress(stored.content),
        import_type=job.import_type,
        file_name=stored.file_name,
        fields=stored.fields,
        infer_time_achieved=stored.infer_time_achieved,
    )
    return parse(upload, games, received_at=stored.received_at, most_rows=most_rows)


def parse(
    upload: Upload, games: Sequence[Game], *, received_at: datetime, most_rows: int | None = None
) -> tuple[Format, Parsed]:
    """Reads what was sent. Raises ImportFailed where it cannot be read as a whole, or has more rows than it may."""
    source = BY_IMPORT_TYPE[upload.import_type]
    parsed = source.parse(upload.content, upload.options(games, now=milliseconds(received_at)))
    if most_rows is not None and len(parsed.rows) > most_rows:
        raise ImportFailed(TOO_MANY_ROWS.format(rows=len(parsed.rows), most=most_rows), status=413)
    return source, parsed


def check(job: Import, source: Format, parsed: Parsed, progress: Progress) -> store.Batch:
    """Finds the charts and judges every row; changes nothing.

    Many rows of a newcomer, of whom nothing needs looking up, are left to `save`: it judges them while it stores.
    """
    total = len(parsed.rows)
    now = timezone.now()
    known = store.known_scores(job.user_id)
    batch = store.Batch(job, parsed.context, now=now, is_newcomers=known is None)
    batch.row_count = total
    is_left = known is None and total >= store.MANY
    through = Stage.SAVING if is_left else Stage.CHECKING
    chunks = judged(source, parsed, progress, user_id=job.user_id, now=now, known=known, through=through)
    if is_left:
        batch.unjudged = chunks
        return batch
    for chunk in chunks:
        # After the last rows `complete` looks again anyway, and a newcomer's few rows are judged before one can look.
        if known and chunk.rows_done < total:
            go_on(job)
        batch.add(chunk)
    return batch


def save(job: Import, batch: store.Batch, progress: Progress) -> None:
    """Stores the scores; judges them first where `check` left that."""
    if batch.unjudged is not None:
        batch.save_while_judging(batch.unjudged, between=lambda: go_on(job))
        return
    progress.stage(Stage.SAVING, total=batch.score_count)
    batch.save(progress.tick)


def go_on(job: Import) -> None:
    """Raises Cancelled once nobody wants the import any more."""
    if not states.is_running(job):
        raise Cancelled


def judged(
    source: Format,
    parsed: Parsed,
    progress: Progress,
    *,
    user_id: int,
    now: datetime,
    known: Known | None,
    through: Stage = Stage.CHECKING,
) -> Iterator[Chunk]:
    """What becomes of each row, a chunk at a time; the verdict of imports and of checks alike.

    `known`: the player's `store.known_scores`. The charts are found before this returns.
    """
    progress.stage(Stage.FINDING_CHARTS)
    keys = {source.key(row, parsed.context) for row in parsed.rows if not isinstance(row, RowProblem)}
    catalogue = catalogue_for(key for key in keys if key is not None)
    progress.stage(Stage.CHECKING, total=len(parsed.rows), through=through)
    chunks = judge_rows(parsed, source, catalogue, user_id=user_id, now=milliseconds(now), known=known)
    return _told(chunks, progress, total=len(parsed.rows))


def _told(chunks: Iterator[Chunk], progress: Progress, *, total: int) -> Iterator[Chunk]:
    for chunk in chunks:
        yield chunk
        progress.tick(chunk.rows_done, total)


def milliseconds(moment: datetime) -> int:
    """Unix milliseconds."""
    return int(moment.timestamp() * 1000)
