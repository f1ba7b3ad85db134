"""Loads the songs and charts that an import's rows may mean: one query for each kind of key, however many rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec
from django.db.models import Q, TextField
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from imports.formats.base import Catalogue, Key
from imports.formats.lookup import CHART_ID
from imports.formats.match_keys import SONG_KINDS, V3_SONG_ID
from imports.games.spec import Chart as ChartFacts
from imports.games.spec import Song as SongFacts
from imports.models import Chart, PlayerChart, Song

GAMES_OF_PLAYERS = frozenset({"bms", "pms"})  # the games whose charts players add
DATA = Cast("data", TextField())  # ten thousand JSON documents take Django's reader as long as judging their rows
SONG_COLUMNS = ("pk", "song_id", "title", "artist", "alt_titles", DATA)
CHART_COLUMNS = (
    "pk", "chart_id", "song_id", "playtype", "difficulty", "level", "level_num", "is_primary", "versions", DATA,
)  # fmt: skip
read_json = msgspec.json.Decoder().decode


def load_catalogue(keys: Iterable[Key]) -> Catalogue:
    """Returns the songs and charts that these keys can mean."""
    song_keys: dict[str, list[str]] = defaultdict(list)
    chart_keys: dict[str, list[str]] = defaultdict(list)
    # By game, because the same key means other songs in other games: a row of PMS may ask among the charts of BMS.
    for game, kind, value in keys:
        (song_keys if kind in SONG_KINDS else chart_keys)[game].append(f"{kind}:{value}")
    songs: dict[Key, list[SongFacts]] = defaultdict(list)
    charts: dict[Key, list[ChartFacts]] = defaultdict(list)
    charts_of: dict[int, list[ChartFacts]] = defaultdict(list)
    for game, wanted in song_keys.items():
        _load_songs(game, wanted, songs=songs, charts_of=charts_of)
    for game, wanted in chart_keys.items():
        _load_charts(game, wanted, charts=charts)
        if game in GAMES_OF_PLAYERS:
            _load_merged(game, wanted, charts=charts)
    return Catalogue(songs=songs, charts=charts, charts_of=charts_of)


def charts_by_pk(pks: Iterable[int]) -> dict[int, ChartFacts]:
    """Returns charts with their songs, by primary key."""
    rows = list(Chart.objects.filter(pk__in=list(pks)).values_list(*CHART_COLUMNS))
    songs = _songs_by_pk({row[2] for row in rows})
    return {row[0]: _chart_facts(row, songs[row[2]]) for row in rows}


def _load_songs(
    game: str, wanted: list[str], *, songs: dict[Key, list[SongFacts]], charts_of: dict[int, list[ChartFacts]]
) -> None:
    found: dict[int, SongFacts] = {}
    asked = set(wanted)
    rows = Song.objects.filter(_has_one_of(wanted, Song), game=game).order_by("pk")
    # A song is found under each of its keys that was asked for: rows may name it by title, by number, or both.
    for *columns, match_keys in rows.values_list(*SONG_COLUMNS, "match_keys"):
        song = _song_facts(tuple(columns))
        found[song.pk] = song
        for key in asked.intersection(match_keys):
            kind, _, value = key.partition(":")
            songs[(game, kind, value)].append(song)
    for song_id, song in _songs_by_v3_id(game, asked).items():
        songs[(game, "songID", song_id)].append(found.setdefault(song.pk, song))
    # All charts of these songs, as a title says nothing of the difficulty.
    for row in Chart.objects.filter(song__in=list(found)).order_by("pk").values_list(*CHART_COLUMNS):
        charts_of[row[2]].append(_chart_facts(row, found[row[2]]))


def _songs_by_v3_id(game: str, keys: Iterable[str]) -> dict[str, SongFacts]:
    """Returns songs by their current or former IDs of v3. These are not match keys, because they change."""
    wanted = {value for key in keys if V3_SONG_ID.fullmatch(value := key.removeprefix("songID:"))}
    found: dict[str, SongFacts] = {}
    if wanted:
        rows = Song.objects.filter(game=game, v3_id__in=wanted).values_list(*SONG_COLUMNS, "v3_id")
        found = {row[-1]: _song_facts(row[:-1]) for row in rows}
    # The current ID of a song precedes a former ID of another one.
    if former := wanted - found.keys():
        had = Song.objects.filter(_has_one_of(list(former), Song, "former_ids"), game=game).order_by("-pk")
        for row in had.values_list(*SONG_COLUMNS, "former_ids"):
            found |= dict.fromkeys(former.intersection(row[-1]), _song_facts(row[:-1]))
    return found


def _load_charts(game: str, wanted: list[str], *, charts: dict[Key, list[ChartFacts]]) -> None:
    asked = set(wanted)
    found = Chart.objects.filter(_has_one_of(wanted, Chart), game=game).order_by("pk")
    rows = list(found.values_list(*CHART_COLUMNS, "match_keys"))
    # Songs once each: many charts share one, and a join would repeat its document with every chart.
    songs = _songs_by_pk({row[2] for row in rows})
    for row in rows:
        chart = _chart_facts(row[:-1], songs[row[2]])
        for key in asked.intersection(row[-1]):
            kind, _, value = key.partition(":")
            charts[(game, kind, value)].append(chart)
    prefix = f"{CHART_ID}:"
    _load_by_id(game, {key.removeprefix(prefix) for key in asked if key.startswith(prefix)}, charts=charts)


def _load_by_id(game: str, wanted: set[str], *, charts: dict[Key, list[ChartFacts]]) -> None:
    """Charts by their IDs of v2 and v3, then by those that they had before: an ID that a chart has comes first."""
    for column in ("chart_id", "v3_id", "former_ids"):
        if not wanted:
            return
        is_asked = (
            _has_one_of(list(wanted), Chart, column) if column == "former_ids" else Q(**{f"{column}__in": wanted})
        )
        rows = list(Chart.objects.filter(is_asked, game=game).order_by("pk").values_list(*CHART_COLUMNS, column))
        songs = _songs_by_pk({row[2] for row in rows})
        for row in rows:
            for asked in wanted.intersection(row[-1] if column == "former_ids" else [row[-1]]):
                charts[(game, CHART_ID, asked)].append(_chart_facts(row[:-1], songs[row[2]]))
        wanted = {asked for asked in wanted if (game, CHART_ID, asked) not in charts}


def _load_merged(game: str, wanted: list[str], *, charts: dict[Key, list[ChartFacts]]) -> None:
    """Returns the charts that replace closed ones, by the hashes of those."""
    # No match key leads to closed charts: closing one removes its keys (`jobs.closed_charts`).
    hashes = [key.removeprefix("hash:") for key in wanted if key.startswith("hash:")]
    merged = PlayerChart.objects.filter(chart_hash__in=hashes, game=game, closed_at__isnull=False)
    targets = dict(merged.exclude(merged_into=None).values_list("chart_hash", "merged_into"))
    found = charts_by_pk(targets.values()) if targets else {}
    for chart_hash, key in targets.items():
        charts[(game, "hash", chart_hash)].append(found[key])


def _has_one_of(keys: list[str], model: type[Song | Chart], column: str = "match_keys") -> Q:
    """Returns the condition that a row has any of these match keys, or values of another indexed array column.

    OFFSET 0 makes PostgreSQL look up each key in the index. For the overlap operator it would compare every row of the
    catalogue with every key, which takes minutes for a hundred thousand titles.
    """
    each = f"""
        SELECT found.id FROM unnest(%s::text[]) AS asked (key) CROSS JOIN LATERAL (
            SELECT id FROM {model._meta.db_table} WHERE {column} @> ARRAY[asked.key] OFFSET 0
        ) found
    """
    return Q(pk__in=RawSQL(each, [keys]))  # noqa: S611 - only names of our own table and column are pasted in


def _songs_by_pk(pks: Iterable[int]) -> Mapping[int, SongFacts]:
    rows = Song.objects.filter(pk__in=list(pks)).values_list(*SONG_COLUMNS)
    return {row[0]: _song_facts(row) for row in rows}


def _song_facts(row: tuple) -> SongFacts:  # type: ignore[type-arg]  # a row of SONG_COLUMNS
    pk, song_id, title, artist, alt_titles, data = row
    return SongFacts(
        pk=pk, song_id=song_id, title=title, artist=artist, alt_titles=tuple(alt_titles), data=read_json(data)
    )


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
        data=read_json(data),
    )
