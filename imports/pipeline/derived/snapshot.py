"""The derived state of one player as plain values, for comparisons in previews and integrity checks."""

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
    RankingEntry,
    Session,
    SessionIdentity,
)

Row = dict[str, Any]
from_json = msgspec.json.decode


class Best(TypedDict):
    """The compared columns of a personal best."""

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
RANKING_ENTRY = ("game", "playtype", "ranking", "value", "until")
STATS = ("game", "playtype", "ratings", "classes")
ACHIEVEMENT = (
    "id", "game", "playtype", "class_set", "old_value", "new_value", "time_achieved", "from_import_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state derived from one player's scores.

    Bests by chart, sessions and class achievements by key, identities by session ID, parts by (session, import), stats
    by (game, playtype), ratings by (game, playtype, day), ranking entries by (game, playtype, ranking).

    A best is JSON text for `best_row`, because an import can have many thousands, of which few are read.
    """

    bests: dict[int, str] = field(default_factory=dict)
    sessions: dict[int, Row] = field(default_factory=dict)
    identities: dict[str, Row] = field(default_factory=dict)
    parts: dict[tuple[int, int], Row] = field(default_factory=dict)
    stats: dict[tuple[str, str], Row] = field(default_factory=dict)
    days: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    ranking_entries: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    achievements: dict[int, Row] = field(default_factory=dict)


def take_snapshot(user_id: int, *, whole: bool = True) -> Snapshot:
    """Returns the stored state, always in the same order.

    Unless `whole`, without bests, the imports' parts in sessions, the histories of classes and ratings, and
    rankings.
    """
    of_sessions = f"session_id IN (SELECT id FROM {Session._meta.db_table} WHERE user_id = %s)"
    shares = _rows(ImportSession, CONTRIBUTION, of_sessions, user_id) if whole else ()
    history = _rows(ClassAchievement, ACHIEVEMENT, "user_id = %s", user_id) if whole else ()
    days = _rows(DailyRatings, DAY, "user_id = %s", user_id) if whole else ()
    places = _rows(RankingEntry, RANKING_ENTRY, "user_id = %s", user_id) if whole else ()
    return Snapshot(
        bests=read_bests(user_id) if whole else {},
        achievements={row["id"]: row for row in history},
        days={(row["game"], row["playtype"], str(row["day"])): row for row in days},
        ranking_entries={(row["game"], row["playtype"], row["ranking"]): row for row in places},
        sessions={row["id"]: row for row in _rows(Session, SESSION, "user_id = %s", user_id)},
        identities={row["session_id"]: row for row in _rows(SessionIdentity, IDENTITY, "user_id = %s", user_id)},
        parts={(row["session_id"], row["job_id"]): row for row in shares},
        stats={(row["game"], row["playtype"]): row for row in _rows(GameStats, STATS, "user_id = %s", user_id)},
    )


def read_bests(user_id: int, charts: Collection[int] | None = None) -> dict[int, str]:
    """Returns a player's bests by chart, sorted, as JSON texts for `best_row`; those on `charts` if given."""
    return _of_bests(", ".join(Best.__annotations__), "row_to_json(best)", user_id, charts)


def best_versions(user_id: int, charts: Collection[int] | None = None) -> dict[int, str]:
    """Returns the row versions of a player's bests by chart, sorted; they are comparable within one transaction.

    Reading the bests themselves takes eight times as long.
    """
    return _of_bests("chart_id, ctid", "ctid", user_id, charts)


def _of_bests(columns: str, value: str, user_id: int, charts: Collection[int] | None) -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT chart_id, {value}::text FROM (
                SELECT {columns} FROM {PersonalBest._meta.db_table}
                WHERE user_id = %s AND (%s::bigint[] IS NULL OR chart_id = ANY(%s::bigint[]))
            ) best ORDER BY chart_id
            """,
            [user_id, *[None if charts is None else list(charts)] * 2],
        )
        return dict(cursor.fetchall())


def best_row(text: str) -> Row:
    """Returns a best of a snapshot, with the values of its columns."""
    return {**_best.decode(text)}


def _rows(model: type[Model], columns: Sequence[str], condition: str, *values: Any) -> Iterator[Row]:
    """Yields the rows that match a condition, as dicts of these columns."""
    json = [place for place, name in enumerate(columns) if isinstance(model._meta.get_field(name), JSONField)]
    texts = ", ".join(f'"{name}"::text' if place in json else f'"{name}"' for place, name in enumerate(columns))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {texts} FROM {model._meta.db_table} WHERE {condition} ORDER BY 1, 2", values)
        for found in cursor.fetchall():
            row = list(found)
            for place in json:
                row[place] = from_json(row[place])
            yield dict(zip(columns, row, strict=True))
