"""A catalogue as large as the real one, made by the database."""

from __future__ import annotations

from django.db import connection

from imports.games import GAMES


def a_catalogue(*, songs: int) -> None:
    """Songs of every game, a third of them pms, with names of twenty letters: Latin, kana or kanji by turns."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(
            """
            INSERT INTO imports_song (game, song_id, title, artist, alt_titles, search_terms, data, match_keys)
            SELECT CASE WHEN number %% 3 = 0 THEN 'pms' ELSE (%(games)s::text[])[1 + number %% %(count)s] END,
                   100000 + number, name, 'Somebody ' || number %% 500, '{}', '{}', '{}', '{}'
            FROM generate_series(1, %(songs)s) AS numbers (number) CROSS JOIN LATERAL (
                SELECT string_agg(chr(CASE number %% 4
                    WHEN 0 THEN 12353 + floor(random() * 80)::int
                    WHEN 1 THEN 19968 + floor(random() * 3000)::int
                    ELSE 97 + floor(power(random(), 2) * 26)::int END), '' ORDER BY letter) AS name
                FROM generate_series(1, 20) AS letters (letter)
            ) AS names
            """,
            {"games": [game.slug for game in GAMES], "count": len(GAMES), "songs": songs},
        )
        cursor.execute("ANALYZE imports_song")
