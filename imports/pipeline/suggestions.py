"""Charts that rows can only have meant, as their titles merely look like those of the catalogue. Nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from imports.formats import BY_IMPORT_TYPE
from imports.formats.base import ChartReference, Context
from imports.formats.lookalikes import Difference, differences
from imports.formats.lookup import key_of_alike, resolve_alike
from imports.games import BY_SLUG
from imports.games.spec import Chart
from imports.pipeline.scoring.chart_loading import load_catalogue

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Kept:
    """A row that was kept, and the context of its file as orphans have it."""

    data: Any
    context: Any
    import_type: str


@dataclass(frozen=True, slots=True)
class Match:
    """The one chart that a row can mean. `title` is the song's that looks like the row's; `differs_in` may be empty."""

    chart: Chart
    title: str
    differs_in: tuple[Difference, ...]


def chart_reference_of(row: Kept) -> ChartReference | None:
    """What a row that was kept asks for its chart with, if it says so."""
    source = BY_IMPORT_TYPE.get(row.import_type)
    if source is None or not isinstance(row.data, dict):
        return None
    return source.chart_reference(row.data, row.context if isinstance(row.context, dict) else {})


def sure_matches(rows: Mapping[K, Kept]) -> dict[K, Match]:
    """The rows whose title looks like that of one song, which has the chart they ask for. Two queries a game."""
    asked = {}
    for name, row in rows.items():
        question = chart_reference_of(row)
        sent = row.context if isinstance(row.context, dict) else {}
        game = BY_SLUG.get(str(sent.get("game")))
        playtype = game.by_name.get(question.playtype or "") if game and question else None
        # Rows are kept for longer than games or playtypes may be: theirs need not be there any more.
        if question is None or game is None or playtype is None:
            continue
        context = Context(game=game, playtype=playtype, import_type="", service="", version=question.version)
        asked[name] = (question, context)
    keys = {key_of_alike(*each) for each in asked.values()}
    catalogue = load_catalogue(key for key in keys if key is not None)
    found = {}
    for name, (question, context) in asked.items():
        chart = resolve_alike(question, context, catalogue)
        if chart is not None:
            # The chart was found by a key of its song's, which says that one of its titles looks like this one.
            found[name] = next(
                Match(chart, title, differs_in)
                for title in (chart.song.title, *chart.song.alt_titles)
                if (differs_in := differences(question.identifier, title)) is not None
            )
    return found
