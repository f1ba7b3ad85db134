"""Loads the songs and charts that an import's rows may refer to: one query per kind of key for any number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from django.db import connection

from imports.formats.base import Catalogue, Key
from imports.formats.lookup import CHART_ID
from imports.formats.match_keys import SONG_KINDS, V3_SONG_ID
from imports.games.spec import Chart as ChartFacts
from imports.games.spec import Song as SongFacts
from imports.models import Chart, PlayerChart, Song

SONGS = Song._meta.db_table
CHARTS = Chart._meta.db_table
GAMES_OF_PLAYERS = frozenset({"bms", "pms"})  # the games whose charts players add
# As text: ten thousand JSON documents take Django's reader as long as judging their rows.
SONG_COLUMNS = "id, song_id, title, artist, alt_titles, data::text"
CHART_COLUMNS = "id, chart_id, song_id, playtype, difficulty, level, level_num, is_primary, versions, data::text"
read_json = msgspec.json.Decoder().decode


def load_catalogue(keys: Iterable[Key]) -> Catalogue:
    """Returns the songs and charts that match these keys."""
    song_keys: dict[str, list[str]] = defaultdict(list)
    chart_keys: dict[str, list[str]] = defaultdict(list)
    # By game, because a key matches different songs in different games: a row of PMS may refer to charts of BMS.
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
    rows = _rows(f"SELECT {CHART_COLUMNS} FROM {CHARTS} WHERE id = ANY(%s)", list(pks))
    songs = _songs_by_pk({row[2] for row in rows})
    return {row[0]: _chart_facts(row, songs[row[2]]) for row in rows}


def _load_songs(
    game: str, wanted: list[str], *, songs: dict[Key, list[SongFacts]], charts_of: dict[int, list[ChartFacts]]
) -> None:
    found: dict[int, SongFacts] = {}
    asked = set(wanted)
    # A song is listed under each of its requested keys, because rows may name it by title, by number, or both.
    for *columns, match_keys in _having_one_of(SONGS, f"{SONG_COLUMNS}, match_keys", "match_keys", wanted, game):
        song = _song_facts(tuple(columns))
        found[song.pk] = song
        for key in asked.intersection(match_keys):
            kind, _, value = key.partition(":")
            songs[(game, kind, value)].append(song)
    for song_id, song in _songs_by_v3_id(game, asked).items():
        songs[(game, "songID", song_id)].append(found.setdefault(song.pk, song))
    # All charts of these songs, because a title does not include the difficulty.
    for row in _rows(f"SELECT {CHART_COLUMNS} FROM {CHARTS} WHERE song_id = ANY(%s) ORDER BY id", list(found)):
        charts_of[row[2]].append(_chart_facts(row, found[row[2]]))


def _songs_by_v3_id(game: str, keys: Iterable[str]) -> dict[str, SongFacts]:
    """Returns songs by their current or former IDs of v3. These IDs are not match keys, because they change."""
    wanted = {value for key in keys if V3_SONG_ID.fullmatch(value := key.removeprefix("songID:"))}
    found: dict[str, SongFacts] = {}
    if wanted:
        sql = f"SELECT {SONG_COLUMNS}, v3_id FROM {SONGS} WHERE v3_id = ANY(%s) AND game = %s"
        found = {row[-1]: _song_facts(row[:-1]) for row in _rows(sql, list(wanted), game)}
    # The current ID of a song takes precedence over a former ID of another song.
    if former := wanted - found.keys():
        had = _having_one_of(SONGS, f"{SONG_COLUMNS}, former_ids", "former_ids", list(former), game)
        for row in reversed(had):
            found |= dict.fromkeys(former.intersection(row[-1]), _song_facts(row[:-1]))
    return found


def _load_charts(game: str, wanted: list[str], *, charts: dict[Key, list[ChartFacts]]) -> None:
    asked = set(wanted)
    rows = _having_one_of(CHARTS, f"{CHART_COLUMNS}, match_keys", "match_keys", wanted, game)
    # Each song is read once: many charts share one, and a join would repeat its document for every chart.
    songs = _songs_by_pk({row[2] for row in rows})
    for row in rows:
        chart = _chart_facts(row[:-1], songs[row[2]])
        for key in asked.intersection(row[-1]):
            kind, _, value = key.partition(":")
            charts[(game, kind, value)].append(chart)
    prefix = f"{CHART_ID}:"
    _load_by_id(game, {key.removeprefix(prefix) for key in asked if key.startswith(prefix)}, charts=charts)


def _load_by_id(game: str, wanted: set[str], *, charts: dict[Key, list[ChartFacts]]) -> None:
    """Adds charts by their IDs of v2 and v3, then by former IDs: a current ID takes precedence."""
    for column in ("chart_id", "v3_id", "former_ids"):
        if not wanted:
            return
        columns = f"{CHART_COLUMNS}, {column}"
        if column == "former_ids":
            rows = _having_one_of(CHARTS, columns, column, list(wanted), game)
        else:
            sql = f"SELECT {columns} FROM {CHARTS} WHERE {column} = ANY(%s) AND game = %s ORDER BY id"
            rows = _rows(sql, list(wanted), game)
        songs = _songs_by_pk({row[2] for row in rows})
        for row in rows:
            for asked in wanted.intersection(row[-1] if column == "former_ids" else [row[-1]]):
                charts[(game, CHART_ID, asked)].append(_chart_facts(row[:-1], songs[row[2]]))
        wanted = {asked for asked in wanted if (game, CHART_ID, asked) not in charts}


def _load_merged(game: str, wanted: list[str], *, charts: dict[Key, list[ChartFacts]]) -> None:
    """Adds the charts that replace closed ones, by the hashes of the closed ones."""
    # Closed charts have no match keys: closing a chart removes its keys (`jobs.closed_charts`).
    hashes = [key.removeprefix("hash:") for key in wanted if key.startswith("hash:")]
    merged = PlayerChart.objects.filter(chart_hash__in=hashes, game=game, closed_at__isnull=False)
    targets = dict(merged.exclude(merged_into=None).values_list("chart_hash", "merged_into"))
    found = charts_by_pk(targets.values()) if targets else {}
    for chart_hash, key in targets.items():
        charts[(game, "hash", chart_hash)].append(found[key])


def _having_one_of(table: str, columns: str, column: str, keys: list[str], game: str) -> list[tuple[Any, ...]]:
    """Returns the rows of a game that have any of these match keys, or values of another indexed array column.

    OFFSET 0 makes PostgreSQL look up each key in the index, and the array each row. For the overlap operator it would
    compare every row of the catalogue with every key, which takes minutes for a hundred thousand titles; a plan that is
    made for any keys would read the catalogue for the few of a small import.
    """
    sql = f"""
        SELECT {columns} FROM {table} WHERE game = %s AND id = ANY(ARRAY(
            SELECT found.id FROM unnest(%s::text[]) AS asked (key) CROSS JOIN LATERAL (
                SELECT id FROM {table} WHERE {column} @> ARRAY[asked.key] OFFSET 0
            ) AS found
        )) ORDER BY id
    """
    return _rows(sql, game, keys)


def _songs_by_pk(pks: Iterable[int]) -> Mapping[int, SongFacts]:
    rows = _rows(f"SELECT {SONG_COLUMNS} FROM {SONGS} WHERE id = ANY(%s)", list(pks))
    return {row[0]: _song_facts(row) for row in rows}


def _rows(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Returns the rows of a query. The ORM would take longer to build small queries than PostgreSQL to run them.

    If a list of keys is empty, no row can match, and no query is run.
    """
    if [] in values:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


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
