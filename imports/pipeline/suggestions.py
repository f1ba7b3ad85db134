"""Finds the only possible charts of rows with titles in look-alike characters. Stores nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from imports.formats import BY_IMPORT_TYPE
from imports.formats.base import ChartReference, Context
from imports.formats.lookalikes import Difference, differences
from imports.formats.lookup import key_of, key_of_alike, resolve_alike
from imports.games import BY_SLUG
from imports.games.spec import Chart, Song
from imports.pipeline.scoring.chart_loading import load_catalogue

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored row with a problem, and the context of its file in the form of orphans."""

    data: Any
    context: Any
    import_type: str


@dataclass(frozen=True, slots=True)
class Match:
    """The only possible chart of a row. `title`: the title of the song that looks alike; `differs_in` may be empty."""

    chart: Chart
    title: str
    differs_in: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class NamedSong:
    """The only song that a row refers to, its chart reference, and the song's charts of its playtype, by level."""

    song: Song
    reference: ChartReference
    charts: tuple[Chart, ...]


def chart_reference_of(row: Kept) -> ChartReference | None:
    """Returns the chart reference of a stored row, None if its format has none for it."""
    source = BY_IMPORT_TYPE.get(row.import_type)
    if source is None or not isinstance(row.data, dict):
        return None
    return source.chart_reference(row.data, row.context if isinstance(row.context, dict) else {})


def _references(rows: Mapping[K, Kept]) -> dict[K, tuple[ChartReference, Context]]:
    """Returns the chart reference and context of each row. Rows without a reference are left out."""
    references = {}
    for name, row in rows.items():
        reference = chart_reference_of(row)
        sent = row.context if isinstance(row.context, dict) else {}
        game = BY_SLUG.get(str(sent.get("game")))
        playtype = game.by_name.get(reference.playtype or "") if game and reference else None
        # Stored rows may outlive their games and playtypes.
        if reference is None or game is None or playtype is None:
            continue
        context = Context(game=game, playtype=playtype, import_type="", service="", version=reference.version)
        references[name] = (reference, context)
    return references


def named_songs(rows: Mapping[K, Kept]) -> dict[K, NamedSong]:
    """Returns the rows whose title, number or hash matches exactly one song. Two queries per match type and game."""
    references = _references(rows)
    keys = {name: key_of(*each) for name, each in references.items()}
    catalogue = load_catalogue({key for key in keys.values() if key is not None})
    found = {}
    for name, key in keys.items():
        if key is None:
            continue
        reference, context = references[name]
        # A number or a hash matches charts, a title matches songs with all their charts.
        charts = list(catalogue.charts.get(key, ()))
        songs = {song.pk: song for song in catalogue.songs.get(key, ())} or {each.song.pk: each.song for each in charts}
        if len(songs) != 1:
            continue
        [song] = songs.values()
        of_playtype = (
            chart
            for chart in charts or catalogue.charts_of.get(song.pk, ())
            if chart.playtype == context.playtype.name and chart.is_primary
        )
        found[name] = NamedSong(song, reference, tuple(sorted(of_playtype, key=lambda chart: chart.level_num)))
    return found


def sure_matches(rows: Mapping[K, Kept]) -> dict[K, Match]:
    """Returns the rows whose title resembles that of only one song with the right chart. Two queries per game."""
    references = _references(rows)
    keys = {key_of_alike(*each) for each in references.values()}
    catalogue = load_catalogue(key for key in keys if key is not None)
    found = {}
    for name, (reference, context) in references.items():
        chart = resolve_alike(reference, context, catalogue)
        if chart is not None:
            # The chart was found by a key of its song, so one of the song's titles looks like this one.
            found[name] = next(
                Match(chart, title, differs_in)
                for title in (chart.song.title, *chart.song.alt_titles)
                if (differs_in := differences(reference.identifier, title)) is not None
            )
    return found
