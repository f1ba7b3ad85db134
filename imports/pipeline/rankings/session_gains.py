"""Computes how much each best of a session raised its player's rating.

The rule is that of imports (`rankings/gains.py`), for the bests at the end of the session: those that it raised
are removed one after the other, and the rating is computed each time. The sum is the change of the rating from the
start of the session to its end. A score without a time counts from when it was added, as in `derived.rating_history`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import inf, nextafter

from django.db import connection

from imports.games.spec import Playtype, ProfileRating
from imports.models import PersonalBest, Score, Session
from imports.pipeline.derived.bests import compose_before, on_chart
from imports.pipeline.derived.stats import ChangingBests, TooFewBestsError, rating_columns
from imports.pipeline.rankings.gains import Gain, counted, remove_bests
from imports.pipeline.rankings.past_bests import MOMENT

SCORES = Score._meta.db_table
BESTS = PersonalBest._meta.db_table
MAX_TOUCHED = 200  # charts of a session whose bests are removed, highest first: twice as many as any formula counts
FIRST_BESTS = 300  # that are read at first: the current best charts differ from those at the end of the session


@dataclass(frozen=True, slots=True)
class _Standing:
    """The best on a chart at the end of a session, and its time (ms). `is_exact`: it is still the current best."""

    is_primary: bool
    is_exact: bool
    time: float | None
    ratings: Mapping[str, float | None]


def gains_of_session(session: Session, playtype: Playtype, charts: Collection[int]) -> list[Gain]:
    """Returns by how much each best of a session raised the default profile rating, largest first.

    `charts`: of its scores. Four queries, eight if the rating was far below the current one.
    """
    rating = playtype.profile_ratings[playtype.default_profile_rating]
    try:
        return _gains(session, playtype, rating, charts, limit=FIRST_BESTS)
    except TooFewBestsError:
        return _gains(session, playtype, rating, charts, limit=None)


def _gains(
    session: Session, playtype: Playtype, rating: ProfileRating, charts: Collection[int], *, limit: int | None
) -> list[Gain]:
    """Returns the gains on the `limit` current best charts (None: all). Raises TooFewBestsError if others may count."""
    main = rating.of[0]
    standing, least = _standing_at_end(session, rating.of, limit)
    if least is not None and len(rating.of) > 1:
        raise TooFewBestsError
    # Bests below the charts that were not read have an unknown position among those.
    floor = -inf if least is None else least
    ratings = {chart: each.ratings for chart, each in standing.items() if (each.ratings[main] or 0) >= floor}
    touched = [
        chart
        for chart in sorted(ratings.keys() & set(charts), key=lambda chart: (-(ratings[chart][main] or 0), chart))
        if (time := standing[chart].time) is None or time >= session.time_started
    ][:MAX_TOUCHED]
    start, end = session.time_started, nextafter(session.time_ended, inf)
    moments = {
        *((chart, start) for chart in touched),
        *((chart, end) for chart in touched if not standing[chart].is_exact),
    }
    composed = compose_before(session.user_id, moments, playtype, time=MOMENT) if moments else {}
    ratings |= {chart: best.ratings for (chart, moment), best in composed.items() if moment == end}
    bests = ChangingBests(
        rating.of,
        {chart: (each.is_primary, ratings.get(chart)) for chart, each in standing.items()},
        least=None if least is None else {main: least},
    )
    before = {
        chart: [best.ratings[name] if (best := composed.get((chart, start))) else None for name in rating.of]
        for chart in touched
    }
    return counted(remove_bests(rating, bests, before))


def _standing_at_end(
    session: Session, names: Sequence[str], limit: int | None
) -> tuple[dict[int, _Standing], float | None]:
    """Returns the bests at the end of a session on the charts with the `limit` highest current ratings.

    A best that has changed since gets the rating of the best single score at that time. The second value is the largest
    possible rating of the other charts, None without any: a current best is rated no lower than an earlier one.
    """
    values, parameters = rating_columns(names)
    current = ", ".join(f"{value} AS value_{place}" for place, value in enumerate(values))
    highest = ", ".join(f"max({value}) AS value_{place}" for place, value in enumerate(values))
    is_of_then = "coalesce(best.time_achieved <= %(end)s, false)"
    then = ", ".join(
        f"CASE WHEN {is_of_then} THEN best.value_{place} ELSE score.value_{place} END" for place in range(len(names))
    )
    with connection.cursor() as cursor:
        # OFFSET 0: PostgreSQL looks up each chart in the index, and only charts with a later best.
        cursor.execute(
            f"""
            SELECT best.chart_id, best.value_0, best.is_primary, {is_of_then},
                CASE WHEN {is_of_then} THEN best.time_achieved END, {then}
            FROM (
                SELECT chart_id, is_primary, time_achieved, {current} FROM {BESTS}
                WHERE (user_id, game, playtype) = (%(user)s, %(game)s, %(playtype)s)
                ORDER BY value_0 DESC NULLS LAST, chart_id LIMIT %(limit)s
            ) AS best CROSS JOIN LATERAL (
                SELECT {highest} FROM {SCORES} WHERE NOT {is_of_then}
                AND {on_chart("best.chart_id", "%(user)s")}
                AND {MOMENT} <= %(end)s OFFSET 0
            ) AS score
            """,
            {
                "user": session.user_id, "game": session.game, "playtype": session.playtype,
                "end": session.time_ended, "limit": limit, **parameters,
            },
        )  # fmt: skip
        rows = cursor.fetchall()
    return (
        {
            chart: _Standing(is_primary, is_exact, time, dict(zip(names, ratings, strict=True)))
            for chart, _, is_primary, is_exact, time, *ratings in rows
        },
        (rows[-1][1] or 0) if limit is not None and len(rows) == limit else None,
    )
