"""Reading and writing the rows of sessions: what `sessions.refresh` needs of the database, in few statements."""

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
BY_START = attrgetter("start")
# Columns that follow from the scores, and columns that say what a session is called; each with its type in PostgreSQL.
FACTS = {"time_started": "float8", "time_ended": "float8", "score_count": "int", "calculated_data": "jsonb"}
NAMES = {
    "session_id": "text", "name": "text", "desc": "text", "highlight": "bool", "name_edited": "bool",
    "desc_edited": "bool", "highlight_edited": "bool", "time_inserted": "timestamptz", "anchor": "float8",
}  # fmt: skip
names_of = attrgetter(*NAMES)
to_json = msgspec.json.Encoder().encode
from_json = msgspec.json.decode


@dataclass(frozen=True, slots=True)
class Player:
    """Whose sessions, and of what."""

    user_id: int
    game: str
    playtype: Playtype

    @property
    def columns(self) -> dict[str, Any]:
        return {"user_id": self.user_id, "game": self.game, "playtype": self.playtype.name}


@dataclass(frozen=True, slots=True)
class Stored:
    """A session's row: its key, the values of `NAMES` and of `FACTS`."""

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
    """Returns the sessions that meet an interval and all identities that have to do with them, by their starts.

    Where an identity reaches further than these sessions do, those that it meets belong here too. A player may have
    many that overlap one another: each look goes twice as far as the one before, so that there are few.
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
        # Its own row says all. One of the release before has no anchor, and does not tell what the player edited.
        values = (*names, session.start if anchor is None else anchor, session.start, session.end)
        identity = Identity(False, *values)
        identity.desc_edited = identity.desc_edited or identity.desc is not None
        identity.highlight_edited = identity.highlight_edited or identity.highlight
        identities.append(identity)
    return sorted(sessions, key=BY_START), sorted(identities, key=BY_START)


def _read(player: Player, start: float, end: float) -> tuple[list[Stored], list[Identity]]:
    """Returns the sessions that meet an interval, and the identities with rows of their own that meet it or them."""
    whose: list[Any] = [player.user_id, player.game, player.playtype.name]
    names = ", ".join(f'"{name}"' for name in NAMES)
    sessions, identities = [], []
    # One statement for both tables: which identities meet the sessions is known only once these are found.
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH near AS MATERIALIZED (
                SELECT id, {names}, time_started, time_ended, score_count, calculated_data FROM {SESSIONS}
                WHERE user_id = %s AND game = %s AND playtype = %s AND time_ended >= %s AND time_started <= %s
            )
            SELECT id, {names}, time_started, time_ended, score_count, calculated_data::text FROM near
            UNION ALL
            SELECT NULL, {names}, time_started, time_ended, NULL, NULL FROM {IDENTITIES}
            WHERE user_id = %s AND game = %s AND playtype = %s
              AND time_ended >= LEAST(%s, (SELECT min(time_started) FROM near))
              AND time_started <= GREATEST(%s, (SELECT max(time_ended) FROM near))
            """,
            [*whose, start, end, *whose, start, end],
        )
        for key, *values, count, ratings in cursor.fetchall():
            if key is None:
                identities.append(Identity(True, *values))
            else:
                *called, first, last = values
                sessions.append(Stored(key, tuple(called), (first, last, count, from_json(ratings))))
    return sessions, identities


def rating_names(playtype: Playtype) -> list[str]:
    """Returns the score ratings whose values sessions ask for, in the order in which `Timed` has them."""
    return list(dict.fromkeys(rating.of for rating in playtype.session_ratings.values()))


def scores_in(player: Player, spans: Sequence[Span]) -> list[Timed]:
    """Returns all timed scores within the spans, sorted by time.

    OFFSET 0 makes PostgreSQL look up each span in the index. Where its statistics know nothing of the player yet, it
    would rather compare each of a hundred thousand scores with each of a thousand spans.
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
    """Stores the session of each island, named as `wanted` says; deletes those of `stored` that no island is any more.

    Returns their keys.
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
        # Two lists, so that a new score in a session does not write its text anew, and a new name not its ratings.
        if session.names != names:
            renamed.append(dict(zip(("id", *NAMES), (session.key, *names), strict=True)))
        if session.facts != facts:
            changed.append(dict(zip(("id", *FACTS), (session.key, *facts), strict=True)))
    keys = {name: session.key for name, session in stored.items()}
    if gone := [keys[name] for name in keys.keys() - {identity.session_id for identity in wanted}]:
        # Without the ORM's walk through each, and their contributions first, as these refer to them.
        ImportSession.objects.filter(session__in=gone)._raw_delete("default")
        Session.objects.filter(pk__in=gone)._raw_delete("default")
    keys |= _insert(player, new)
    _update(renamed, NAMES)
    _update(changed, FACTS)
    return [keys[identity.session_id] for identity in wanted]


def _insert(player: Player, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Stores new sessions; returns their keys by session ID. Without the ORM, which would take twice as long."""
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
    """Updates sessions in one statement, which the ORM's CASE for each value would make a long one."""
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
    """Returns the names of columns for SQL, without and with their types."""
    return ", ".join(f'"{name}"' for name in kinds), ", ".join(f'"{name}" {kind}' for name, kind in kinds.items())


def save_identities(
    player: Player,
    found: Sequence[Island],
    groups: Sequence[Sequence[Identity]],
    left: Sequence[Identity],
    grown: Sequence[Identity],
) -> None:
    """Stores the identities that need rows of their own; deletes the rows of those that need none any more."""
    apart, plain = list(left), list[Identity]()
    for island, group in zip(found, groups, strict=True):
        (plain if is_plain(group, island) else apart).extend(group)
    has_grown = set(map(id, grown))  # by identity: they are mutable, and not hashable
    rows = []
    for identity in apart:
        if not identity.is_stored or id(identity) in has_grown:
            names = dict(zip(NAMES, names_of(identity), strict=True))
            times = {"time_started": identity.start, "time_ended": identity.end}
            rows.append(SessionIdentity(**player.columns, **names, **times))
    if rows:
        # One that has a row already is here because it has grown: nothing but how far it reaches is written again.
        SessionIdentity.objects.bulk_create(
            rows,
            batch_size=5_000,
            update_conflicts=True,
            unique_fields=["session_id"],
            update_fields=["time_started", "time_ended"],
        )
    if gone := [identity.session_id for identity in plain if identity.is_stored]:
        SessionIdentity.objects.filter(session_id__in=gone)._raw_delete("default")


def save_contributions(found: Sequence[Island], keys: Sequence[int]) -> None:
    """Stores how many scores each import has in each session, and which one brought its first."""
    rows = [
        (key, import_key, import_key == island.first.import_key, count)
        for island, key in zip(found, keys, strict=True)
        for import_key, count in Counter(score.import_key for score in island.scores).items()
    ]
    # One array a column: thousands of rows are one statement with four parameters, planned once.
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[], [], [], []]
    # Rows that already say so are not written again: each update would leave a dead row behind.
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
