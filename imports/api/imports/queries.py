"""The documents of imports: one statement reads one or many imports completely, with any number of scores.

The lists that grow with an import (its scores, problems, sessions) are returned by PostgreSQL as JSON and passed on
without parsing. A database function builds them (migration 0007), so that statements which seldom need them do not
become slower.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from imports.access.rate_limits import LONG
from imports.api.common.schemas_v3 import game_id
from imports.api.common.shortened import fair_share
from imports.api.core.responses import documents_year
from imports.api.imports.schemas import ClassDelta, IncompleteImport, Tracker, TrackerError
from imports.api.imports.schemas import Import as ImportDocument
from imports.integers import milliseconds
from imports.models import Import, ImportProblem, ImportSession, Score, Session, State


class ImportRow(NamedTuple):
    """The columns of an import for its documents. `lists`: scores, problems and sessions as JSON if it is completed."""

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


_ROW = """
    job.id, job.import_id, job.user_id, job.state, job.user_intent, job.import_type, job.game, job.playtypes,
    job.time_queued, job.time_started, job.time_finished, job.attempts, job.status_code, job.error_message,
    job.reverted_at, job.reverted_by_id, job.revert_reason, job.class_deltas::text
"""
LISTS = "imports_long_lists(job.id)"
COLUMNS = f"{_ROW}, CASE WHEN job.state = 'completed' THEN {LISTS} END"
COLUMNS_IF_SHORT = f"""
    {_ROW}, CASE WHEN job.state = 'completed' AND job.score_count + job.problem_count <= {LONG}
            THEN {LISTS} END
"""
"""`COLUMNS` without the lists of an import with many scores or problems."""
NO_DELTAS = "[]"
NOTHING = '{"scoreIDs":[],"errors":[],"createdSessions":[]}'
LISTED_PARTS = 6_000  # IDs of scores in a list of imports, or `ERROR_WEIGHT` times as few errors
LISTED_BYTES = 500_000
"""The maximum size of all `lists` of a list of imports, as an error message may be long."""
ERROR_WEIGHT = 4
LISTED = f"""
    SELECT {_ROW}, CASE WHEN job.state = 'completed' THEN json_build_object(
        'scoreIDs', (SELECT coalesce(json_agg(part.score_id ORDER BY part.id), '[]') FROM (
            SELECT score_id, id FROM {Score._meta.db_table}
            WHERE from_import_id = job.id ORDER BY id LIMIT %(most)s) AS part),
        'errors', (SELECT coalesce(json_agg(json_build_object(
                'type', part.type, 'message', part.message, 'row', part.row) ORDER BY part.row), '[]') FROM (
            SELECT type, message, row FROM {ImportProblem._meta.db_table}
            WHERE job_id = job.id ORDER BY row LIMIT %(errors)s) AS part),
        'createdSessions', (SELECT coalesce(json_agg(json_build_object('sessionID', part.session_id,
                'type', CASE WHEN part.created THEN 'Created' ELSE 'Appended' END)
                ORDER BY part.time_started, part.id), '[]') FROM (
            SELECT session.session_id, session.time_started, session.id, part.created
            FROM {ImportSession._meta.db_table} AS part
            JOIN {Session._meta.db_table} AS session ON session.id = part.session_id
            WHERE part.job_id = job.id ORDER BY session.time_started, session.id LIMIT %(errors)s) AS part)
        )::text END,
        CASE WHEN job.state = 'completed' THEN json_build_object(
            'scoreIDs', job.score_count, 'errors', job.problem_count, 'createdSessions', (
                SELECT count(*) FROM {ImportSession._meta.db_table} AS part WHERE part.job_id = job.id)) END
    FROM {Import._meta.db_table} AS job WHERE job.id = ANY(%(keys)s)
"""  # noqa: S608 - only our own tables' names are pasted in
TABLE = f"{Import._meta.db_table} AS job"


def whole_document_of(job: Import) -> ImportDocument | Tracker | None:
    """Returns the complete document of an import; None if it no longer exists."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM {TABLE} WHERE job.id = %s", [job.pk])  # noqa: S608
        row = cursor.fetchone()
    return None if row is None else import_or_tracker_document(ImportRow(*row))


def with_lists(row: ImportRow) -> ImportRow | None:
    """Returns the row with its lists of any length; None if the import is no longer completed."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {LISTS} FROM {TABLE} WHERE job.id = %s AND job.state = 'completed'", [row.key])  # noqa: S608
        result = cursor.fetchone()
    return None if result is None else row._replace(lists=result[0])


def listed_documents_of(imports: Sequence[Import]) -> Iterator[ImportDocument | Tracker]:
    """Yields documents for a list in its order, each with at most its fair share of the listed scores and errors.

    If parts are left out, `incomplete` has their total numbers and the URL of the complete document.
    """
    most = fair_share([job.score_count + ERROR_WEIGHT * job.problem_count for job in imports], total=LISTED_PARTS)
    keys = [job.pk for job in imports]
    with connection.cursor() as cursor:
        cursor.execute(LISTED, {"most": most, "errors": max(1, most // ERROR_WEIGHT), "keys": keys})
        rows = {row.key: (row, size) for *values, size in cursor.fetchall() for row in [ImportRow(*values)]}
    left = LISTED_BYTES
    for row, sizes in (rows[key] for key in keys if key in rows):
        left -= len(row.lists or "")
        listed = row if left >= 0 else row._replace(lists=NOTHING)
        document = import_or_tracker_document(listed)
        # The items of the lists are counted without parsing them.
        lists = msgspec.json.decode(listed.lists or NOTHING, type=dict[str, list[msgspec.Raw]])
        if isinstance(document, ImportDocument) and any(len(lists[name]) != size for name, size in sizes.items()):
            document.incomplete = IncompleteImport(
                score_ids=sizes["scoreIDs"],
                errors=sizes["errors"],
                created_sessions=sizes["createdSessions"],
                url=f"/api/v1/imports/{row.import_id}",
            )
        yield document


def import_or_tracker_document(row: ImportRow) -> ImportDocument | Tracker:
    """Returns the import document of a completed import, and the tracker of an import in another state."""
    return import_document(row) if row.state == State.COMPLETED else tracker_document(row)


def import_document(row: ImportRow) -> ImportDocument:
    """Returns the document of a completed import (spec: documents.md, ImportDocument).

    Problems have the number of their row; sessions are ordered by their start.
    """
    # Passed on as PostgreSQL wrote them: to parse and encode them again would double the cost of a response.
    lists: dict[str, Any] = msgspec.json.decode(row.lists or NOTHING, type=dict[str, msgspec.Raw])
    deltas: Any = msgspec.Raw(row.class_deltas)
    games = [game_id(row.game, playtype) for playtype in row.playtypes]
    if row.class_deltas != NO_DELTAS:
        deltas = [ClassDelta.from_stored(delta) for delta in msgspec.json.decode(row.class_deltas)]
        # The games of an import without scores are those of the classes that it raised.
        games = games or list(dict.fromkeys(game_id(row.game, delta.playtype) for delta in deltas))
        if documents_year() == 2026:  # the only member with a different meaning in each API version
            for delta in deltas:
                delta.game = game_id(delta.game, delta.playtype)
    return ImportDocument(
        import_id=row.import_id,
        user_id=row.user_id,
        user_intent=row.user_intent,
        import_type=row.import_type,
        game=row.game,
        playtypes=row.playtypes,
        gpt_strings=[f"{row.game}:{playtype}" for playtype in row.playtypes],
        game_group=row.game,
        games=games,
        score_ids=lists["scoreIDs"],
        errors=lists["errors"],
        created_sessions=lists["createdSessions"],
        class_deltas=deltas,
        goal_info=[],
        quest_info=[],
        time_started=None if row.time_started is None else milliseconds(row.time_started),
        time_finished=None if row.time_finished is None else milliseconds(row.time_finished),
    )


TYPES = {State.FAILED: "FAILED", State.CANCELLED: "CANCELLED", State.REVERTED: "REVERTED"}


def tracker_document(row: ImportRow) -> Tracker:
    """Returns the tracker of an import that is not completed (spec: documents.md, ImportTracker).

    The types `CANCELLED` and `REVERTED` do not exist in Tachi.
    """
    tracker = Tracker(
        import_id=row.import_id,
        user_id=row.user_id,
        import_type=row.import_type,
        user_intent=row.user_intent,
        time_started=milliseconds(row.time_queued),
        type=TYPES.get(State(row.state), "ONGOING"),  # type: ignore[arg-type]
    )
    match row.state:
        case State.FAILED:
            tracker.error = TrackerError(message=row.message, status_code=row.status)
        case State.REVERTED:
            tracker.time_reverted = None if row.reverted_at is None else milliseconds(row.reverted_at)
            tracker.reverted_by, tracker.reason = row.reverted_by, row.reason
    return tracker
