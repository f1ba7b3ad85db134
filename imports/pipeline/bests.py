"""Personal bests as a function of the scores (spec: import-pipeline §11).

Ties are decided by content, so that the order of imports never shows: earliest achieved first (untimed before timed),
then the smaller score ID.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import connection

from imports.games import playtype_of
from imports.games.judging import Best, Candidate, compose, rank_keys
from imports.games.spec import Chart, Playtype
from imports.models import PersonalBest, Score
from imports.pipeline.catalogue import charts_by_pk

SCORES = Score._meta.db_table
BESTS = PersonalBest._meta.db_table
to_json = msgspec.json.Encoder().encode

Chosen = dict[int, dict[int, int]]
"""Chart -> position in best_keys -> the score that wins there."""


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
        rows = _compose_all(user_id, keys, playtype_of(game, name), facts)
        alive.update(row[0] for row in rows)
        new, changed = _upsert(user_id, game, name, rows)
        first, raised = first + new, raised + changed
    gone = PersonalBest.objects.filter(user_id=user_id, chart__in=set(chart_keys) - alive)._raw_delete("default")
    return BestsChange(first=first, raised=raised, gone=gone)


def _playtypes_of(chart_keys: Collection[int]) -> list[tuple[str, str, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT game, playtype, id FROM imports_chart WHERE id = ANY(%s)", [list(chart_keys)])
        return list(cursor.fetchall())


def _compose_all(
    user_id: int, chart_keys: Sequence[int], playtype: Playtype, facts: Mapping[int, Chart]
) -> list[tuple[Any, ...]]:
    chosen = _choose(user_id, chart_keys, playtype)
    scores = _candidates({score for winners in chosen.values() for score in winners.values()})
    rows = []
    for chart, winners in chosen.items():
        lenders = [
            (merge, scores[winners[position]])
            for position, merge in enumerate(playtype.merges, 2)
            if position in winners
        ]
        best = compose(scores[winners[1]], lenders, facts[chart], playtype)
        rows.append(_row(chart, facts[chart], best, playtype))
    return rows


def _choose(user_id: int, chart_keys: Sequence[int], playtype: Playtype) -> Chosen:
    """The winning score of each chart for the default metric and for each merge, in one statement."""
    orders = ["DESC", *("ASC" if merge.smallest else "DESC" for merge in playtype.merges)]
    picks = " UNION ALL ".join(
        f"""(SELECT DISTINCT ON (chart_id) chart_id, {position}, id FROM mine WHERE best_keys[{position}] IS NOT NULL
             ORDER BY chart_id, best_keys[{position}] {order}, time_achieved ASC NULLS FIRST, score_id)"""
        for position, order in enumerate(orders, 1)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH mine AS MATERIALIZED (
                SELECT id, chart_id, best_keys, time_achieved, score_id FROM {SCORES}
                WHERE user_id = %s AND chart_id = ANY(%s)
            ) {picks}
            """,
            [user_id, list(chart_keys)],
        )
        chosen: Chosen = defaultdict(dict)
        for chart, position, score in cursor.fetchall():
            chosen[chart][position] = score
    return chosen


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


def _row(chart_key: int, chart: Chart, best: Best, playtype: Playtype) -> tuple[Any, ...]:
    score_data = {**best.metrics, "judgements": best.judgements, "optional": best.optional}
    composition = [{"name": name, "scoreID": score_id} for name, score_id in best.composed_from]
    keys = ",".join(repr(float(key)) for key in rank_keys(best.metrics, playtype))
    return (
        chart_key,
        chart.is_primary,
        composition[0]["scoreID"],
        best.highlight,
        best.time_achieved,
        to_json(score_data).decode(),
        to_json(best.ratings).decode(),
        to_json(composition).decode(),
        f"{{{keys}}}",
    )


def _upsert(user_id: int, game: str, playtype: str, rows: Sequence[tuple[Any, ...]]) -> tuple[int, int]:
    """Writes bests that are new or differ: (how many were new, how many changed)."""
    if not rows:
        return 0, 0
    columns = [list(column) for column in zip(*rows, strict=True)]
    names = [
        "is_primary",
        "score_id",
        "highlight",
        "time_achieved",
        "score_data",
        "calculated_data",
        "composed_from",
        "rank_keys",
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {BESTS} (user_id, game, playtype, chart_id, {", ".join(names)})
            SELECT %s, %s, %s, chart, prim, score, high, time, data::jsonb, rated::jsonb, made::jsonb, keys::float8[]
            FROM unnest(%s::bigint[], %s::bool[], %s::text[], %s::bool[], %s::float8[], %s::text[], %s::text[],
                        %s::text[], %s::text[]) AS new (chart, prim, score, high, time, data, rated, made, keys)
            ON CONFLICT (user_id, chart_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in names)}
            WHERE ({", ".join(f"{BESTS}.{name}" for name in names)})
               IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in names)})
            RETURNING (xmax = 0)
            """,
            [user_id, game, playtype, *columns],
        )
        made = [row[0] for row in cursor.fetchall()]
    return sum(made), len(made) - sum(made)
