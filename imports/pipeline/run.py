"""One import, from its stored bytes to `completed`. The whole story; each step is a stage of its own."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from imports.errors import Cancelled, ImportFailed, RowProblem
from imports.formats import BY_IMPORT_TYPE
from imports.formats.base import Format, Parsed, ParseOptions
from imports.games.spec import Game
from imports.models import AuditEntry, Import, ImportInput, ImportProblem
from imports.pipeline import put_aside, states, store
from imports.pipeline.catalogue import catalogue_for
from imports.pipeline.convert import judge_rows
from imports.pipeline.outcome import outcome
from imports.pipeline.progress import Progress, Stage
from imports.pipeline.refresh import refresh


def run(job: Import, games: Sequence[Game], progress: Progress) -> None:
    """Applies a running import wholly, or raises and leaves nothing. Raises ImportFailed for bad input."""
    source, parsed = read(job, games, progress)
    batch = check(job, source, parsed, progress)
    # One transaction: scores without their sessions, bests and stats must never be seen, nor half of an import.
    with transaction.atomic():
        states.lock_player(job.user_id)
        progress.stage(Stage.SAVING, total=batch.score_count)
        batch.save(progress.tick)
        store.refresh_statistics(batch.score_count)
        ImportProblem.objects.filter(job=job).delete()
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


def read(job: Import, games: Sequence[Game], progress: Progress) -> tuple[Format, Parsed]:
    """Reads the stored input."""
    progress.stage(Stage.READING)
    stored = ImportInput.objects.filter(job=job).first()
    if stored is None:
        raise ImportFailed("The input of this import is no longer stored.", status=410)
    source = BY_IMPORT_TYPE[job.import_type]
    options = ParseOptions(
        games=games,
        now=milliseconds(stored.received_at),
        infer_time_achieved=stored.infer_time_achieved,
        skip_invalid=stored.fields.get("invalid") == "skip",
        fields=stored.fields,
        file_name=stored.file_name,
    )
    return source, source.parse(zlib.decompress(stored.content), options)


def check(job: Import, source: Format, parsed: Parsed, progress: Progress) -> store.Batch:
    """Finds the charts and judges every row; changes nothing."""
    progress.stage(Stage.FINDING_CHARTS)
    total = len(parsed.rows)
    keys = {source.key(row, parsed.context) for row in parsed.rows if not isinstance(row, RowProblem)}
    catalogue = catalogue_for(key for key in keys if key is not None)
    progress.stage(Stage.CHECKING, total=total)
    now = timezone.now()
    batch = store.Batch(job, parsed.context, now=now)
    known = store.known_scores(job.user_id)
    for chunk in judge_rows(parsed, source, catalogue, user_id=job.user_id, now=milliseconds(now), known=known):
        # After the last rows `complete` looks again anyway.
        if chunk.rows_done < total and not states.is_running(job):
            raise Cancelled
        batch.add(chunk)
        progress.tick(chunk.rows_done, total)
    batch.row_count = total
    return batch


def milliseconds(moment: datetime) -> int:
    """Unix milliseconds."""
    return int(moment.timestamp() * 1000)
