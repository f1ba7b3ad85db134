"""Makes songs, charts and imports for tests. Imports run for real, in this process instead of a worker's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from django.db import connection
from PIL import Image

from imports import jobs
from imports.advisory_locks import USER_LOCK
from imports.formats.match_keys import chart_keys, song_keys
from imports.models import Chart, GameStats, Import, Song, User
from imports.pipeline.rankings import standings

NOON = 1_700_000_000_000  # Unix milliseconds
MINUTE = 60_000
HOUR = 60 * MINUTE


def a_song(song_id: int, title: str = "", *, game: str = "sdvx") -> Song:
    """A song of the sdvx kind, with no charts yet."""
    song = _unsaved_song(song_id, title, game=game)
    song.save()
    return song


def _unsaved_song(song_id: int, title: str = "", *, game: str = "sdvx") -> Song:
    title = title or f"Song {song_id}"
    return Song(
        game=game,
        song_id=song_id,
        title=title,
        artist="Somebody",
        data={"displayVersion": "booth"},
        match_keys=song_keys({"id": song_id, "title": title}),
    )


def a_chart(song: Song, difficulty: str = "EXH", *, level: int = 16, **fields: Any) -> Chart:
    """An sdvx chart whose in-game ID is its song's ID."""
    chart = _unsaved_chart(song, difficulty, level=level, **fields)
    chart.save()
    return chart


def _unsaved_chart(song: Song, difficulty: str = "EXH", *, level: int = 16, **fields: Any) -> Chart:
    data = {"inGameID": song.song_id}
    return Chart(
        chart_id=f"{song.song_id:036x}{difficulty:_>4}",
        game=song.game,
        song=song,
        playtype="Single",
        difficulty=difficulty,
        level=str(level),
        level_num=level,
        versions=["booth"],
        data=data,
        match_keys=chart_keys({"data": data}),
        **fields,
    )


def rated(user: User, ratings: Mapping[str, float | None], **fields: Any) -> GameStats:
    """Stats of a player with these ratings and no scores, and their places in the rankings."""
    stats = GameStats.objects.create(
        user=user, ratings=dict(ratings), **{"game": "sdvx", "playtype": "Single", **fields}
    )
    standings.refresh(user.pk, stats.game, stats.playtype, dict(ratings))
    return stats


def picture(kind: str = "PNG", size: tuple[int, int] = (8, 8), color: str = "red", **options: Any) -> bytes:
    """A picture of one colour, as a file of this kind."""
    content = BytesIO()
    Image.new("RGB", size, color).save(content, kind, **options)
    return content.getvalue()


def charts(count: int) -> list[Chart]:
    """So many charts of so many new songs, numbered from 1."""
    songs = Song.objects.bulk_create(_unsaved_song(number) for number in range(1, count + 1))
    return Chart.objects.bulk_create(_unsaved_chart(song) for song in songs)


def score_on(chart: Chart, score: int = 9_500_000, **fields: Any) -> dict[str, Any]:
    """A row of a BATCH-MANUAL document."""
    return {
        "matchType": "tachiSongID",
        "identifier": str(chart.song.song_id),
        "difficulty": chart.difficulty,
        "score": score,
        "lamp": "CLEAR",
        **fields,
    }


def unknown_score(**fields: Any) -> dict[str, Any]:
    """A row whose song nobody knows."""
    row = {"matchType": "tachiSongID", "identifier": "999999", "difficulty": "EXH", "score": 1, "lamp": "FAILED"}
    return {**row, **fields}


def batch_manual(*rows: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A BATCH-MANUAL document."""
    return {"meta": {"game": "sdvx", "playtype": "Single", "service": "Tests"}, "scores": list(rows), **parts}


def queued_import(user: User, *rows: dict[str, Any], **fields: Any) -> Import:
    """An import that waits for a worker."""
    content = json.dumps(batch_manual(*rows)).encode()
    return jobs.submit(user, jobs.Upload(content=content, import_type="file/batch-manual", **fields))


def an_import(user: User, *rows: dict[str, Any], parts: dict[str, Any] | None = None, **fields: Any) -> Import:
    """An import that a worker has dealt with."""
    content = json.dumps(batch_manual(*rows, **(parts or {}))).encode()
    return process(jobs.submit(user, jobs.Upload(content=content, import_type="file/batch-manual", **fields)))


def process(job: Import) -> Import:
    """Does a worker's work on an import and says what became of it."""
    jobs.run_import(job.import_id)
    job.refresh_from_db()
    return job


@contextmanager
def hold_player_lock(user: User) -> Iterator[None]:
    """Somebody else changes this player's scores: an import that stores, or a revert."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [USER_LOCK, user.pk])
        yield
    finally:
        other.close()
