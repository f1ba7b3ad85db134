"""Makes songs, charts and imports for tests. Imports are really processed, but in this process instead of a worker."""

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
from imports.pipeline.rankings import ranking_entries

NOON = 1_700_000_000_000  # Unix milliseconds
MINUTE = 60_000
HOUR = 60 * MINUTE


def create_song(song_id: int, title: str = "", *, game: str = "sdvx") -> Song:
    """Creates a song with the data of an sdvx song, without charts."""
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


def create_chart(song: Song, difficulty: str = "EXH", *, level: int = 16, **fields: Any) -> Chart:
    """Creates an sdvx chart whose in-game ID is its song's ID."""
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
    """Creates stats of a player with these ratings and no scores, and their ranking entries."""
    stats = GameStats.objects.create(
        user=user, ratings=dict(ratings), **{"game": "sdvx", "playtype": "Single", **fields}
    )
    ranking_entries.refresh(user.pk, stats.game, stats.playtype, dict(ratings))
    return stats


def picture(kind: str = "PNG", size: tuple[int, int] = (8, 8), color: str = "red", **options: Any) -> bytes:
    """Returns a picture of one colour, as a file of this kind."""
    content = BytesIO()
    Image.new("RGB", size, color).save(content, kind, **options)
    return content.getvalue()


def charts(count: int) -> list[Chart]:
    """Creates this number of songs, numbered from 1, with one chart each."""
    songs = Song.objects.bulk_create(_unsaved_song(number) for number in range(1, count + 1))
    return Chart.objects.bulk_create(_unsaved_chart(song) for song in songs)


def score_on(chart: Chart, score: int = 9_500_000, **fields: Any) -> dict[str, Any]:
    """Returns a row of a BATCH-MANUAL document."""
    return {
        "matchType": "tachiSongID",
        "identifier": str(chart.song.song_id),
        "difficulty": chart.difficulty,
        "score": score,
        "lamp": "CLEAR",
        **fields,
    }


def unknown_score(**fields: Any) -> dict[str, Any]:
    """Returns a row with an unknown song."""
    row = {"matchType": "tachiSongID", "identifier": "999999", "difficulty": "EXH", "score": 1, "lamp": "FAILED"}
    return {**row, **fields}


def batch_manual(*rows: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """Returns a BATCH-MANUAL document."""
    return {"meta": {"game": "sdvx", "playtype": "Single", "service": "Tests"}, "scores": list(rows), **parts}


def queued_import(user: User, *rows: dict[str, Any], **fields: Any) -> Import:
    """Creates an import that waits for a worker."""
    content = json.dumps(batch_manual(*rows)).encode()
    return jobs.submit(user, jobs.Upload(content=content, import_type="file/batch-manual", **fields))


def create_import(user: User, *rows: dict[str, Any], parts: dict[str, Any] | None = None, **fields: Any) -> Import:
    """Creates an import and processes it."""
    content = json.dumps(batch_manual(*rows, **(parts or {}))).encode()
    return run_job(jobs.submit(user, jobs.Upload(content=content, import_type="file/batch-manual", **fields)))


def run_job(job: Import) -> Import:
    """Processes an import as a worker does, and returns it."""
    jobs.run_import(job.import_id)
    job.refresh_from_db()
    return job


@contextmanager
def hold_player_lock(user: User) -> Iterator[None]:
    """Holds the lock of a player's scores on another connection, as an import or a revert does."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [USER_LOCK, user.pk])
            # Waiting would never end if an import in the test's own transaction has the lock.
            assert cursor.fetchone()[0], "the transaction of this test has the lock: mark it transaction=True"
        yield
    finally:
        other.close()
