"""Computes which bests of a player are new at the end of each day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from imports.games.spec import Chart, Playtype
from imports.models import Score
from imports.pipeline.derived import bests
from imports.pipeline.derived.bests import BestsChange
from imports.pipeline.derived.leaders import DAY_MS, DailyWinners, Play, counting_ratings
from imports.pipeline.derived.stats import rating_columns
from imports.pipeline.scoring.chart_loading import charts_by_pk

SCORES = Score._meta.db_table
MINE = "user_id = %(user)s AND game = %(game)s AND playtype = %(playtype)s"
# The day from which a score counts, in days since 1970.
DAY_OF_SCORE = f"floor(coalesce(time_achieved, extract(epoch FROM time_added)::float8 * 1000) / {DAY_MS})::int"
SINCE = """(time_achieved >= %(since_ms)s
            OR (time_achieved IS NULL AND time_added >= to_timestamp(%(since_ms)s::float8 / 1000)))"""
UNTIL = """(time_achieved < %(end_ms)s
            OR (time_achieved IS NULL AND time_added < to_timestamp(%(end_ms)s::float8 / 1000)))"""

ChangesByDay = Mapping[int, Sequence[tuple[int, Mapping[str, float | None]]]]
"""Day -> (chart, ratings) of the bests that are new at the end of the day."""


@dataclass(frozen=True, slots=True)
class KnownBests:
    """Bests that were just refreshed, and loaded charts by primary key.

    `added_by`: the key of the import that has just added all touched scores; None after any other change.
    """

    bests: BestsChange
    charts: Mapping[int, Chart]
    added_by: int | None = None


NOTHING_KNOWN = KnownBests(BestsChange(), {})


def changes_of_bests(
    winners: DailyWinners, playtype: Playtype, known: KnownBests = NOTHING_KNOWN
) -> dict[int, list[tuple[int, Mapping[str, float | None]]]]:
    """Returns day -> (chart, ratings) of the bests that are new at the end of the day."""
    names = counting_ratings(playtype)
    # A best of a single score has the stored ratings of that score; a merged best is rated again.
    merged = {key: won for key, won in winners.by_day.items() if not _adds_nothing(won, winners.keys, playtype)}
    # The current winners of a chart were composed when the bests were refreshed.
    composed = {
        key: known.bests.composed[key[0]] for key, won in merged.items() if known.bests.winners.get(key[0]) == won
    }
    left = {key: won for key, won in merged.items() if key not in composed}
    charts = {**known.charts, **charts_by_pk({chart for chart, _ in left} - known.charts.keys())}
    composed |= bests.compose_all(left, {key: charts[key[0]] for key in left}, playtype)
    events: dict[int, list[tuple[int, Mapping[str, float | None]]]] = defaultdict(list)
    for key, won in winners.by_day.items():
        alone = dict(zip(names, winners.ratings[won[1]], strict=True))
        events[int(key[1])].append((key[0], composed[key].ratings if key in composed else alone))
    return events


def _adds_nothing(won: Mapping[int, str], keys: Mapping[str, Sequence[float | None]], playtype: Playtype) -> bool:
    """Returns whether the best equals its primary score: that wins at all positions, or has the same value there."""
    return all(
        score_id == won[1]
        or (
            not playtype.merges[place - 2].takes_optional
            and playtype.merges[place - 2].takes == (playtype.merges[place - 2].key,)
            and keys[score_id][place - 1] == keys[won[1]][place - 1]
        )
        for place, score_id in won.items()
    )


def leading_scores(
    mine: Mapping[str, Any], playtype: Playtype, charts: Collection[int] | None = None, *, until: int | None = None
) -> Iterator[Play]:
    """Yields the scores that led at some position of `best_keys` at the end of their day, by chart and day.

    Only of these charts (None: all); scores that count before `since` get the day before it. Scores that count only
    after the day `until` are left out. Some of the yielded scores are not leading.
    """
    names = counting_ratings(playtype)
    best = ["max", *("min" if merge.smallest else "max" for merge in playtype.merges)]
    keys = [f"key_{place}" for place in range(1, len(best) + 1)]
    columns = ", ".join(f"best_keys[{place}] AS {key}" for place, key in enumerate(keys, 1))
    # Of equal scores the earlier one leads. It comes first, except if it has no time or the same time.
    is_ahead = " OR ".join(
        f"""{key} {">" if function == "max" else "<"} {function}({key}) OVER earlier
            OR ({key} IS NOT NULL AND {function}({key}) OVER earlier IS NULL)
            OR ({key} = {function}({key}) OVER earlier AND may_tie)"""
        for key, function in zip(keys, best, strict=True)
    )
    # A rebuild reads all charts anyway: a list of them would only be compared with itself.
    is_wanted = "" if charts is None else "AND chart_id = ANY(%(charts)s::bigint[])"
    if until is not None:
        is_wanted += f" AND {UNTIL}"
    ratings, parameters = rating_columns(names)
    values = ", ".join(ratings)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH mine AS MATERIALIZED (
                SELECT id, chart_id, greatest({DAY_OF_SCORE}, %(since)s - 1) AS day, time_achieved, {columns}
                FROM {SCORES} WHERE {MINE} {is_wanted}
            ), placed AS (
                SELECT *, lag(time_achieved) OVER in_order = time_achieved
                    OR count(*) FILTER (WHERE time_achieved IS NULL) OVER in_order > 0 AS may_tie
                FROM mine WINDOW in_order AS (PARTITION BY chart_id ORDER BY day, time_achieved, id)
            ), judged AS (
                SELECT *, {is_ahead} AS is_ahead FROM placed
                WINDOW earlier AS (PARTITION BY chart_id ORDER BY day, time_achieved, id
                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
            )
            SELECT chart_id, day, score.score_id, time_achieved, ARRAY[{", ".join(keys)}], score.ratings
            FROM judged CROSS JOIN LATERAL (
                -- OFFSET 0: each by its key, where a plan for as many would read the scores of all players
                SELECT score_id, ARRAY[{values}]::float8[] AS ratings FROM {SCORES} WHERE id = judged.id OFFSET 0
            ) AS score
            WHERE is_ahead ORDER BY chart_id, day
            """,
            {
                **mine,
                "charts": list(charts or ()),
                "end_ms": ((until or 0) + 1) * DAY_MS,
                **parameters,
            },
        )
        yield from map(Play._make, cursor)
