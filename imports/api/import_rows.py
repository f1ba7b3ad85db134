"""Imports as their documents, whatever the number of scores: one statement tells all of many imports, or of one.

What grows with an import (its scores, problems, sessions) comes out of PostgreSQL as JSON and is passed on unread. A
function of the database makes it (migration 0007), so that statements which seldom need it are not slowed down by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from imports.api.documents import Document, milliseconds
from imports.models import Import, State

AT_ONCE = 20_000  # scores and problems of the imports that are read together


class ImportRow(NamedTuple):
    """What one statement tells of an import. `lists`: what grows with it, as JSON, once it is completed."""

    key: int
    import_id: str
    user_id: int
    state: str
    user_intent: bool
    import_type: str
    game: str
    playtypes: list[str]
    time_queued: datetime
    time_started: datetime | None
    time_finished: datetime | None
    attempts: int
    status: int | None
    message: str
    reverted_at: datetime | None
    reverted_by: int | None
    reason: str
    class_deltas: str
    lists: str | None


COLUMNS = """
    job.id, job.import_id, job.user_id, job.state, job.user_intent, job.import_type, job.game, job.playtypes,
    job.time_queued, job.time_started, job.time_finished, job.attempts, job.status_code, job.error_message,
    job.reverted_at, job.reverted_by_id, job.revert_reason, job.class_deltas::text,
    CASE WHEN job.state = 'completed' THEN imports_long_lists(job.id) END
"""
TABLE = f"{Import._meta.db_table} AS job"


def documents_of(imports: Iterable[Import]) -> Iterator[Document]:
    """The documents of imports, in their order. Loaded so far: keys and counts; read: a few at a time."""
    for some in _in_batches(imports):
        keys = [job.pk for job in some]
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {COLUMNS} FROM {TABLE} WHERE job.id = ANY(%s)", [keys])  # noqa: S608
            rows = {row.key: row for row in map(ImportRow._make, cursor.fetchall())}
        yield from (document_of(rows[key]) for key in keys if key in rows)


def _in_batches(imports: Iterable[Import]) -> Iterator[Sequence[Import]]:
    """As many imports together as have no more than `AT_ONCE` scores and problems; or one, if it has more."""
    batch: list[Import] = []
    size = 0
    for job in imports:
        weight = job.score_count + job.problem_count
        if batch and size + weight > AT_ONCE:
            yield batch
            batch, size = [], 0
        batch.append(job)
        size += weight
    if batch:
        yield batch


def document_of(row: ImportRow) -> Document:
    """An import's document once it is completed; before, and where it is not in any more, what there is to follow."""
    return import_document(row) if row.state == State.COMPLETED else tracker_document(row)


def import_document(row: ImportRow) -> Document:
    """A completed import (spec: documents.md, ImportDocument). Problems bear their row; sessions go by their start."""
    return {
        "importID": row.import_id,
        "userID": row.user_id,
        "userIntent": row.user_intent,
        "importType": row.import_type,
        "game": row.game,
        "playtypes": row.playtypes,
        "gptStrings": [f"{row.game}:{playtype}" for playtype in row.playtypes],
        **msgspec.json.decode(row.lists or "{}", type=dict[str, msgspec.Raw]),  # scoreIDs, errors, createdSessions
        "classDeltas": msgspec.Raw(row.class_deltas),
        "goalInfo": [],
        "questInfo": [],
        "timeStarted": row.time_started and milliseconds(row.time_started),
        "timeFinished": row.time_finished and milliseconds(row.time_finished),
    }


TYPES = {State.FAILED: "FAILED", State.CANCELLED: "CANCELLED", State.REVERTED: "REVERTED"}


def tracker_document(row: ImportRow) -> Document:
    """An import that is not in (spec: documents.md, ImportTracker); `CANCELLED` and `REVERTED` are types of ours."""
    return {
        "importID": row.import_id,
        "userID": row.user_id,
        "importType": row.import_type,
        "userIntent": row.user_intent,
        "timeStarted": milliseconds(row.time_queued),
        "type": TYPES.get(State(row.state), "ONGOING"),
        **_why(row),
    }


def _why(row: ImportRow) -> dict[str, Any]:
    match row.state:
        case State.FAILED:
            return {"error": {"message": row.message, "statusCode": row.status}}
        case State.REVERTED:
            at = row.reverted_at and milliseconds(row.reverted_at)
            return {"timeReverted": at, "revertedBy": row.reverted_by, "reason": row.reason}
    return {}
