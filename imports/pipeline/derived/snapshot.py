"""Derived state of one player as plain values, so that previews and integrity checks can compare two moments."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

import msgspec
from django.db import connection
from django.db.models import JSONField, Model

from imports.models import (
    ClassAchievement,
    DailyRatings,
    GameStats,
    ImportSession,
    PersonalBest,
    Session,
    SessionIdentity,
    Standing,
)

Row = dict[str, Any]
from_json = msgspec.json.decode


class Best(TypedDict):
    """What is compared of a personal best: columns of its table."""

    chart_id: int
    game: str
    playtype: str
    is_primary: bool
    score_id: str
    highlight: bool
    time_achieved: float | None
    score_data: Row
    calculated_data: Row
    composed_from: list[Row]
    rank_keys: list[float | None]


_best = msgspec.json.Decoder(Best)
SESSION = (
    "id", "session_id", "game", "playtype", "name", "desc", "highlight", "time_started", "time_ended", "score_count",
    "calculated_data",
)  # fmt: skip
IDENTITY = (
    "session_id", "game", "playtype", "name", "desc", "highlight", "anchor", "time_started", "time_ended",
)  # fmt: skip
CONTRIBUTION = ("session_id", "job_id", "created", "score_count")
DAY = ("day", "game", "playtype", "score_count", "ratings")
STANDING = ("game", "playtype", "ranking", "value", "until")
STATS = ("game", "playtype", "ratings", "classes")
ACHIEVEMENT = (
    "id", "game", "playtype", "class_set", "old_value", "new_value", "time_achieved", "from_import_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is derived from one player's scores.

    Bests by chart, sessions and class achievements by key, identities by session ID, parts by (session, import), stats
    by (game, playtype), ratings by (game, playtype, day), standings by (game, playtype, ranking).

    A best is JSON text for `best_row`: an import can have many thousands, of which few are looked at.
    """

    bests: dict[int, str] = field(default_factory=dict)
    sessions: dict[int, Row] = field(default_factory=dict)
    identities: dict[str, Row] = field(default_factory=dict)
    parts: dict[tuple[int, int], Row] = field(default_factory=dict)
    stats: dict[tuple[str, str], Row] = field(default_factory=dict)
    days: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    standings: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    achievements: dict[int, Row] = field(default_factory=dict)


def take_snapshot(user_id: int, *, charts: Collection[int] | None = None, parts: bool = True) -> Snapshot:
    """Returns what is stored now, always in the same order; of the bests those on `charts` where given.

    Without `parts`, neither the imports' parts in sessions nor the histories of classes and ratings, nor standings.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT chart_id, row_to_json(best)::text FROM (
                SELECT {", ".join(Best.__annotations__)} FROM {PersonalBest._meta.db_table}
                WHERE user_id = %s AND (%s::bigint[] IS NULL OR chart_id = ANY(%s::bigint[]))
            ) best ORDER BY chart_id
            """,
            [user_id, *[None if charts is None else list(charts)] * 2],
        )
        bests = dict(cursor.fetchall())
    of_sessions = f"session_id IN (SELECT id FROM {Session._meta.db_table} WHERE user_id = %s)"
    shares = _rows(ImportSession, CONTRIBUTION, of_sessions, user_id) if parts else ()
    history = _rows(ClassAchievement, ACHIEVEMENT, "user_id = %s", user_id) if parts else ()
    days = _rows(DailyRatings, DAY, "user_id = %s", user_id) if parts else ()
    places = _rows(Standing, STANDING, "user_id = %s", user_id) if parts else ()
    return Snapshot(
        bests=bests,
        achievements={row["id"]: row for row in history},
        days={(row["game"], row["playtype"], str(row["day"])): row for row in days},
        standings={(row["game"], row["playtype"], row["ranking"]): row for row in places},
        sessions={row["id"]: row for row in _rows(Session, SESSION, "user_id = %s", user_id)},
        identities={row["session_id"]: row for row in _rows(SessionIdentity, IDENTITY, "user_id = %s", user_id)},
        parts={(row["session_id"], row["job_id"]): row for row in shares},
        stats={(row["game"], row["playtype"]): row for row in _rows(GameStats, STATS, "user_id = %s", user_id)},
    )


def best_row(text: str) -> Row:
    """Returns a best of a snapshot, with the values of its columns."""
    return {**_best.decode(text)}


def _rows(model: type[Model], columns: Sequence[str], condition: str, *values: Any) -> Iterator[Row]:
    """Yields the rows that meet a condition."""
    json = [place for place, name in enumerate(columns) if isinstance(model._meta.get_field(name), JSONField)]
    texts = ", ".join(f'"{name}"::text' if place in json else f'"{name}"' for place, name in enumerate(columns))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {texts} FROM {model._meta.db_table} WHERE {condition} ORDER BY 1, 2", values)
        for found in cursor.fetchall():
            row = list(found)
            for place in json:
                row[place] = from_json(row[place])
            yield dict(zip(columns, row, strict=True))
