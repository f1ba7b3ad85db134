"""What scores depend on, made right after charts have changed: ratings, sessions, bests, game stats.

The ratings of the stored scores are computed anew; their other metrics stay as they were judged (spec: seeds-format).
Everything else is the pipeline's own refresh, player by player, each player's lock held as for an import.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import connection

from imports.errors import FormulaError
from imports.games import BY_SLUG, playtype_of
from imports.games.spec import Chart, Play, Playtype
from imports.pipeline import states, stats
from imports.pipeline.catalogue import charts_by_pk
from imports.pipeline.progress import Progress
from imports.pipeline.refresh import refresh
from imports.pipeline.store import Touched

_to_json = msgspec.json.Encoder().encode
_from_json = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True, slots=True)
class Rerated:
    """How many players the changes reached, and how many of their scores have other ratings now."""

    players: int = 0
    scores: int = 0


def rerate(rated: Iterable[int], flagged: Iterable[int]) -> Rerated:
    """`rated`: primary keys of charts whose formulas see something new; `flagged`: those with another primary flag."""
    rated, flagged = list(rated), list(flagged)
    players = _players([*rated, *flagged])
    for user_id in players:
        states.lock_player(user_id)
    charts = charts_by_pk(rated)
    changed = sum(_rerate_player(user_id, charts) for user_id in players) if rated else 0
    for user_id, game, playtype in _flag_bests(flagged):
        if game in BY_SLUG:
            stats.refresh(user_id, game, [playtype])
    return Rerated(players=len(players), scores=changed)


def _players(charts: Sequence[int]) -> list[int]:
    """In one order everywhere, so that two who lock several players never wait for each other."""
    rows = _rows("SELECT DISTINCT user_id FROM imports_score WHERE chart_id = ANY(%s) ORDER BY user_id", [charts])
    return [row[0] for row in rows]


def _flag_bests(charts: Sequence[int]) -> list[tuple[int, str, str]]:
    """Makes the bests' primary flag that of their charts; returns the stats to refresh: (user ID, game, playtype)."""
    return _rows(
        """
        WITH changed AS (
            UPDATE imports_personalbest best SET is_primary = chart.is_primary FROM imports_chart chart
            WHERE chart.id = best.chart_id AND chart.id = ANY(%s) RETURNING best.user_id, best.game, best.playtype
        )
        SELECT DISTINCT user_id, game, playtype FROM changed ORDER BY 1, 2, 3
        """,
        [charts],
    )


def _rerate_player(user_id: int, charts: Mapping[int, Chart]) -> int:
    """Rates the player's scores on these charts anew and refreshes what follows; returns how many changed."""
    touched: dict[str, Touched] = {}
    changed: list[tuple[int, str]] = []
    rows = _rows(
        """
        SELECT id, chart_id, game, playtype, time_achieved, score_data::text, calculated_data FROM imports_score
        WHERE user_id = %s AND chart_id = ANY(%s) ORDER BY id
        """,
        [user_id, list(charts)],
    )
    for key, chart, game, playtype, time, score_data, before in rows:
        if game not in BY_SLUG:
            continue
        ratings = _ratings(_from_json(score_data), charts[chart], playtype_of(game, playtype))
        if ratings != before:
            changed.append((key, _to_json(ratings).decode()))
        _touch(touched.setdefault(game, Touched(user_id=user_id, game=game)), chart, playtype, time)
    _save(changed)
    for part in touched.values():
        refresh(part, Progress(), charts=charts)
    return len(changed)


def _touch(part: Touched, chart: int, playtype: str, time: float | None) -> None:
    part.charts.add(chart)
    if playtype not in part.playtypes:
        part.playtypes.append(playtype)
    if time is not None:
        part.times[playtype].append(time)


def _ratings(metrics: dict[str, Any], chart: Chart, playtype: Playtype) -> dict[str, float | None]:
    """None where a formula has no answer any more: a chart's change must not fail over an old score."""
    play = Play(judgements=metrics.pop("judgements"), optional=metrics.pop("optional"), metrics=metrics)
    ratings: dict[str, float | None] = defaultdict(lambda: None)
    for name, rating in playtype.score_ratings.items():
        try:
            ratings[name] = rating.compute(play, chart)
        except FormulaError:
            ratings[name] = None
    return dict(ratings)


def _save(ratings: Sequence[tuple[int, str]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE imports_score score SET calculated_data = new.ratings::jsonb
            FROM unnest(%s::bigint[], %s::text[]) AS new (id, ratings) WHERE score.id = new.id
            """,
            [[key for key, _ in ratings], [text for _, text in ratings]],
        )


def _rows(statement: str, values: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
