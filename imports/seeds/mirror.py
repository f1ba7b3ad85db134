"""The SQL statements that make the catalogue equal to a game's files, all in the game's transaction in `load`.

The rows are first copied into two temporary tables. Each statement then processes all of them and writes only rows
that differ. (ON CONFLICT would be shorter, but locks and thereby rewrites every row that is already equal.)
"""

# ruff: noqa: S608 - only names of our own tables and columns are inserted, never values

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import connection

from imports.advisory_locks import CATALOGUE_LOCK
from imports.formats.match_keys import chart_keys, song_keys
from imports.games import VERSIONED_IN_SONG_OR_CHART
from imports.seeds.rows import ChartRow, Kind, Problem, SongRow

NEVER_DELETED = frozenset({"bms", "pms"})  # imports add charts to these
BULK_THRESHOLD = 5_000  # rows
_to_json = msgspec.json.Encoder().encode

SONG_COLUMNS = "title, artist, alt_titles, search_terms, data, match_keys"
CHART_COLUMNS = "playtype, difficulty, level, level_num, is_primary, versions, data, match_keys"

STAGING = """
    DROP TABLE IF EXISTS pg_temp.new_song, pg_temp.new_chart;
    CREATE TEMPORARY TABLE new_song (
        file text, row int, game text, song_id bigint, v3_id text,
        title text, artist text, alt_titles text[], search_terms text[], data jsonb, match_keys text[]
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE new_chart (
        file text, row int, game text, song_id bigint, song_v3_id text, chart_id text, v3_id text,
        playtype text, difficulty text, level text, level_num float8, is_primary bool, versions text[], data jsonb,
        match_keys text[]
    ) ON COMMIT DROP;
"""

# A subquery with a limit, so that the planner does not scan the (many) scores before it has the (few) charts.
HAS_SCORES = "(SELECT true FROM imports_score score WHERE score.chart_id = chart.id LIMIT 1) IS NOT NULL"

# If a file has only some playtypes, charts of the others are not missing.
MISSING_CHART = """chart.game = %(game)s
    AND (%(playtypes)s::text[] IS NULL OR chart.playtype = ANY(%(playtypes)s::text[]))
    AND NOT EXISTS (SELECT FROM new_chart new WHERE (new.game, new.chart_id) = (chart.game, chart.chart_id))"""
MISSING_SONG = """song.game = %(game)s
    AND NOT EXISTS (SELECT FROM new_song new WHERE (new.game, new.song_id) = (song.game, song.song_id))"""

# A file's ID of v3 replaces the stored one. Files of 2025 have none and do not change it.
TAKES_ID = "new.v3_id NOT IN ('', {row}.v3_id)"
TAKE_ID = """
    former_ids = CASE WHEN new.v3_id NOT IN ('', {row}.v3_id)
        THEN array_remove({row}.former_ids, new.v3_id) || {row}.v3_id ELSE {row}.former_ids END,
    v3_id = coalesce(nullif(new.v3_id, ''), {row}.v3_id)"""
KEY_OF_SONG = "'id ' || coalesce(nullif(new.v3_id, ''), new.song_id::text)"
KEY_OF_CHART = "CASE WHEN new.v3_id = '' THEN 'chartID ' || new.chart_id ELSE 'id ' || new.v3_id END"

Counts = dict[str, int]
"""Game -> number of rows."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows that files list completely, so that missing ones may be deleted: of a game, or of some playtypes."""

    game: str
    playtypes: list[str] | None = None  # None: all

    @property
    def values(self) -> dict[str, Any]:
        return {"game": self.game, "playtypes": self.playtypes}


NOTHING = Listed("")


def create_staging_tables() -> None:
    """Waits for other loads to end, and creates the temporary tables."""
    # Imports that add charts take this lock, too: both assign numbers to new songs.
    _run("SELECT pg_advisory_xact_lock(%s, 0)", [CATALOGUE_LOCK])
    _run(STAGING)


def stage_songs(file: str, game: str, rows: Mapping[int, SongRow]) -> None:
    lines = (
        (
            file, index, game, row.song_id, row.v3_id, row.title, row.artist, row.alt_titles, row.search_terms,
            _to_json(row.data).decode(),
            song_keys({"id": row.song_id, "title": row.title, "altTitles": row.alt_titles, "data": row.data}),
        )
        for index, row in rows.items()
    )  # fmt: skip
    _copy(f"new_song (file, row, game, song_id, v3_id, {SONG_COLUMNS})", lines)


def stage_charts(file: str, game: str, rows: Mapping[int, ChartRow]) -> None:
    # Charts of 2026 have their songs' IDs of v3; `find_songs` looks up the numbers.
    lines = (
        (
            file, index, game, *((row.song_id, None) if isinstance(row.song_id, int) else (None, row.song_id)),
            row.chart_id, row.v3_id, row.playtype, row.difficulty, row.level, row.level_num, row.is_primary,
            row.versions, _to_json(row.data).decode(), chart_keys({"data": row.data}),
        )
        for index, row in rows.items()
    )  # fmt: skip
    _copy(f"new_chart (file, row, game, song_id, song_v3_id, chart_id, v3_id, {CHART_COLUMNS})", lines)


def _copy(target: str, lines: Iterable[Sequence[Any]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for line in lines:
            copy.write_row(line)


def plan(rows: int) -> None:
    """Prepares the planner for `rows` rows.

    The catalogue's statistics may be those of an empty table while it is being filled. All plans would then look
    equally cheap to the planner, and it might choose a nested loop over all pairs of rows.
    """
    _run("ANALYZE new_song; ANALYZE new_chart")
    if rows > BULK_THRESHOLD:
        _run("SET LOCAL enable_nestloop = off")


def find_songs() -> None:
    """Sets the song numbers of charts that have IDs of v3: from the files' songs, or else from the database's."""
    # The files first, as their IDs replace those in the database.
    for songs in ("new_song", "imports_song"):
        _run(
            f"""
            UPDATE new_chart new SET song_id = song.song_id FROM {songs} song
            WHERE new.song_id IS NULL AND (song.game, song.v3_id) = (new.game, new.song_v3_id)
            """
        )


def find_display_versions() -> None:
    """Gives songs that have no version the most frequent one of their charts, for clients of 2025."""
    _run(
        """
        UPDATE new_song song SET data = song.data || jsonb_build_object('displayVersion', chart.version)
        FROM (
            SELECT game, song_id, mode() WITHIN GROUP (ORDER BY data->>'displayVersion') AS version
            FROM new_chart WHERE game = ANY(%(games)s) AND data->>'displayVersion' IS NOT NULL GROUP BY game, song_id
        ) AS chart
        WHERE (chart.game, chart.song_id) = (song.game, song.song_id) AND NOT song.data ? 'displayVersion'
        """,
        {"games": list(VERSIONED_IN_SONG_OR_CHART)},
    )


def finish(written: int) -> None:
    """Resets the planner's settings, and updates its statistics after many changes."""
    _run("SET LOCAL enable_nestloop TO DEFAULT")
    if written > BULK_THRESHOLD:
        _run("ANALYZE imports_song, imports_chart")


# --- deletions and contradictions -------------------------------------------------------------------------


def delete_charts(listed: Listed) -> Counts:
    """Deletes the charts that are missing from the files, unless they have scores."""
    return _counts(
        f"DELETE FROM imports_chart chart WHERE {MISSING_CHART} AND NOT {HAS_SCORES} RETURNING game", listed.values
    )


def kept_charts(listed: Listed) -> list[tuple[str, str]]:
    """Returns (game, chart ID) of the charts that are missing from the files but have scores."""
    found = f"SELECT game, chart_id FROM imports_chart chart WHERE {MISSING_CHART} ORDER BY game, id"
    return _rows(found, listed.values)


def contradictions(songs: Listed) -> list[Problem]:
    """Returns contradictions of valid rows with each other or with the database.

    These are: a chart whose song is neither in the files nor in the database (or only there, if the files list all
    songs of its game); a chart ID of another game, or of another playtype that has scores; and an ID of v3 that another
    row has and keeps.
    """
    found = _rows(
        f"""
        SELECT file, row, {KEY_OF_CHART}, 'songID: there is no song ' || coalesce(song_v3_id, song_id::text)
        FROM new_chart new
        WHERE NOT EXISTS (SELECT FROM new_song song WHERE (song.game, song.song_id) = (new.game, new.song_id))
          AND (game = %(game)s
               OR NOT EXISTS (SELECT FROM imports_song song WHERE (song.game, song.song_id) = (new.game, new.song_id)))
        UNION ALL
        SELECT new.file, new.row, {KEY_OF_CHART}, 'is a chart of ' || chart.game || ' ' || chart.playtype || ' already'
        FROM new_chart new JOIN imports_chart chart ON chart.chart_id = new.chart_id
        WHERE chart.game <> new.game OR (chart.playtype <> new.playtype AND {HAS_SCORES})
        UNION ALL
        SELECT new.file, new.row, {KEY_OF_CHART}, 'id: is that of ' || chart.game || ' ' || chart.chart_id || ' already'
        FROM new_chart new JOIN imports_chart chart ON chart.v3_id = new.v3_id AND chart.chart_id <> new.chart_id
        WHERE NOT EXISTS (SELECT FROM new_chart its WHERE its.chart_id = chart.chart_id AND its.v3_id <> '')
        UNION ALL
        SELECT new.file, new.row, {KEY_OF_SONG}, 'id: is that of ' || song.game || ' ' || song.song_id || ' already'
        FROM new_song new JOIN imports_song song
          ON song.v3_id = new.v3_id AND (song.game, song.song_id) <> (new.game, new.song_id)
        WHERE NOT EXISTS (
            SELECT FROM new_song its WHERE (its.game, its.song_id) = (song.game, song.song_id) AND its.v3_id <> '')
        ORDER BY 1, 2
        """,
        songs.values,
    )
    return [Problem(file, message, row, key) for file, row, key, message in found]


def discard(problems: Collection[Problem]) -> dict[Kind, int]:
    """Removes the rows with these problems from the staging tables. Returns kind -> number of rows."""
    places = {(problem.file, problem.row) for problem in problems}
    values = [list(column) for column in zip(*places, strict=True)]
    tables: dict[Kind, str] = {"songs": "new_song", "charts": "new_chart"}
    return {
        kind: len(
            _rows(
                f"""
                DELETE FROM {table} new USING unnest(%s::text[], %s::int[]) AS broken (file, row)
                WHERE (new.file, new.row) = (broken.file, broken.row) RETURNING new.row
                """,
                values,
            )
        )
        for kind, table in tables.items()
    }


# --- songs ------------------------------------------------------------------------------------------------


def change_songs() -> Counts:
    return _counts(
        f"""
        UPDATE imports_song song SET ({SONG_COLUMNS}) = ROW ({_of("new", SONG_COLUMNS)}), {TAKE_ID.format(row="song")}
        FROM new_song new WHERE (new.game, new.song_id) = (song.game, song.song_id)
          AND (({_of("new", SONG_COLUMNS)}) IS DISTINCT FROM ({_of("song", SONG_COLUMNS)})
               OR {TAKES_ID.format(row="song")})
        RETURNING song.game
        """
    )


def insert_songs() -> Counts:
    return _counts(
        f"""
        INSERT INTO imports_song (game, song_id, v3_id, {SONG_COLUMNS})
        SELECT game, song_id, v3_id, {SONG_COLUMNS} FROM new_song new
        WHERE NOT EXISTS (SELECT FROM imports_song song WHERE (song.game, song.song_id) = (new.game, new.song_id))
        ORDER BY game, row
        RETURNING game
        """
    )


def delete_songs(listed: Listed) -> Counts:
    """Deletes the songs that are missing from the files, unless they have charts. Returns game -> number."""
    return _counts(
        f"""
        DELETE FROM imports_song song WHERE {MISSING_SONG}
          AND NOT EXISTS (SELECT FROM imports_chart chart WHERE chart.song_id = song.id)
        RETURNING game
        """,
        listed.values,
    )


def kept_songs(listed: Listed) -> Counts:
    """Returns game -> number of songs that are missing from the files; after `delete_songs` these have charts."""
    return _counts(f"SELECT game FROM imports_song song WHERE {MISSING_SONG}", listed.values)


# --- charts -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stale:
    """Primary keys of charts: `rated` have changed values that formulas read, `flagged` a changed primary flag."""

    rated: frozenset[int]
    flagged: frozenset[int]


def stale_charts() -> Stale:
    """Returns the charts whose scores depend on the coming changes. Versions do not affect stored scores.

    Charts without scores are included, as a running import that has read them may store some.
    """
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
        ) chart GROUP BY id
        """
    )
    return Stale(frozenset(k for k, rated, _ in found if rated), frozenset(k for k, _, flagged in found if flagged))


def displace_charts() -> list[tuple[int, str, str]]:
    """Clears the primary flag of charts that are not in the files where a chart of the files is now the primary one.

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
    """Clears the primary flag of charts that change song, playtype or difficulty, so that two may swap theirs."""
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
        UPDATE imports_chart chart
        SET (song_id, {CHART_COLUMNS}) = ROW (song.id, {_of("new", CHART_COLUMNS)}), {TAKE_ID.format(row="chart")}
        FROM new_chart new JOIN imports_song song ON (song.game, song.song_id) = (new.game, new.song_id)
        WHERE chart.chart_id = new.chart_id
          AND ((song.id, {_of("new", CHART_COLUMNS)}) IS DISTINCT FROM (chart.song_id, {_of("chart", CHART_COLUMNS)})
               OR {TAKES_ID.format(row="chart")})
        RETURNING chart.game
        """
    )


def insert_charts() -> Counts:
    return _counts(
        f"""
        INSERT INTO imports_chart (chart_id, v3_id, game, song_id, {CHART_COLUMNS})
        SELECT new.chart_id, new.v3_id, new.game, song.id, {_of("new", CHART_COLUMNS)}
        FROM new_chart new JOIN imports_song song ON (song.game, song.song_id) = (new.game, new.song_id)
        WHERE NOT EXISTS (SELECT FROM imports_chart chart WHERE chart.chart_id = new.chart_id)
        ORDER BY new.game, new.row
        RETURNING game
        """
    )


# --- queries ----------------------------------------------------------------------------------------------

Values = Sequence[Any] | Mapping[str, Any] | None


def _of(table: str, columns: str) -> str:
    return ", ".join(f"{table}.{column}" for column in columns.split(", "))


def _run(statement: str, values: Values = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _rows(statement: str, values: Values = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _counts(statement: str, values: Values = None) -> Counts:
    """Runs a statement and returns game -> number of the rows it returns."""
    return dict(_rows(f"WITH touched AS ({statement}) SELECT game, count(*) FROM touched GROUP BY game", values))
