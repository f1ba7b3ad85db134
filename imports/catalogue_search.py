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

from imports import fuzzy
from imports.models import Song

MOST = 101  # songs of a game: one more than the pages of the original show
LOOKED_AT = 2  # times as many are weighed
SONGS = Song._meta.db_table

# What contains the text as it stands comes before what has its letters apart; whole fields before their beginnings.
FIND = f"""
    SELECT id FROM (
        SELECT id, row_number() OVER (PARTITION BY game ORDER BY CASE
            WHEN strpos(E'\\n' || search_text || E'\\n', E'\\n' || %(text)s || E'\\n') > 0 THEN 0
            WHEN strpos(E'\\n' || search_text, E'\\n' || %(text)s) > 0 THEN 1
            WHEN strpos(search_text, ' ' || %(text)s) > 0 THEN 2
            WHEN strpos(search_text, %(text)s) > 0 THEN 3
            ELSE 4 END, length(search_text), id) AS place
        FROM {SONGS}
        WHERE game = ANY(%(games)s) AND catalogue_letters(search_text) @> %(letters)s::text[]
          AND search_text ~ %(pattern)s
    ) found WHERE place <= %(most)s ORDER BY place
"""  # noqa: S608 - only our own table's name is pasted in
FIRST = f"""
    SELECT song.id FROM unnest(%(games)s::text[]) AS wanted (game) CROSS JOIN LATERAL (
        SELECT id, song_id FROM {SONGS} WHERE game = wanted.game ORDER BY song_id LIMIT %(most)s
    ) song ORDER BY song.song_id
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Found:
    """A song and its points; 0 where nothing was typed."""

    song: Song
    score: int


def find_songs(text: str, *, game: str, most: int = MOST) -> list[Found]:
    """The songs of a game that match best, best first; of equals the one that is most like the text. Two queries.

    For an empty text the first of the catalogue.
    """
    return find_songs_of_each(text, games=[game], most=most)[game]


def find_songs_of_each(text: str, *, games: Sequence[str], most: int = MOST) -> dict[str, list[Found]]:
    """The same for several games at once, each with as many. Two queries."""
    wanted = fuzzy.pattern(text)
    songs: dict[str, list[Song]] = defaultdict(list)
    for song in _candidates(wanted, games, most):
        songs[song.game].append(song)
    return {game: _best(wanted, songs[game], most) for game in games}


def search(wanted: str, *, games: Sequence[str], most: int) -> tuple[str, dict[str, Any]]:
    """The statement that finds candidates for a `fuzzy.pattern`, with its parameters."""
    parameters: dict[str, Any] = {
        "text": wanted,
        "games": list(games),
        "letters": sorted(set(wanted)),
        "pattern": r"[^\n]*".join(map(_literally, wanted)),
        "most": LOOKED_AT * most if wanted else most,
    }
    return FIND if wanted else FIRST, parameters


def _candidates(wanted: str, games: Sequence[str], most: int) -> Iterable[Song]:
    if len(wanted) > fuzzy.LONGEST_PATTERN or not games:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(*search(wanted, games=games, most=most))
        keys = [key for (key,) in cursor.fetchall()]
    songs = Song.objects.defer("match_keys", "search_text").in_bulk(keys)
    return [songs[key] for key in keys]


def _best(wanted: str, songs: Sequence[Song], most: int) -> list[Found]:
    points = [fuzzy.best_score(wanted, _texts(song)) for song in songs]
    return [Found(songs[index], points[index] or 0) for index in fuzzy.ranked(points, most=most)]


def _texts(song: Song) -> Iterable[str]:
    return song.title, song.artist, *song.alt_titles, *song.search_terms


def _literally(letter: str) -> str:
    """As PostgreSQL's regular expressions know it."""
    return letter if letter.isalnum() or not letter.isascii() else f"\\{letter}"
