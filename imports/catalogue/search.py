"""The search for songs: the database finds those with the letters of the text in order, `fuzzy` ranks them.

It works for any script and any length: the index has single letters, and does not depend on which characters the
database's locale considers parts of words. (With the locale C, pg_trgm drops every Japanese letter.)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from imports.catalogue import fuzzy
from imports.formats.lookalikes import normalize, variants
from imports.formats.match_keys import ALIKE
from imports.models import Song

MAX_SONGS = 101  # songs of a game: one more than Tachi's pages show
CANDIDATES_PER_SONG = 2  # candidates that are ranked per song to return
SONGS = Song._meta.db_table

# Songs with the exact text come before those with gaps between its letters, whole fields before prefixes.
FIND = f"""
    SELECT id FROM (
        SELECT id, row_number() OVER (PARTITION BY game ORDER BY CASE
            WHEN match_keys @> ARRAY[%(alike)s]::text[]
              OR strpos(E'\\n' || search_text || E'\\n', E'\\n' || %(text)s || E'\\n') > 0 THEN 0
            WHEN strpos(E'\\n' || search_text, E'\\n' || %(text)s) > 0 THEN 1
            WHEN strpos(search_text, ' ' || %(text)s) > 0 THEN 2
            WHEN strpos(search_text, %(text)s) > 0 THEN 3
            ELSE 4 END, length(search_text), id) AS place
        FROM {SONGS}
        WHERE game = ANY(%(games)s) AND (
            (catalogue_letters(search_text) @> %(letters)s::text[] AND search_text ~ %(pattern)s)
            OR match_keys @> ARRAY[%(alike)s]::text[])
    ) found WHERE place <= %(limit)s ORDER BY place
"""  # noqa: S608 - only our own table's name is inserted
FIRST = f"""
    SELECT song.id FROM unnest(%(games)s::text[]) AS wanted (game) CROSS JOIN LATERAL (
        SELECT id, song_id FROM {SONGS} WHERE game = wanted.game ORDER BY song_id LIMIT %(limit)s
    ) song ORDER BY song.song_id
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class SongMatch:
    """A song and its points; 0 for an empty text."""

    song: Song
    score: int


def find_songs(text: str, *, game: str, limit: int = MAX_SONGS) -> list[SongMatch]:
    """Returns the songs of a game that match best, best first; with equal points, exact matches first. Two queries.

    For an empty text, returns the first songs of the catalogue.
    """
    return find_songs_of_each(text, games=[game], limit=limit)[game]


def find_songs_of_each(text: str, *, games: Sequence[str], limit: int = MAX_SONGS) -> dict[str, list[SongMatch]]:
    """Returns game -> result of `find_songs`, with at most `limit` songs each. Two queries."""
    wanted = fuzzy.pattern(text)
    songs: dict[str, list[Song]] = defaultdict(list)
    for song in candidates(wanted, games=games, limit=limit):
        songs[song.game].append(song)
    found = {}
    for game in games:
        points = [points_of(song, wanted) for song in songs[game]]
        places = fuzzy.ranked(points, limit=limit)
        found[game] = [SongMatch(songs[game][place], points[place] or 0) for place in places]
    return found


def search(wanted: str, *, games: Sequence[str], limit: int) -> tuple[str, dict[str, Any]]:
    """Returns the SQL statement that finds candidates for a `fuzzy.pattern`, and its parameters."""
    parameters: dict[str, Any] = {
        "text": wanted,
        "games": list(games),
        "letters": sorted(letter for letter in set(wanted) if len(variants(letter)) == 1),
        "pattern": r"[^\n]*".join(map(_escape_regex, wanted)),
        "alike": f"{ALIKE}:{normalize(wanted)}",
        "limit": CANDIDATES_PER_SONG * limit if wanted else limit,
    }
    return FIND if wanted else FIRST, parameters


def candidates(wanted: str, *, games: Sequence[str], limit: int) -> Iterable[Song]:
    """Returns the songs that the database finds for a `fuzzy.pattern`, likely ones first."""
    if len(wanted) > fuzzy.MAX_PATTERN_LENGTH or not games:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(*search(wanted, games=games, limit=limit))
        keys = [key for (key,) in cursor.fetchall()]
    # Loaded by key, as the statement would otherwise sort rows with all their columns.
    songs = Song.objects.defer("match_keys", "search_text").in_bulk(keys)
    return [songs[key] for key in keys]


def points_of(song: Song, wanted: str) -> int | None:
    """Returns the points of a song's best name, else of its best normalized title without blanks, else None."""
    found = fuzzy.best_score(wanted, (song.title, song.artist, *song.alt_titles, *song.search_terms))
    if found is not None:
        return found
    return fuzzy.best_score(normalize(wanted), map(normalize, (song.title, *song.alt_titles)))


def _escape_regex(letter: str) -> str:
    """Returns a PostgreSQL regular expression for a letter and the characters that are typed for it."""
    alike = variants(letter)
    if len(alike) > 1:
        return f"[{alike[1:]}{alike[0]}]"  # a dash is literal at the end
    return letter if letter.isalnum() or not letter.isascii() else f"\\{letter}"
