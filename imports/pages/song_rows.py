"""Songs of a game with their charts, as lists show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from imports.chart_names import ChartName, difficulty_name
from imports.games.spec import Chart as ChartFacts
from imports.games.spec import Game
from imports.models import Chart, PersonalBest, Song, User
from imports.pages.addresses import chart_url, song_url
from imports.pages.lights import Light, light_of, shown_lamp
from imports.pages.score_rows import main_number
from imports.pipeline.catalogue import charts_by_pk


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
    bests = _bests_on({chart.pk for chart in charts}, reader)
    found: dict[str, list[ChartRow]] = {}
    for playtype in game.by_name:
        rows = [_chart_row(chart, game, bests.get(chart.pk)) for chart in charts if chart.playtype == playtype]
        if rows:
            found[game.playtype_labels.get(playtype, playtype)] = rows
    return found


def _charts_of(songs: set[int], *, primary_only: bool) -> Mapping[int, list[ChartFacts]]:
    """Song -> its charts, easiest first."""
    wanted = Chart.objects.filter(song__in=songs)
    keys = (wanted.filter(is_primary=True) if primary_only else wanted).values_list("pk", flat=True)
    found: dict[int, list[ChartFacts]] = defaultdict(list)
    for chart in sorted(charts_by_pk(keys).values(), key=_easiest_first):
        found[chart.song.pk].append(chart)
    return found


def _easiest_first(chart: ChartFacts) -> tuple[str, bool, float, int]:
    return chart.playtype, not chart.is_primary, chart.level_num, chart.pk


def _bests_on(charts: set[int], reader: User | None) -> Mapping[int, PersonalBest]:
    if reader is None:
        return {}
    return {best.chart_id: best for best in PersonalBest.objects.filter(user=reader, chart__in=charts)}


def _chart_row(chart: ChartFacts, game: Game, best: PersonalBest | None) -> ChartRow:
    playtype = game.by_name[chart.playtype]
    row = ChartRow(
        name=difficulty_name(game, chart, short=False),
        url=chart_url(chart.chart_id),
        versions=", ".join(playtype.versions.get(version, version) for version in chart.versions),
        is_primary=chart.is_primary,
    )
    if best is None:
        return row
    return ChartRow(
        row.name,
        row.url,
        row.versions,
        row.is_primary,
        score=main_number(best.score_data, playtype),
        grade=light_of(game.slug, "grade", best.score_data["grade"]),
        lamp=shown_lamp(game.slug, best.score_data),
    )
