"""The statements that make the catalogue what the files say. All of them inside the one transaction of `load`.

The rows are copied into two temporary tables first; after that each statement works on all games at once, and writes
only what differs. (ON CONFLICT would be shorter, but locks and thereby rewrites every row that is already right.)
"""

# ruff: noqa: S608 - SQL pastes in names of our own tables and columns, values never

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import connection

from imports.formats.lookup import chart_keys, song_keys
from imports.seeds.rows import ChartRow, Problem, SongRow

LOCK = 2  # first half of the two-part advisory lock that lets loads take turns; 1 stands for players
NEVER_DELETED = frozenset({"bms", "pms"})  # the server adds charts of its own to these
MANY = 5_000  # rows
_to_json = msgspec.json.Encoder().encode

SONG_COLUMNS = "title, artist, alt_titles, search_terms, data, match_keys"
CHART_COLUMNS = "playtype, difficulty, level, level_num, is_primary, versions, data, match_keys"

STAGING = """
    DROP TABLE IF EXISTS pg_temp.new_song, pg_temp.new_chart;
    CREATE TEMPORARY TABLE new_song (
        file text, row int, game text, song_id bigint,
        title text, artist text, alt_titles text[], search_terms text[], data jsonb, match_keys text[]
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE new_chart (
        file text, row int, game text, song_id bigint, chart_id text,
        playtype text, difficulty text, level text, level_num float8, is_primary bool, versions text[], data jsonb,
        match_keys text[]
    ) ON COMMIT DROP;
"""

# A subquery with a limit, and OFFSET 0 below: the planner must not look at the (many) scores before it knows the (few)
# charts in question.
HAS_SCORES = "(SELECT true FROM imports_score score WHERE score.chart_id = chart.id LIMIT 1) IS NOT NULL"

MISSING_CHART = """chart.game = ANY(%s)
    AND NOT EXISTS (SELECT FROM new_chart new WHERE (new.game, new.chart_id) = (chart.game, chart.chart_id))"""
MISSING_SONG = """song.game = ANY(%s)
    AND NOT EXISTS (SELECT FROM new_song new WHERE (new.game, new.song_id) = (song.game, song.song_id))"""

Counts = dict[str, int]
"""Game -> how many rows."""


def prepare() -> None:
    """Waits for other loads to end, and makes the temporary tables."""
    _run("SELECT pg_advisory_xact_lock(%s, 0)", [LOCK])
    _run(STAGING)


def stage_songs(file: str, game: str, rows: Sequence[SongRow]) -> None:
    lines = (
        (
            file, index, game, row.id, row.title, row.artist, row.alt_titles, row.search_terms,
            _to_json(row.data).decode(),
            song_keys({"id": row.id, "title": row.title, "altTitles": row.alt_titles, "data": row.data}),
        )
        for index, row in enumerate(rows)
    )  # fmt: skip
    _copy(f"new_song (file, row, game, song_id, {SONG_COLUMNS})", lines)


def stage_charts(file: str, game: str, rows: Sequence[ChartRow]) -> None:
    lines = (
        (
            file, index, game, row.song_id, row.chart_id, row.playtype, row.difficulty, row.level, row.level_num,
            row.is_primary, row.versions, _to_json(row.data).decode(), chart_keys({"data": row.data}),
        )
        for index, row in enumerate(rows)
    )  # fmt: skip
    _copy(f"new_chart (file, row, game, song_id, chart_id, {CHART_COLUMNS})", lines)


def _copy(target: str, lines: Iterable[Sequence[Any]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for line in lines:
            copy.write_row(line)


def plan(rows: int) -> None:
    """Tells the planner what it is about to work on: so many rows.

    The catalogue's own statistics may say that it is empty just as it is being filled. Then every way looks equally
    short to the planner, and it may choose to compare each row with each other.
    """
    _run("ANALYZE new_song; ANALYZE new_chart")
    if rows > MANY:
        _run("SET LOCAL enable_nestloop = off")


def finish(written: int) -> None:
    """Gives the planner its freedom back, and after many changes fresh statistics."""
    _run("SET LOCAL enable_nestloop TO DEFAULT")
    if written > MANY:
        _run("ANALYZE imports_song, imports_chart")


# --- charts first: what goes, and what cannot be ----------------------------------------------------------


def delete_charts(games: Collection[str]) -> Counts:
    """Deletes the charts of these games that are not in the files, unless they have scores."""
    return _counts(
        f"DELETE FROM imports_chart chart WHERE {MISSING_CHART} AND NOT {HAS_SCORES} RETURNING game", [list(games)]
    )


def kept_charts(games: Collection[str]) -> list[tuple[str, str]]:
    """(game, chart ID) of the charts of these games that are not in the files but have scores."""
    found = f"SELECT game, chart_id FROM imports_chart chart WHERE {MISSING_CHART} ORDER BY game, id"
    return _rows(found, [list(games)])


def charts_without_song(games: Collection[str]) -> list[Problem]:
    """Charts whose song is neither in the files nor, unless its game is one of these, in the database."""
    found = _rows(
        """
        SELECT file, row, chart_id, song_id FROM new_chart new
        WHERE NOT EXISTS (SELECT FROM new_song song WHERE (song.game, song.song_id) = (new.game, new.song_id))
          AND (game = ANY(%s)
               OR NOT EXISTS (SELECT FROM imports_song song WHERE (song.game, song.song_id) = (new.game, new.song_id)))
        ORDER BY file, row
        """,
        [list(games)],
    )
    return [
        Problem(file, f"songID: there is no song {song}", row, f"chartID {chart}") for file, row, chart, song in found
    ]


def charts_of_others() -> list[Problem]:
    """Chart IDs that stand for something else: of two games, or of another playtype than the scores on it."""
    found = _rows(
        f"""
        SELECT new.file, new.row, new.chart_id, chart.game || ' ' || chart.playtype
        FROM new_chart new JOIN imports_chart chart ON chart.chart_id = new.chart_id
        WHERE chart.game <> new.game OR (chart.playtype <> new.playtype AND {HAS_SCORES})
        UNION ALL
        SELECT new.file, new.row, new.chart_id, other.game || ' ' || other.playtype
        FROM new_chart new JOIN new_chart other ON other.chart_id = new.chart_id AND other.game < new.game
        ORDER BY 1, 2
        """
    )
    return [Problem(file, f"is a chart of {what} already", row, f"chartID {chart}") for file, row, chart, what in found]


# --- songs ------------------------------------------------------------------------------------------------


def change_songs() -> Counts:
    return _counts(
        f"""
        UPDATE imports_song song SET ({SONG_COLUMNS}) = ROW ({_of("new", SONG_COLUMNS)})
        FROM new_song new WHERE (new.game, new.song_id) = (song.game, song.song_id)
          AND ({_of("new", SONG_COLUMNS)}) IS DISTINCT FROM ({_of("song", SONG_COLUMNS)})
        RETURNING song.game
        """
    )


def insert_songs() -> Counts:
    return _counts(
        f"""
        INSERT INTO imports_song (game, song_id, {SONG_COLUMNS}) SELECT game, song_id, {SONG_COLUMNS} FROM new_song new
        WHERE NOT EXISTS (SELECT FROM imports_song song WHERE (song.game, song.song_id) = (new.game, new.song_id))
        ORDER BY game, row
        RETURNING game
        """
    )


def delete_songs(games: Collection[str]) -> Counts:
    """Deletes the songs of these games that are not in the files, unless they (still) have charts."""
    return _counts(
        f"""
        DELETE FROM imports_song song WHERE {MISSING_SONG}
          AND NOT EXISTS (SELECT FROM imports_chart chart WHERE chart.song_id = song.id)
        RETURNING game
        """,
        [list(games)],
    )


def kept_songs(games: Collection[str]) -> Counts:
    """Songs of these games that are not in the files, after `delete_songs`: their charts are still there."""
    return _counts(f"SELECT game FROM imports_song song WHERE {MISSING_SONG}", [list(games)])


# --- charts -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stale:
    """Primary keys of charts with scores: those whose formulas see something new, and those whose flag changes."""

    rated: frozenset[int]
    flagged: frozenset[int]


def stale_charts() -> Stale:
    """Which charts' scores depend on what is about to change. Versions alone change nothing for a stored score."""
    facts = "level, level_num, difficulty, data"
    found = _rows(
        f"""
        SELECT id, bool_or(rated), bool_or(flagged) FROM (
            SELECT chart.id, ({_of("chart", facts)}) IS DISTINCT FROM ({_of("new", facts)}) AS rated,
                   chart.is_primary <> new.is_primary AS flagged
            FROM new_chart new JOIN imports_chart chart ON chart.chart_id = new.chart_id
            WHERE ({_of("chart", facts)}, chart.is_primary) IS DISTINCT FROM ({_of("new", facts)}, new.is_primary)
            UNION ALL
            SELECT chart.id, true, false
            FROM new_song new JOIN imports_song song ON (song.game, song.song_id) = (new.game, new.song_id)
            JOIN imports_chart chart ON chart.song_id = song.id
            WHERE song.data <> new.data
            OFFSET 0
        ) chart WHERE {HAS_SCORES} GROUP BY id
        """
    )
    return Stale(frozenset(k for k, rated, _ in found if rated), frozenset(k for k, _, flagged in found if flagged))


def displace_charts() -> list[tuple[int, str, str]]:
    """A chart that is not in the files gives way where a chart of the files is now the primary one.

    Returns (primary key, game, chart ID) of each.
    """
    return _rows(
        """
        UPDATE imports_chart chart SET is_primary = false
        FROM new_chart new JOIN imports_song song ON (song.game, song.song_id) = (new.game, new.song_id)
        WHERE chart.is_primary AND new.is_primary AND chart.chart_id <> new.chart_id
          AND (chart.song_id, chart.playtype, chart.difficulty) = (song.id, new.playtype, new.difficulty)
          AND NOT EXISTS (SELECT FROM new_chart itself WHERE itself.chart_id = chart.chart_id)
        RETURNING chart.id, chart.game, chart.chart_id
        """
    )


def vacate_charts() -> None:
    """Charts that change place give up the old one first: two that swap must not meet."""
    _run(
        """
        UPDATE imports_chart chart SET is_primary = false
        FROM new_chart new JOIN imports_song song ON (song.game, song.song_id) = (new.game, new.song_id)
        WHERE chart.chart_id = new.chart_id AND chart.is_primary
          AND (chart.song_id, chart.playtype, chart.difficulty, chart.is_primary)
              IS DISTINCT FROM (song.id, new.playtype, new.difficulty, new.is_primary)
        """
    )


def change_charts() -> Counts:
    return _counts(
        f"""
        UPDATE imports_chart chart SET (song_id, {CHART_COLUMNS}) = ROW (song.id, {_of("new", CHART_COLUMNS)})
        FROM new_chart new JOIN imports_song song ON (song.game, song.song_id) = (new.game, new.song_id)
        WHERE chart.chart_id = new.chart_id
          AND (song.id, {_of("new", CHART_COLUMNS)}) IS DISTINCT FROM (chart.song_id, {_of("chart", CHART_COLUMNS)})
        RETURNING chart.game
        """
    )


def insert_charts() -> Counts:
    return _counts(
        f"""
        INSERT INTO imports_chart (chart_id, game, song_id, {CHART_COLUMNS})
        SELECT new.chart_id, new.game, song.id, {_of("new", CHART_COLUMNS)}
        FROM new_chart new JOIN imports_song song ON (song.game, song.song_id) = (new.game, new.song_id)
        WHERE NOT EXISTS (SELECT FROM imports_chart chart WHERE chart.chart_id = new.chart_id)
        ORDER BY new.game, new.row
        RETURNING game
        """
    )


# --- asking the database ----------------------------------------------------------------------------------


def _of(table: str, columns: str) -> str:
    return ", ".join(f"{table}.{column}" for column in columns.split(", "))


def _run(statement: str, values: Sequence[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _rows(statement: str, values: Sequence[Any] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _counts(statement: str, values: Sequence[Any] | None = None) -> Counts:
    """Counts what a statement returns, by game."""
    return dict(_rows(f"WITH touched AS ({statement}) SELECT game, count(*) FROM touched GROUP BY game", values))
