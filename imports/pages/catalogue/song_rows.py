"""Songs of a game with their charts, as lists show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from imports.catalogue.chart_names import ChartName, difficulty_name
from imports.games.spec import Chart as ChartFacts
from imports.games.spec import Game
from imports.models import Chart, PersonalBest, Song, User
from imports.pages.components.lamp_colors import Light, light_of, shown_lamp
from imports.pages.components.score_rows import main_number
from imports.pages.core.urls import chart_url, song_url
from imports.pipeline.scoring.chart_loading import charts_by_pk


@dataclass(frozen=True, slots=True)
class ChartLink:
    name: ChartName
    url: str


@dataclass(frozen=True, slots=True)
class SongRow:
    """A song in a list, with its primary charts."""

    title: str
    artist: str
    url: str
    charts: tuple[ChartLink, ...]


@dataclass(frozen=True, slots=True)
class ChartRow:
    """A chart of a song, and the reader's best on it, if any."""

    name: ChartName
    url: str
    versions: str
    is_primary: bool
    score: str = ""
    grade: Light | None = None
    lamp: Light | None = None


def song_rows(songs: Iterable[Song], game: Game) -> list[SongRow]:
    """Three queries."""
    listed = list(songs)
    # Older editions of a chart would make the list of a common song long; they are on the song's own page.
    charts = _charts_of({song.pk for song in listed}, primary_only=True)
    return [
        SongRow(
            title=song.title,
            artist=song.artist,
            url=song_url(game.slug, song.song_id),
            charts=tuple(
                ChartLink(difficulty_name(game, chart), chart_url(chart.chart_id)) for chart in charts.get(song.pk, ())
            ),
        )
        for song in listed
    ]


def charts_by_playtype(song: Song, game: Game, *, reader: User | None) -> dict[str, list[ChartRow]]:
    """The label of each playtype that the song has charts in, with these, easiest first. Four queries."""
    charts = _charts_of({song.pk}, primary_only=False).get(song.pk, [])
    mine = PersonalBest.objects.filter(user=reader, chart__in={chart.pk for chart in charts}) if reader else ()
    bests = {best.chart_id: best for best in mine}
    found: dict[str, list[ChartRow]] = {}
    for chart in charts:
        playtype = game.by_name.get(chart.playtype)
        if playtype is None:  # rows of a playtype that the code no longer has: nothing can say what they mean
            continue
        best = bests.get(chart.pk)
        row = ChartRow(
            name=difficulty_name(game, chart, short=False),
            url=chart_url(chart.chart_id),
            versions=", ".join(playtype.versions.get(version, version) for version in chart.versions),
            is_primary=chart.is_primary,
            score=main_number(best.score_data, playtype) if best else "",
            grade=light_of(game.slug, "grade", best.score_data["grade"]) if best else None,
            lamp=shown_lamp(game.slug, best.score_data) if best else None,
        )
        found.setdefault(game.playtype_labels.get(playtype.name, playtype.name), []).append(row)
    # In the order of the game's declaration, which is how its players name them.
    labels = [game.playtype_labels.get(name, name) for name in game.by_name]
    return {label: found[label] for label in labels if label in found}


def _charts_of(songs: set[int], *, primary_only: bool) -> Mapping[int, list[ChartFacts]]:
    """Song -> its charts, easiest first."""
    wanted = Chart.objects.filter(song__in=songs)
    keys = (wanted.filter(is_primary=True) if primary_only else wanted).values_list("pk", flat=True)
    found: dict[int, list[ChartFacts]] = defaultdict(list)
    # Sorted here: `charts_by_pk` promises no order. Charts of older versions come behind the primary ones.
    charts = sorted(
        charts_by_pk(keys).values(),
        key=lambda chart: (chart.playtype, not chart.is_primary, chart.level_num, chart.pk),
    )
    for chart in charts:
        found[chart.song.pk].append(chart)
    return found
