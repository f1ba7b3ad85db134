"""Songs by what somebody typed: the database finds those that have its letters in order, `fuzzy` says how well.

Any script and any length: the index holds single letters, so it does not ask what the database's locale calls a word.
(The trigrams of pg_trgm drop every Japanese letter where that locale is C.)
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

MAX_SONGS = 101  # songs of a game: one more than the pages of the original show
CANDIDATES_PER_SONG = 2  # times as many are weighed
SONGS = Song._meta.db_table

# What contains the text as it stands comes before what has its letters apart; whole fields before their beginnings.
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
    ) found WHERE place <= %(most)s ORDER BY place
"""  # noqa: S608 - only our own table's name is pasted in
FIRST = f"""
    SELECT song.id FROM unnest(%(games)s::text[]) AS wanted (game) CROSS JOIN LATERAL (
        SELECT id, song_id FROM {SONGS} WHERE game = wanted.game ORDER BY song_id LIMIT %(most)s
    ) song ORDER BY song.song_id
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class SongMatch:
    """A song and its points; 0 where nothing was typed."""

    song: Song
    score: int


def find_songs(text: str, *, game: str, most: int = MAX_SONGS) -> list[SongMatch]:
    """The songs of a game that match best, best first; of equals the one that is most like the text. Two queries.

    For an empty text the first of the catalogue.
    """
    return find_songs_of_each(text, games=[game], most=most)[game]


def find_songs_of_each(text: str, *, games: Sequence[str], most: int = MAX_SONGS) -> dict[str, list[SongMatch]]:
    """The same for several games at once, each with as many. Two queries."""
    wanted = fuzzy.pattern(text)
    songs: dict[str, list[Song]] = defaultdict(list)
    for song in candidates(wanted, games=games, most=most):
        songs[song.game].append(song)
    found = {}
    for game in games:
        points = [points_of(song, wanted) for song in songs[game]]
        places = fuzzy.ranked(points, most=most)
        found[game] = [SongMatch(songs[game][place], points[place] or 0) for place in places]
    return found


def search(wanted: str, *, games: Sequence[str], most: int) -> tuple[str, dict[str, Any]]:
    """The statement that finds candidates for a `fuzzy.pattern`, with its parameters."""
    parameters: dict[str, Any] = {
        "text": wanted,
        "games": list(games),
        "letters": sorted(letter for letter in set(wanted) if len(variants(letter)) == 1),
        "pattern": r"[^\n]*".join(map(_escape_regex, wanted)),
        "alike": f"{ALIKE}:{normalize(wanted)}",
        "most": CANDIDATES_PER_SONG * most if wanted else most,
    }
    return FIND if wanted else FIRST, parameters


def candidates(wanted: str, *, games: Sequence[str], most: int) -> Iterable[Song]:
    """The songs that the database finds for a `fuzzy.pattern`, likely ones first."""
    if len(wanted) > fuzzy.MAX_PATTERN_LENGTH or not games:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(*search(wanted, games=games, most=most))
        keys = [key for (key,) in cursor.fetchall()]
    # By their keys: rows with all their columns would be sorted with them.
    songs = Song.objects.defer("match_keys", "search_text").in_bulk(keys)
    return [songs[key] for key in keys]


def points_of(song: Song, wanted: str) -> int | None:
    """Those of the best name. One that merely looks like what was typed, blanks aside, is compared without blanks."""
    found = fuzzy.best_score(wanted, (song.title, song.artist, *song.alt_titles, *song.search_terms))
    if found is not None:
        return found
    return fuzzy.best_score(normalize(wanted), map(normalize, (song.title, *song.alt_titles)))


def _escape_regex(letter: str) -> str:
    """As PostgreSQL's regular expressions know it, with what is typed for it."""
    alike = variants(letter)
    if len(alike) > 1:
        return f"[{alike[1:]}{alike[0]}]"  # a dash stands for itself at the end
    return letter if letter.isalnum() or not letter.isascii() else f"\\{letter}"
