"""Charts by the number that the game itself gives a song, as hooks ask for them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from imports.formats.base import Catalogue, ChartReference, Context, Key
from imports.formats.lookup import ANY_INF, ANY_INF_DIFFICULTIES, first_of_version
from imports.games.spec import Chart


def in_game_key(number: int, context: Context) -> Key:
    """What to load for a number."""
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
    """The chart of this number, playtype and difficulty that is played in the context's version."""
    charts = catalogue.charts.get(in_game_key(number, context), ())
    fitting = (
        chart for chart in charts if chart.playtype == playtype and chart.difficulty in difficulties and is_meant(chart)
    )
    return first_of_version(fitting, context.version)


def sdvx_chart(number: int, difficulty: str, context: Context, catalogue: Catalogue) -> Chart | None:
    """The chart of SOUND VOLTEX of this number. The fourth difficulty, which has had several names, is ANY_INF."""
    difficulties = ANY_INF_DIFFICULTIES if difficulty == ANY_INF else {difficulty}
    return chart_in_game(number, context, catalogue, playtype=context.playtype.name, difficulties=difficulties)


def sdvx_reference(number: int, difficulty: str, context: Mapping[str, Any]) -> ChartReference:
    """What a row that `sdvx_chart` looks for asks for its chart with. `context`: as sent."""
    return ChartReference(
        match_type="sdvxInGameID",
        identifier=str(number),
        difficulty=difficulty,
        playtype=context.get("playtype", "Single"),
        version=context.get("version"),
    )
