"""Personal bests as a function of the scores (spec: import-pipeline §11).

Ties are decided by content, so that the order of imports never shows: earliest achieved first (untimed before timed),
then the smaller score ID.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from django.db import connection

from imports.games import playtype_of
from imports.games.judging import Best, Candidate, compose, rank_keys
from imports.games.spec import Chart, Playtype
from imports.models import PersonalBest, Score
from imports.pipeline.catalogue import charts_by_pk

SCORES = Score._meta.db_table
BESTS = PersonalBest._meta.db_table
COLUMNS = {
    "chart_id": "bigint",
    "is_primary": "boolean",
    "score_id": "text",
    "highlight": "boolean",
    "time_achieved": "float8",
    "score_data": "jsonb",
    "calculated_data": "jsonb",
    "composed_from": "jsonb",
    "rank_keys": "float8[]",
}
to_json = msgspec.json.Encoder().encode

Moment = tuple[int, float]
"""A chart, and a time in Unix milliseconds."""

Key = TypeVar("Key", int, Moment)

Chosen = dict[Key, dict[int, int]]
"""Chart (and moment) -> position in best_keys -> the score that wins there."""


@dataclass(frozen=True, slots=True)
class BestsChange:
    """How many bests were first made, changed or taken away."""

    first: int = 0
    raised: int = 0
    gone: int = 0


def refresh(user_id: int, chart_keys: Collection[int], *, charts: Mapping[int, Chart] | None = None) -> BestsChange:
    """Makes the player's bests on these charts what the scores say. Writes only what differs."""
    if not chart_keys:
        return BestsChange()
    facts = dict(charts) if charts is not None else charts_by_pk(chart_keys)
    by_playtype: dict[tuple[str, str], list[int]] = defaultdict(list)
    for game, playtype, chart in _playtypes_of(chart_keys):
        by_playtype[(game, playtype)].append(chart)
    first = raised = 0
    alive: set[int] = set()
    for (game, name), keys in by_playtype.items():
        declared = playtype_of(game, name)
        composed = _composed(_choose(user_id, keys, declared), facts, declared)
        alive.update(composed)
        rows = [_row(chart, facts[chart], best, declared) for chart, best in composed.items()]
        new, changed = _upsert(user_id, game, name, rows)
        first, raised = first + new, raised + changed
    dead = set(chart_keys) - alive
    gone = PersonalBest.objects.filter(user_id=user_id, chart__in=dead).delete()[0] if dead else 0
    return BestsChange(first=first, raised=raised, gone=gone)


def _playtypes_of(chart_keys: Collection[int]) -> list[tuple[str, str, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT game, playtype, id FROM imports_chart WHERE id = ANY(%s)", [list(chart_keys)])
        return list(cursor.fetchall())


def before(user_id: int, moments: Collection[Moment], playtype: Playtype) -> dict[Moment, Best]:
    """The best that the scores timed before each moment alone would make on its chart; nothing is written.

    In a fixed number of queries. A moment without earlier scores is left out.
    """
    chosen = _choose_before(user_id, moments, playtype)
    charts = charts_by_pk({chart for chart, _ in chosen})
    return _composed(chosen, {moment: charts[moment[0]] for moment in chosen}, playtype)


def _composed(chosen: Chosen[Key], charts: Mapping[Key, Chart], playtype: Playtype) -> dict[Key, Best]:
    scores = _candidates({score for winners in chosen.values() for score in winners.values()})
    composed = {}
    for key, winners in chosen.items():
        lenders = [
            (merge, scores[winners[position]])
            for position, merge in enumerate(playtype.merges, 2)
            if position in winners
        ]
        composed[key] = compose(scores[winners[1]], lenders, charts[key], playtype)
    return composed


def _choose(user_id: int, chart_keys: Sequence[int], playtype: Playtype) -> Chosen[int]:
    """The winning score of each chart for the default metric and for each merge, in one statement.

    Whichever index PostgreSQL takes, it reads no score twice.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH mine AS MATERIALIZED (
                SELECT id, chart_id, {_keys(playtype)}, time_achieved, score_id FROM {SCORES}
                WHERE user_id = %s AND chart_id = ANY(%s)
            ) {_picks(playtype, "chart_id")}
            """,
            [user_id, sorted(chart_keys)],
        )
        chosen: Chosen[int] = defaultdict(dict)
        for chart, position, score in cursor.fetchall():
            chosen[chart][position] = score
    return chosen


def _choose_before(user_id: int, moments: Collection[Moment], playtype: Playtype) -> Chosen[Moment]:
    """The same for scores timed before a moment. OFFSET 0 makes PostgreSQL look up each chart in the index."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH mine AS MATERIALIZED (
                SELECT wanted.*, s.* FROM unnest(%s::bigint[], %s::float8[]) AS wanted (chart_id, moment)
                CROSS JOIN LATERAL (
                    SELECT id, {_keys(playtype)}, time_achieved, score_id FROM {SCORES}
                    WHERE user_id = %s AND chart_id = wanted.chart_id AND time_achieved < wanted.moment OFFSET 0
                ) s
            ) {_picks(playtype, "chart_id, moment")}
            """,
            [[chart for chart, _ in moments], [moment for _, moment in moments], user_id],
        )
        chosen: Chosen[Moment] = defaultdict(dict)
        for chart, moment, position, score in cursor.fetchall():
            chosen[(chart, moment)][position] = score
    return chosen


def _keys(playtype: Playtype) -> str:
    """A column a key: with a hundred thousand scores, the arrays would not fit into the memory of one statement."""
    return ", ".join(f"best_keys[{position}] AS key_{position}" for position in range(1, len(playtype.merges) + 2))


def _picks(playtype: Playtype, key: str) -> str:
    """Of the rows of `mine` with one key, the winner at each position of `best_keys`, a column each (`_keys`)."""
    orders = ["DESC", *("ASC" if merge.smallest else "DESC" for merge in playtype.merges)]
    return " UNION ALL ".join(
        f"""(SELECT DISTINCT ON ({key}) {key}, {position}, id FROM mine WHERE key_{position} IS NOT NULL
             ORDER BY {key}, key_{position} {order}, time_achieved ASC NULLS FIRST, score_id)"""
        for position, order in enumerate(orders, 1)
    )


def _candidates(keys: Collection[int]) -> dict[int, Candidate]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, score_id, score_data::text, highlight, time_achieved FROM {SCORES} WHERE id = ANY(%s)",
            [list(keys)],
        )
        return {row[0]: _candidate(*row[1:]) for row in cursor.fetchall()}


def _candidate(score_id: str, score_data: str, highlight: bool, time_achieved: float | None) -> Candidate:
    metrics = msgspec.json.decode(score_data)
    judgements, optional = metrics.pop("judgements"), metrics.pop("optional")
    return Candidate(
        score_id=score_id,
        metrics=metrics,
        judgements=judgements,
        optional=optional,
        highlight=highlight,
        time_achieved=time_achieved,
    )


def _row(chart_key: int, chart: Chart, best: Best, playtype: Playtype) -> dict[str, Any]:
    composition = [{"name": name, "scoreID": score_id} for name, score_id in best.composed_from]
    return {
        "chart_id": chart_key,
        "is_primary": chart.is_primary,
        "score_id": composition[0]["scoreID"],
        "highlight": best.highlight,
        "time_achieved": best.time_achieved,
        "score_data": {**best.metrics, "judgements": best.judgements, "optional": best.optional},
        "calculated_data": best.ratings,
        "composed_from": composition,
        "rank_keys": rank_keys(best.metrics, playtype),
    }


def _upsert(user_id: int, game: str, playtype: str, rows: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """Writes bests that are new or differ, from one JSON text: (how many were new, how many changed)."""
    names = [name for name in COLUMNS if name != "chart_id"]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {BESTS} (user_id, game, playtype, {", ".join(COLUMNS)})
            SELECT %s, %s, %s, {", ".join(COLUMNS)}
            FROM jsonb_to_recordset(%s::jsonb) AS new ({", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())})
            ON CONFLICT (user_id, chart_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in names)}
            WHERE ({", ".join(f"{BESTS}.{name}" for name in names)})
               IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in names)})
            RETURNING (xmax = 0)
            """,
            [user_id, game, playtype, to_json(rows).decode()],
        )
        made = [row[0] for row in cursor.fetchall()]
    return sum(made), len(made) - sum(made)
