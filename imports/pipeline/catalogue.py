"""Loads the songs and charts that an import's rows ask for: one query a kind of key, whatever the number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db.models import Q
from django.db.models.expressions import RawSQL

from imports.formats.base import Catalogue, Key
from imports.formats.lookup import SONG_KINDS
from imports.games.spec import Chart as ChartFacts
from imports.games.spec import Song as SongFacts
from imports.models import Chart, Song

SONG_COLUMNS = ("pk", "song_id", "title", "artist", "alt_titles", "data")
CHART_COLUMNS = (
    "pk", "chart_id", "song_id", "playtype", "difficulty", "level", "level_num", "is_primary", "versions", "data",
)  # fmt: skip


def catalogue_for(keys: Iterable[Key]) -> Catalogue:
    """Everything that these keys can mean."""
    song_keys: dict[str, list[str]] = defaultdict(list)
    chart_keys: dict[str, list[str]] = defaultdict(list)
    for game, kind, value in keys:
        (song_keys if kind in SONG_KINDS else chart_keys)[game].append(f"{kind}:{value}")
    songs: dict[Key, list[SongFacts]] = defaultdict(list)
    charts: dict[Key, list[ChartFacts]] = defaultdict(list)
    charts_of: dict[int, list[ChartFacts]] = defaultdict(list)
    for game, wanted in song_keys.items():
        _load_songs(game, wanted, songs=songs, charts_of=charts_of)
    for game, wanted in chart_keys.items():
        _load_charts(game, wanted, charts=charts)
    return Catalogue(songs=songs, charts=charts, charts_of=charts_of)


def charts_by_pk(pks: Iterable[int]) -> dict[int, ChartFacts]:
    """Charts with their songs, by primary key."""
    rows = list(Chart.objects.filter(pk__in=list(pks)).values_list(*CHART_COLUMNS))
    songs = _songs_by_pk({row[2] for row in rows})
    return {row[0]: _chart_facts(row, songs[row[2]]) for row in rows}


def _load_songs(
    game: str, wanted: list[str], *, songs: dict[Key, list[SongFacts]], charts_of: dict[int, list[ChartFacts]]
) -> None:
    found: dict[int, SongFacts] = {}
    asked = set(wanted)
    rows = Song.objects.filter(_has_one_of(wanted, Song), game=game).order_by("pk")
    for *columns, match_keys in rows.values_list(*SONG_COLUMNS, "match_keys"):
        song = _song_facts(tuple(columns))
        found[song.pk] = song
        for key in asked.intersection(match_keys):
            kind, _, value = key.partition(":")
            songs[(game, kind, value)].append(song)
    for row in Chart.objects.filter(song__in=list(found)).order_by("pk").values_list(*CHART_COLUMNS):
        charts_of[row[2]].append(_chart_facts(row, found[row[2]]))


def _load_charts(game: str, wanted: list[str], *, charts: dict[Key, list[ChartFacts]]) -> None:
    asked = set(wanted)
    found = Chart.objects.filter(_has_one_of(wanted, Chart), game=game).order_by("pk")
    rows = list(found.values_list(*CHART_COLUMNS, "match_keys"))
    songs = _songs_by_pk({row[2] for row in rows})
    for row in rows:
        chart = _chart_facts(row[:-1], songs[row[2]])
        for key in asked.intersection(row[-1]):
            kind, _, value = key.partition(":")
            charts[(game, kind, value)].append(chart)


def _has_one_of(keys: list[str], model: type[Song | Chart]) -> Q:
    """Whether any of these is among a row's match keys.

    OFFSET 0 makes PostgreSQL look up each key in the index. Asked for an overlap, it holds every row of the catalogue
    against every key, which takes minutes for a hundred thousand titles.
    """
    each = f"""
        SELECT found.id FROM unnest(%s::text[]) AS asked (key) CROSS JOIN LATERAL (
            SELECT id FROM {model._meta.db_table} WHERE match_keys @> ARRAY[asked.key] OFFSET 0
        ) found
    """
    return Q(pk__in=RawSQL(each, [keys]))  # noqa: S611 - only our own table's name is pasted in


def _songs_by_pk(pks: Iterable[int]) -> Mapping[int, SongFacts]:
    rows = Song.objects.filter(pk__in=list(pks)).values_list(*SONG_COLUMNS)
    return {row[0]: _song_facts(row) for row in rows}


def _song_facts(row: tuple) -> SongFacts:  # type: ignore[type-arg]  # a row of SONG_COLUMNS
    pk, song_id, title, artist, alt_titles, data = row
    return SongFacts(pk=pk, song_id=song_id, title=title, artist=artist, alt_titles=tuple(alt_titles), data=data)


def _chart_facts(row: tuple, song: SongFacts) -> ChartFacts:  # type: ignore[type-arg]  # a row of CHART_COLUMNS
    pk, chart_id, _, playtype, difficulty, level, level_num, is_primary, versions, data = row
    return ChartFacts(
        pk=pk,
        chart_id=chart_id,
        song=song,
        playtype=playtype,
        difficulty=difficulty,
        level=level,
        level_num=level_num,
        is_primary=is_primary,
        versions=tuple(versions),
        data=data,
    )
