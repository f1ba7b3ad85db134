"""Charts by the number that the game itself gives a song, as hooks ask for them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection

from imports.formats.base import Catalogue, Context, Key
from imports.formats.lookup import ANY_INF, ANY_INF_DIFFICULTIES, first_of_version
from imports.games.spec import Chart

SDVX_DIFFICULTIES = {
    name: ANY_INF_DIFFICULTIES if name == ANY_INF else frozenset({name})
    for name in ("NOV", "ADV", "EXH", ANY_INF, "MXM")
}
"""The five places of SOUND VOLTEX -> the difficulties that may fill each; the fourth has had several names."""


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
