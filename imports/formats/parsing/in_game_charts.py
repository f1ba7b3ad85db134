"""Look-up of charts by the game's own number of a song, for hooks. No database access."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from imports.formats.base import Catalogue, ChartReference, Context, Key
from imports.formats.lookup import ANY_INF, ANY_INF_DIFFICULTIES, first_of_version
from imports.games.spec import Chart


def in_game_key(number: int, context: Context) -> Key:
    """Returns the key of the charts to load for a number."""
    return context.game.slug, "inGameID", str(number)


def chart_in_game(
    number: int,
    context: Context,
    catalogue: Catalogue,
    *,
    playtype: str,
    difficulties: Collection[str],
    is_meant: Callable[[Chart], bool] = lambda _chart: True,
) -> Chart | None:
    """Returns the chart with this number, playtype and difficulty in the context's version, or None."""
    charts = catalogue.charts.get(in_game_key(number, context), ())
    fitting = (
        chart for chart in charts if chart.playtype == playtype and chart.difficulty in difficulties and is_meant(chart)
    )
    return first_of_version(fitting, context.version)


def sdvx_chart(number: int, difficulty: str, context: Context, catalogue: Catalogue) -> Chart | None:
    """Returns the SOUND VOLTEX chart with this number. ANY_INF is the fourth difficulty, which has several names."""
    difficulties = ANY_INF_DIFFICULTIES if difficulty == ANY_INF else {difficulty}
    return chart_in_game(number, context, catalogue, playtype=context.playtype.name, difficulties=difficulties)


def sdvx_reference(number: int, difficulty: str, context: Mapping[str, Any]) -> ChartReference:
    """Returns how a row of SOUND VOLTEX identifies its chart. `context`: as sent."""
    return ChartReference(
        match_type="sdvxInGameID",
        identifier=str(number),
        difficulty=difficulty,
        playtype=context.get("playtype", "Single"),
        version=context.get("version"),
    )
