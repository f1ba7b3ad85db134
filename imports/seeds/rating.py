"""Rates a player's stored scores again: ratings, and thereby sessions, bests and stats. Requires the player's lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from django.db import connection

from imports.errors import FormulaError
from imports.games import BY_SLUG, judging, playtype_of
from imports.games.spec import Chart, Play, Playtype
from imports.integers import milliseconds
from imports.models import GameStats
from imports.pipeline.derived import rating_history, stats
from imports.pipeline.derived.refresh import refresh
from imports.pipeline.progress import Progress
from imports.pipeline.rankings import ranking_entries
from imports.pipeline.scoring.chart_loading import charts_by_pk
from imports.pipeline.scoring.store import AffectedScope

SCORES = """
    SELECT id, chart_id, game, playtype, time_achieved, time_added, score_data::text, calculated_data::text, best_keys
    FROM imports_score
"""
PIECE = 5_000  # scores processed together

_to_json = msgspec.json.Encoder().encode
_from_json = msgspec.json.Decoder(dict[str, Any]).decode


def flag_bests(user_id: int, charts: Sequence[int]) -> None:
    """Copies the primary flag of charts to a player's bests; refreshes stats and their history."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH changed AS (
                UPDATE imports_personalbest best SET is_primary = chart.is_primary FROM imports_chart chart
                WHERE chart.id = best.chart_id AND chart.id = ANY(%s) AND best.user_id = %s
                RETURNING best.game, best.playtype
            )
            SELECT DISTINCT game, playtype FROM changed ORDER BY 1, 2
            """,
            [list(charts), user_id],
        )
        changed = cursor.fetchall()
    for game, playtype in changed:
        if game in BY_SLUG:
            for change in stats.refresh(user_id, game, [playtype]):
                rating_history.rebuild(user_id, change)
                ranking_entries.refresh(user_id, change.game, change.playtype, change.ratings_after)


def rate_charts(user_id: int, rated: Sequence[int]) -> int:
    """Rates the player's scores on these charts again and refreshes derived state; returns how many scores changed.

    The charts are read under the player's lock, as another load may have changed them again.
    """
    touched: dict[str, AffectedScope] = {}
    with connection.cursor() as cursor:
        cursor.execute(f"{SCORES} WHERE user_id = %s AND chart_id = ANY(%s) ORDER BY id", [user_id, list(rated)])
        rows = cursor.fetchall()
    charts = charts_by_pk({row[1] for row in rows})
    changed = _rate(rows, charts, touched, user_id=user_id)
    for part in touched.values():
        refresh(part, Progress(), charts=charts, is_rerating=True)
    return changed


def rate_game(user_id: int, game: str) -> int:
    """Does the same for all of the player's scores of a game, and for stats of playtypes with only classes."""
    touched = {game: AffectedScope(user_id=user_id, game=game)}
    charts: dict[int, Chart] = {}
    changed = 0
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"{SCORES} WHERE user_id = %s AND game = %s", [user_id, game])
        # In pieces, as a player may have a million scores.
        while rows := cursor.fetchmany(PIECE):
            charts |= charts_by_pk({row[1] for row in rows} - charts.keys())
            changed += _rate(rows, charts, touched, user_id=user_id)
    names = GameStats.objects.filter(user_id=user_id, game=game).values_list("playtype", flat=True)
    part = touched[game]
    # A playtype with only classes has no scores.
    part.playtypes = [name for name in BY_SLUG[game].by_name if name in {*part.playtypes, *names}]
    refresh(part, Progress(), charts=charts, is_rerating=True)
    return changed


def _rate(
    rows: Iterable[Sequence[Any]], charts: Mapping[int, Chart], touched: dict[str, AffectedScope], *, user_id: int
) -> int:
    """Saves the scores whose values differ today, adds all to `touched`, and returns the number of changed ones."""
    changed: list[tuple[int, str, str, str]] = []
    for key, chart, game, playtype, achieved, added, score_data, ratings, keys in rows:
        # Scores of a game that this release lacks are not changed.
        if game not in BY_SLUG:
            continue
        before = (_from_json(score_data), _from_json(ratings), keys)
        after = as_of_today(before[0], charts[chart], playtype_of(game, playtype))
        if after != before:
            data, calculated, best_keys = (_to_json(part).decode() for part in after)
            changed.append((key, data, calculated, best_keys))
        # For unchanged scores, too: new rules may compose other bests of the same scores.
        scope = touched.setdefault(game, AffectedScope(user_id=user_id, game=game))
        scope.charts.add(chart)
        if playtype not in scope.playtypes:
            scope.playtypes.append(playtype)
        if achieved is None:
            scope.untimed[playtype].append(milliseconds(added))
        else:
            scope.times[playtype].append(achieved)
    if changed:
        with connection.cursor() as cursor:
            cursor.execute(UPDATE, [list(column) for column in zip(*changed, strict=True)])
    return len(changed)


UPDATE = """
    UPDATE imports_score score
    SET score_data = new.data::jsonb, calculated_data = new.ratings::jsonb,
        best_keys = translate(new.keys, '[]', '{}')::float8[]
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS new (id, data, ratings, keys)
    WHERE score.id = new.id
"""


def as_of_today(
    data: Mapping[str, Any], chart: Chart, playtype: Playtype
) -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
    """Returns a score's data, ratings and keys by the rules of today.

    A rating is None if its formula raises FormulaError now: a change must not fail because of an old score.
    """
    metrics = judging.as_of_today(data, playtype)
    play = Play(metrics, data["judgements"], data["optional"])
    ratings: dict[str, float | None] = {}
    for name, rating in playtype.score_ratings.items():
        try:
            ratings[name] = rating.compute(play, chart)
        except FormulaError:
            ratings[name] = None
    return metrics, ratings, judging.best_keys(metrics, data["optional"], playtype)
