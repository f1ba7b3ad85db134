"""Sessions as a function of the scores.

`refresh` looks only at the neighbourhoods that were touched. It relies on what it keeps true: every timed score lies in
exactly one session, and the sessions of a player and playtype are disjoint stretches of time more than two hours apart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import msgspec
from django.db import connection
from django.db.models import QuerySet

from imports.games import playtype_of
from imports.games.judging import session_ratings
from imports.games.spec import Playtype
from imports.models import ImportSession, Score, Session
from imports.pipeline.islands import GAP, Island, Span, Timed, islands, match, windows
from imports.pipeline.session_names import new_name

PARTS = ImportSession._meta.db_table
SESSIONS = Session._meta.db_table
IDENTITY = ("session_id", "name", "desc", "highlight", "time_inserted")
BY_TIME = attrgetter("time")
FACTS = {"time_started": "float8", "time_ended": "float8", "score_count": "int", "calculated_data": "jsonb"}
to_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Player:
    """Whose sessions, and of what."""

    user_id: int
    game: str
    playtype: Playtype

    def sessions(self) -> QuerySet[Session]:
        return Session.objects.filter(user_id=self.user_id, game=self.game, playtype=self.playtype.name)


Remembered = Mapping[str, Any]
"""A session that a revert took scores from: `IDENTITY`, its `playtype`, and its `time_started` and `time_ended`."""


def refresh(
    user_id: int,
    game: str,
    times: Mapping[str, Collection[float]],
    *,
    remembered: Sequence[Remembered] = (),
    scores: Mapping[str, Sequence[Timed]] | None = None,
) -> None:
    """Makes the sessions around these times (ms, by playtype) what the scores say. Writes only what differs.

    A session that has to be made takes its ID, name and notes from one `remembered` at that time that is not there.
    `scores`: every timed score that the player has, oldest first, where the caller holds them: they are not read then.
    """
    lost = _lost(remembered)
    for name, touched in times.items():
        if touched:
            player = Player(user_id, game, playtype_of(game, name))
            _refresh(player, touched, lost.get(name, []), scores=None if scores is None else scores[name])


def _lost(remembered: Sequence[Remembered]) -> dict[str, list[Remembered]]:
    """By playtype, oldest first."""
    names = [session["session_id"] for session in remembered]
    alive = set(Session.objects.filter(session_id__in=names).values_list("session_id", flat=True)) if names else set()
    lost: dict[str, list[Remembered]] = defaultdict(list)
    for session in sorted(remembered, key=lambda session: str(session["time_inserted"])):
        if session["session_id"] not in alive:
            lost[session["playtype"]].append(session)
    return lost


def remember(sessions: QuerySet[Session]) -> list[dict[str, Any]]:
    """What `refresh` needs to bring sessions back, as JSON data."""
    return [
        {**session, "time_inserted": session["time_inserted"].isoformat()}
        for session in sessions.values(*IDENTITY, "playtype", "time_started", "time_ended")
    ]


def _refresh(
    player: Player, touched: Collection[float], lost: list[Remembered], *, scores: Sequence[Timed] | None
) -> None:
    near = player.sessions().filter(time_ended__gte=min(touched) - GAP, time_started__lte=max(touched) + GAP)
    stored = {session.pk: session for session in near.order_by("time_started")}
    spans = [Span(session.time_started, session.time_ended, key) for key, session in stored.items()]
    changed = windows(touched, spans)
    found = islands(_scores_in(player, changed) if scores is None else sorted(scores, key=BY_TIME))
    kept, left = match(found, _inside(spans, changed))
    _delete(left)
    sessions = _save(player, found, {place: stored[key] for place, key in kept.items()}, lost)
    _save_parts(found, sessions)


def _inside(spans: Sequence[Span], changed: Sequence[Span]) -> list[Span]:
    """The spans that lie in a changed window. Both are sorted, and a session never straddles a window's border."""
    inside = []
    place = 0
    for span in spans:
        while place < len(changed) and changed[place].end < span.start:
            place += 1
        if place < len(changed) and changed[place].start <= span.start:
            inside.append(span)
    return inside


def rating_names(playtype: Playtype) -> list[str]:
    """The score ratings whose values sessions ask for, in the order in which `Timed` has them."""
    return list(dict.fromkeys(rating.of for rating in playtype.session_ratings.values()))


def _scores_in(player: Player, spans: Sequence[Span]) -> list[Timed]:
    """All timed scores within the spans, sorted by time.

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


def _delete(keys: Collection[int]) -> None:
    """Deletes sessions with their parts, without the ORM's walk through each."""
    if keys:
        ImportSession.objects.filter(session__in=keys)._raw_delete("default")
        Session.objects.filter(pk__in=keys)._raw_delete("default")


def _facts(island: Island, playtype: Playtype) -> dict[str, Any]:
    values = {name: [s.values[i] for s in island.scores] for i, name in enumerate(rating_names(playtype))}
    facts = (island.start, island.end, len(island.scores), session_ratings(values, playtype))
    return dict(zip(FACTS, facts, strict=True))


def _identity(island: Island, lost: list[Remembered]) -> dict[str, Any]:
    """The name of a session to be made: one that it had before, which is then not lost any more, or a new one."""
    for place, session in enumerate(lost):
        if Span(session["time_started"], session["time_ended"]).reaches(island):
            del lost[place]
            return {name: session[name] for name in IDENTITY}
    return {"name": new_name()}


def _save(
    player: Player, found: Sequence[Island], kept: Mapping[int, Session], lost: list[Remembered]
) -> list[Session]:
    """The session of each island, stored."""
    sessions, new, changed = [], [], []
    for place, island in enumerate(found):
        facts = _facts(island, player.playtype)
        session = kept.get(place)
        if session is None:
            identity = _identity(island, lost)
            whose = {"user_id": player.user_id, "game": player.game, "playtype": player.playtype.name}
            session = Session(**whose, **identity, **facts)
            new.append(session)
        elif any(getattr(session, name) != value for name, value in facts.items()):
            for name, value in facts.items():
                setattr(session, name, value)
            changed.append(session)
        sessions.append(session)
    Session.objects.bulk_create(new, batch_size=5_000)
    _update(changed)
    return sessions


def _update(changed: Sequence[Session]) -> None:
    """In one statement, which the ORM's CASE for each value would make a long one."""
    if not changed:
        return
    rows = [{"id": session.pk, **{name: getattr(session, name) for name in FACTS}} for session in changed]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {SESSIONS} s SET {", ".join(f"{name} = new.{name}" for name in FACTS)}
            FROM jsonb_to_recordset(%s::jsonb) AS new
                (id bigint, {", ".join(f"{name} {kind}" for name, kind in FACTS.items())})
            WHERE s.id = new.id
            """,
            [to_json(rows).decode()],
        )


def _save_parts(found: Sequence[Island], sessions: Sequence[Session]) -> None:
    """Says which import has how many scores in which session, and which one brought its first."""
    rows = [
        (session.pk, import_key, import_key == island.first.import_key, count)
        for island, session in zip(found, sessions, strict=True)
        for import_key, count in Counter(score.import_key for score in island.scores).items()
    ]
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[], [], [], []]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH wanted AS (
                SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bool[], %s::int[])
                    AS part (session_id, job_id, created, score_count)
            ), gone AS (
                DELETE FROM {PARTS} old WHERE old.session_id = ANY(%s::bigint[]) AND NOT EXISTS (
                    SELECT FROM wanted w WHERE w.session_id = old.session_id AND w.job_id = old.job_id)
            )
            INSERT INTO {PARTS} (session_id, job_id, created, score_count) SELECT * FROM wanted
            ON CONFLICT (session_id, job_id) DO UPDATE
                SET created = excluded.created, score_count = excluded.score_count
            WHERE ({PARTS}.created, {PARTS}.score_count) IS DISTINCT FROM (excluded.created, excluded.score_count)
            """,
            [*columns, [session.pk for session in sessions]],
        )
