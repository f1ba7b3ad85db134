"""Reads and writes the rows of sessions for `sessions.refresh`, in few statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import msgspec
from django.db import connection

from imports.games.judging import session_ratings
from imports.games.spec import Playtype
from imports.models import ImportSession, Score, Session, SessionIdentity
from imports.pipeline.derived.islands import SESSION_GAP_MS, Island, Span, Timed
from imports.pipeline.derived.session_identities import Identity, is_plain

CONTRIBUTIONS = ImportSession._meta.db_table
SESSIONS = Session._meta.db_table
IDENTITIES = SessionIdentity._meta.db_table
MINE = "user_id = %(user)s AND game = %(game)s AND playtype = %(playtype)s"
BY_START = attrgetter("start")
# Columns that follow from the scores, and columns of the identity, each with its PostgreSQL type.
FACTS = {"time_started": "float8", "time_ended": "float8", "score_count": "int", "calculated_data": "jsonb"}
NAMES = {
    "session_id": "text", "name": "text", "desc": "text", "highlight": "bool", "name_edited": "bool",
    "desc_edited": "bool", "highlight_edited": "bool", "time_inserted": "timestamptz", "anchor": "float8",
}  # fmt: skip
IDENTITY = {**NAMES, "time_started": "float8", "time_ended": "float8"}
names_of = attrgetter(*NAMES)
to_json = msgspec.json.Encoder().encode
from_json = msgspec.json.decode


@dataclass(frozen=True, slots=True)
class Player:
    """A player and the playtype of the sessions."""

    user_id: int
    game: str
    playtype: Playtype


@dataclass(frozen=True, slots=True)
class Stored:
    """A session's row: its primary key, the values of `NAMES` and of `FACTS`."""

    key: int
    names: tuple[Any, ...]
    facts: tuple[Any, ...]

    @property
    def start(self) -> float:
        return float(self.facts[0])

    @property
    def end(self) -> float:
        return float(self.facts[1])


def read_near(player: Player, *, start: float, end: float) -> tuple[list[Stored], list[Identity]]:
    """Returns the sessions that overlap an interval, and all identities that may belong to them, sorted by start.

    If an identity exceeds these sessions, the sessions that it overlaps are included, too. A player may have many
    identities that overlap one another: each query reads twice the margin of the one before, so that few are needed.
    """
    margin = SESSION_GAP_MS
    while True:
        sessions, identities = _read(player, start, end)
        first = min([start, *(session.start for session in sessions)])
        last = max([end, *(session.end for session in sessions)])
        if all(first <= identity.start and identity.end <= last for identity in identities):
            break
        start = min(first, *(identity.start for identity in identities)) - margin
        end = max(last, *(identity.end for identity in identities)) + margin
        margin *= 2
    apart = {identity.session_id for identity in identities}
    for session in sessions:
        *names, anchor = session.names
        if names[0] in apart:
            continue
        # The identity is in the session's row. Rows of the previous release have no anchor and no edit flags.
        values = (*names, session.start if anchor is None else anchor, session.start, session.end)
        identity = Identity(False, *values)
        identity.desc_edited = identity.desc_edited or identity.desc is not None
        identity.highlight_edited = identity.highlight_edited or identity.highlight
        identities.append(identity)
    return sorted(sessions, key=BY_START), sorted(identities, key=BY_START)


def _read(player: Player, start: float, end: float) -> tuple[list[Stored], list[Identity]]:
    """Returns the sessions that overlap an interval, and the stored identities that overlap it or these sessions."""
    names = ", ".join(f'"{name}"' for name in NAMES)
    columns = f"id, {names}, time_started, time_ended, score_count, calculated_data"
    sessions, identities = [], []
    # One statement for both tables, because the range of the identities depends on the sessions found.
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH near AS MATERIALIZED (
                SELECT {columns} FROM {SESSIONS} WHERE {MINE} AND time_started BETWEEN %(start)s AND %(end)s
                UNION ALL
                -- Sessions do not overlap, so of the earlier ones only the last can reach into the interval.
                SELECT {columns} FROM (
                    SELECT * FROM {SESSIONS} WHERE {MINE} AND time_started < %(start)s
                    ORDER BY time_started DESC LIMIT 1
                ) AS previous WHERE time_ended >= %(start)s
            )
            SELECT id, {names}, time_started, time_ended, score_count, calculated_data::text FROM near
            UNION ALL
            SELECT NULL, {names}, time_started, time_ended, NULL, NULL FROM {IDENTITIES}
            WHERE {MINE} AND time_ended >= LEAST(%(start)s, (SELECT min(time_started) FROM near))
              AND time_started <= GREATEST(%(end)s, (SELECT max(time_ended) FROM near))
            """,
            {
                "user": player.user_id,
                "game": player.game,
                "playtype": player.playtype.name,
                "start": start,
                "end": end,
            },
        )
        for key, *values, count, ratings in cursor.fetchall():
            if key is None:
                identities.append(Identity(True, *values))
            else:
                *called, first, last = values
                sessions.append(Stored(key, tuple(called), (first, last, count, from_json(ratings))))
    return sessions, identities


def rating_names(playtype: Playtype) -> list[str]:
    """Returns the names of the score ratings that session ratings need, in the order of `Timed.values`."""
    return list(dict.fromkeys(rating.of for rating in playtype.session_ratings.values()))


def scores_in(player: Player, spans: Sequence[Span]) -> list[Timed]:
    """Returns all timed scores within the spans, sorted by time.

    OFFSET 0 makes PostgreSQL look up each span in the index. While its statistics lack the player, it
    would compare each of a hundred thousand scores with each of a thousand spans.
    """
    names = rating_names(player.playtype)
    values = "".join(", (calculated_data->>%s)::float8" for _ in names)
    bounds = ([span.start for span in spans], [span.end for span in spans])
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT s.* FROM unnest(%s::float8[], %s::float8[]) AS span (starts, ends) CROSS JOIN LATERAL (
                SELECT id, time_achieved, from_import_id{values} FROM {Score._meta.db_table}
                WHERE user_id = %s AND game = %s AND playtype = %s
                  AND time_achieved BETWEEN span.starts AND span.ends OFFSET 0
            ) s ORDER BY s.time_achieved, s.id
            """,
            [*bounds, *names, player.user_id, player.game, player.playtype.name],
        )
        return [Timed(row[0], row[1], row[2], row[3:]) for row in cursor.fetchall()]


def save_sessions(
    player: Player, found: Sequence[Island], wanted: Sequence[Identity], stored: Mapping[str, Stored]
) -> list[int]:
    """Stores the session of each island with its `wanted` identity; deletes `stored` sessions without an island.

    Returns the primary keys of the sessions, in order of the islands.
    """
    ratings = rating_names(player.playtype)
    new, renamed, changed = [], [], []
    for island, identity in zip(found, wanted, strict=True):
        values = {name: [score.values[i] for score in island.scores] for i, name in enumerate(ratings)}
        names = names_of(identity)
        facts = (island.start, island.end, len(island.scores), session_ratings(values, player.playtype))
        session = stored.get(identity.session_id)
        if session is None:
            new.append(dict(zip((*NAMES, *FACTS), (*names, *facts), strict=True)))
            continue
        # Two lists, so that a new score does not write the session's texts again, nor a new name its ratings.
        if session.names != names:
            renamed.append(dict(zip(("id", *NAMES), (session.key, *names), strict=True)))
        if session.facts != facts:
            changed.append(dict(zip(("id", *FACTS), (session.key, *facts), strict=True)))
    keys = {name: session.key for name, session in stored.items()}
    if gone := [keys[name] for name in keys.keys() - {identity.session_id for identity in wanted}]:
        # Without the ORM's collection of related rows; contributions first, because they refer to sessions.
        ImportSession.objects.filter(session__in=gone)._raw_delete("default")
        Session.objects.filter(pk__in=gone)._raw_delete("default")
    keys |= _insert(player, new)
    _update(renamed, NAMES)
    _update(changed, FACTS)
    return [keys[identity.session_id] for identity in wanted]


def _insert(player: Player, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Stores new sessions; returns their primary keys by session ID. The ORM would take twice as long."""
    if not rows:
        return {}
    names, typed = _columns_of({**NAMES, **FACTS})
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {SESSIONS} (user_id, game, playtype, {names})
            SELECT %s, %s, %s, {names} FROM jsonb_to_recordset(%s::jsonb) AS new ({typed}) RETURNING session_id, id
            """,
            [player.user_id, player.game, player.playtype.name, to_json(rows).decode()],
        )
        return dict(cursor.fetchall())


def _update(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> None:
    """Updates sessions in one statement; the ORM would need a long one with a CASE for each value."""
    if not rows:
        return
    _, typed = _columns_of({"id": "bigint", **columns})
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {SESSIONS} s SET {", ".join(f'"{name}" = new."{name}"' for name in columns)}
            FROM jsonb_to_recordset(%s::jsonb) AS new ({typed}) WHERE s.id = new.id
            """,
            [to_json(rows).decode()],
        )


def _columns_of(kinds: Mapping[str, str]) -> tuple[str, str]:
    """Returns the columns as SQL, without and with their types."""
    return ", ".join(f'"{name}"' for name in kinds), ", ".join(f'"{name}" {kind}' for name, kind in kinds.items())


def save_identities(
    player: Player,
    found: Sequence[Island],
    groups: Sequence[Sequence[Identity]],
    left: Sequence[Identity],
    grown: Sequence[Identity],
) -> None:
    """Stores the identities that need separate rows; deletes the rows of those that no longer need one."""
    apart, plain = list(left), list[Identity]()
    for island, group in zip(found, groups, strict=True):
        (plain if is_plain(group, island) else apart).extend(group)
    has_grown = set(map(id, grown))  # by identity: they are mutable, and not hashable
    rows = [
        dict(zip(IDENTITY, (*names_of(identity), identity.start, identity.end), strict=True))
        for identity in apart
        if not identity.is_stored or id(identity) in has_grown
    ]
    if rows:
        names, typed = _columns_of(IDENTITY)
        # An identity with a row is here only because its interval has grown, so only the interval is updated.
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO {IDENTITIES} (user_id, game, playtype, {names})
                SELECT %s, %s, %s, {names} FROM jsonb_to_recordset(%s::jsonb) AS new ({typed})
                ON CONFLICT (session_id)
                DO UPDATE SET time_started = excluded.time_started, time_ended = excluded.time_ended
                """,
                [player.user_id, player.game, player.playtype.name, to_json(rows).decode()],
            )
    if gone := [identity.session_id for identity in plain if identity.is_stored]:
        SessionIdentity.objects.filter(session_id__in=gone)._raw_delete("default")


def save_contributions(found: Sequence[Island], keys: Sequence[int]) -> None:
    """Stores the number of scores of each import in each session, and which import has its oldest score."""
    rows = [
        (key, import_key, import_key == island.first.import_key, count)
        for island, key in zip(found, keys, strict=True)
        for import_key, count in Counter(score.import_key for score in island.scores).items()
    ]
    # One array for each column: thousands of rows are one statement with four parameters, planned once.
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[], [], [], []]
    # Equal rows are not written again, because each update would leave a dead row.
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH wanted AS (
                SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bool[], %s::int[])
                    AS part (session_id, job_id, created, score_count)
            ), gone AS (
                DELETE FROM {CONTRIBUTIONS} old WHERE old.session_id = ANY(%s::bigint[]) AND NOT EXISTS (
                    SELECT FROM wanted w WHERE w.session_id = old.session_id AND w.job_id = old.job_id)
            )
            INSERT INTO {CONTRIBUTIONS} (session_id, job_id, created, score_count) SELECT * FROM wanted
            ON CONFLICT (session_id, job_id) DO UPDATE
                SET created = excluded.created, score_count = excluded.score_count
            WHERE ({CONTRIBUTIONS}.created, {CONTRIBUTIONS}.score_count)
                IS DISTINCT FROM (excluded.created, excluded.score_count)
            """,
            [*columns, list(keys)],
        )
