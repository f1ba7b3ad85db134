"""Songs of a game with their charts, for lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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
class OwnBest:
    """The reader's best on a chart."""

    score: str
    grade: Light
    lamp: Light


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
    best: OwnBest | None


@dataclass(frozen=True, slots=True)
class ListedChart:
    """A chart in a list of charts of all songs, and the reader's best on it, if any."""

    title: str
    artist: str
    chart: ChartLink
    best: OwnBest | None


def song_rows(songs: Iterable[Song], game: Game) -> list[SongRow]:
    """Returns songs with their primary charts. Three queries."""
    listed = list(songs)
    # Charts of older versions are only on the song's page, because they would make the list long.
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


def listed_charts(keys: Sequence[int], game: Game, *, reader: User | None) -> list[ListedChart]:
    """Returns the charts with these primary keys, in this order. At most three queries."""
    charts = charts_by_pk(keys)
    bests = _own_bests(keys, game, reader=reader)
    return [
        ListedChart(
            title=charts[key].song.title,
            artist=charts[key].song.artist,
            chart=ChartLink(difficulty_name(game, charts[key]), chart_url(charts[key].chart_id)),
            best=bests.get(key),
        )
        for key in keys
    ]


def charts_by_playtype(song: Song, game: Game, *, reader: User | None) -> dict[str, list[ChartRow]]:
    """Returns playtype label -> charts of the song, easiest first. Four queries."""
    charts = _charts_of({song.pk}, primary_only=False).get(song.pk, [])
    bests = _own_bests([chart.pk for chart in charts], game, reader=reader)
    found: dict[str, list[ChartRow]] = {}
    for chart in charts:
        playtype = game.by_name.get(chart.playtype)
        if playtype is None:  # the code no longer has this playtype
            continue
        row = ChartRow(
            name=difficulty_name(game, chart, short=False),
            url=chart_url(chart.chart_id),
            versions=", ".join(playtype.versions.get(version, version) for version in chart.versions),
            is_primary=chart.is_primary,
            best=bests.get(chart.pk),
        )
        found.setdefault(game.playtype_labels.get(playtype.name, playtype.name), []).append(row)
    # In the order of the game's declaration.
    labels = [game.playtype_labels.get(name, name) for name in game.by_name]
    return {label: found[label] for label in labels if label in found}


def _own_bests(charts: Sequence[int], game: Game, *, reader: User | None) -> dict[int, OwnBest]:
    """Returns chart -> the reader's best on it. One query; none for guests."""
    mine = PersonalBest.objects.filter(user=reader, chart__in=charts) if reader else ()
    return {
        best.chart_id: OwnBest(
            score=main_number(best.score_data, game.by_name[best.playtype]),
            grade=light_of(game.slug, "grade", best.score_data["grade"]),
            lamp=shown_lamp(game.slug, best.score_data),
        )
        for best in mine
        # The code may no longer have the playtype of a row.
        if best.playtype in game.by_name
    }


def _charts_of(songs: set[int], *, primary_only: bool) -> Mapping[int, list[ChartFacts]]:
    """Returns song -> its charts, easiest first."""
    wanted = Chart.objects.filter(song__in=songs)
    keys = (wanted.filter(is_primary=True) if primary_only else wanted).values_list("pk", flat=True)
    found: dict[int, list[ChartFacts]] = defaultdict(list)
    # `charts_by_pk` returns no order. Charts of older versions follow the primary ones.
    charts = sorted(
        charts_by_pk(keys).values(),
        key=lambda chart: (chart.playtype, not chart.is_primary, chart.level_num, chart.pk),
    )
    for chart in charts:
        found[chart.song.pk].append(chart)
    return found
