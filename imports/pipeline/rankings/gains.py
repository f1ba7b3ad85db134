"""Computes how much each best of an import raised its player's rating; the sum is the change of the rating.

`rankings/session_gains.py` computes the same for a session.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db import connection

from imports.games import playtype_of
from imports.games.spec import ProfileRating
from imports.models import Import, Score
from imports.pipeline.derived.bests import on_chart
from imports.pipeline.derived.stats import (
    MARGIN,
    ChangingBests,
    StatsChange,
    TooFewBestsError,
    rating_columns,
    read_bests,
)

SCORES = Score._meta.db_table
MAX_CANDIDATES = MARGIN  # highest-rated bests of an import that are considered: no rating counts many more
LEAST_GAIN = 1e-9  # lower values are rounding errors of sums

Gain = tuple[int, float]
"""Primary key of a chart, and the amount that its best added to the default profile rating."""


def of_import(job: Import, touched: Collection[int], changes: Sequence[StatsChange]) -> list[Gain]:
    """Returns the gains, largest first. At most two queries for each playtype whose default rating changed."""
    found: list[Gain] = []
    for change in changes:
        playtype = playtype_of(change.game, change.playtype)
        name = playtype.default_profile_rating
        if change.ratings_before.get(name) == change.ratings_after.get(name):
            continue
        rating = playtype.profile_ratings[name]
        try:
            found += _of_leading(job, rating, touched, change)
        except TooFewBestsError:
            found += _of_all(job, rating, touched, change)
    return counted(found)


def _of_leading(job: Import, rating: ProfileRating, touched: Collection[int], change: StatsChange) -> list[Gain]:
    """Returns the gains from the bests that were read for the rating. Raises TooFewBestsError if others may count."""
    main = rating.of[0]
    leading = change.leading.get(main)
    if leading is None or len(rating.of) > 1:
        raise TooFewBestsError
    candidates = [chart for _, chart in leading.values if chart in touched][:MAX_CANDIDATES]
    bests: dict[int, tuple[bool, Mapping[str, float | None]]] = {
        chart: (True, {main: value}) for value, chart in leading.values
    }
    least = None if leading.is_all else {main: leading.values[-1][0]}
    return remove_bests(rating, ChangingBests(rating.of, bests, least=least), _without(job, rating, candidates))


def _of_all(job: Import, rating: ProfileRating, touched: Collection[int], change: StatsChange) -> list[Gain]:
    """Returns the gains from all bests of the player."""
    found = read_bests(job.user_id, change.game, change.playtype, rating.of)

    def place(chart: int) -> tuple[float, int]:
        return -(found[chart][1].get(rating.of[0]) or 0), chart

    candidates = sorted(found.keys() & set(touched), key=place)[:MAX_CANDIDATES]
    return remove_bests(rating, ChangingBests(rating.of, found), _without(job, rating, candidates))


def _without(job: Import, rating: ProfileRating, candidates: Sequence[int]) -> dict[int, Sequence[float | None]]:
    """Returns the highest ratings that the player has on these charts without the import's scores."""
    values, names = rating_columns(rating.of)
    with connection.cursor() as cursor:
        # OFFSET 0 makes PostgreSQL look up each chart in the index.
        cursor.execute(
            f"""
            SELECT candidate.id, score.* FROM unnest(%(charts)s::bigint[]) AS candidate (id) CROSS JOIN LATERAL (
                SELECT {", ".join(f"max({value})" for value in values)} FROM {SCORES}
                WHERE {on_chart("candidate.id", "%(user)s")} AND from_import_id <> %(job)s OFFSET 0
            ) AS score
            """,
            {"charts": list(candidates), "user": job.user_id, "job": job.pk, **names},
        )
        found = {chart: highest for chart, *highest in cursor.fetchall()}
    return {chart: found[chart] for chart in candidates}


def remove_bests(
    rating: ProfileRating, bests: ChangingBests, without: Mapping[int, Sequence[float | None]]
) -> list[Gain]:
    """Removes bests one after the other; returns by how much the rating falls each time.

    `without`: the charts of these bests, in the order of removal, each with the remaining ratings on it. Raises
    TooFewBestsError if bests that were not read may count.
    """
    gains, last = [], rating.compute(bests) or 0
    for chart, left in without.items():
        bests.put(chart, dict(zip(rating.of, left, strict=True)))
        now = rating.compute(bests) or 0
        gains.append((chart, last - now))
        last = now
    return gains


def counted(gains: Iterable[Gain]) -> list[Gain]:
    """Returns the gains above the rounding errors of sums, largest first."""
    return sorted((each for each in gains if each[1] > LEAST_GAIN), key=lambda each: -each[1])
