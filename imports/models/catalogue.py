"""Songs and charts, as the seeds bring them, and how they are found by the IDs that clients have of them.

Each has two IDs. That of the API of 2025 (a chart's 40 hexadecimal digits, a song's number) is its identity: score IDs
are made from it, and seeds are mapped by it. That of the API of 2026 (`v3_id`: `C` or `S` and 19 hexadecimal digits)
comes with the seeds of 2026. Until it does, the database derives one: `f` and the first 18 digits of the SHA-256 of
the chart ID, or of `game:number` of the song. An ID that the seeds bring is eleven digits of a time and eight of
chance, so it could begin with `f` in the year 2492 at the earliest. `former_ids` are those that others took the place
of; they go on finding the row.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from imports.games.javascript import MAX_SAFE_INTEGER

DERIVED_BY_DATABASE = ""
"""What `v3_id` is inserted as. A trigger puts the derived one in its place, for the release before, too."""


class Song(models.Model):
    """A song of one game. `song_id` is the catalogue's number, unique in its game only; titles are not unique.

    `search_text` holds all its names, a line each, without case and accents; the database makes it.
    """

    game = models.CharField(max_length=16)
    song_id = models.PositiveBigIntegerField()
    v3_id = models.TextField(db_default=DERIVED_BY_DATABASE, editable=False)
    former_ids = ArrayField(models.TextField(), default=list, db_default=[], blank=True, editable=False)
    title = models.TextField()
    artist = models.TextField(blank=True)
    alt_titles = ArrayField(models.TextField(), default=list, blank=True)
    search_terms = ArrayField(models.TextField(), default=list, blank=True)
    data = models.JSONField(default=dict, blank=True)
    match_keys = ArrayField(models.TextField(), default=list, editable=False)
    search_text = models.GeneratedField(
        expression=models.Func("title", "artist", "alt_titles", "search_terms", function="catalogue_text"),
        output_field=models.TextField(),
        db_persist=True,
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("game", "song_id"), name="song_ids_are_unique_in_a_game"),
            # Checked when a statement ends: seeds may give two songs each other's.
            models.UniqueConstraint(
                fields=("v3_id",), name="v3_song_ids_are_unique", deferrable=models.Deferrable.IMMEDIATE
            ),
        )
        indexes = (
            GinIndex(fields=("match_keys",), name="song_match_keys", fastupdate=False),
            GinIndex(fields=("former_ids",), name="song_former_ids", fastupdate=False),
            # A short list of pending letters: written in a third of the time, and read as fast as without.
            GinIndex(
                models.Func("search_text", function="catalogue_letters"), name="song_letters", gin_pending_list_limit=64
            ),
        )

    def __str__(self) -> str:
        return f"{self.artist} - {self.title}" if self.artist else self.title


class Chart(models.Model):
    """A chart of a song. `chart_id` is its identity for ever: score IDs are made from it."""

    chart_id = models.TextField()
    v3_id = models.TextField(db_default=DERIVED_BY_DATABASE, editable=False)
    former_ids = ArrayField(models.TextField(), default=list, db_default=[], blank=True, editable=False)
    game = models.CharField(max_length=16)
    song = models.ForeignKey(Song, on_delete=models.PROTECT, related_name="charts")
    playtype = models.CharField(max_length=16)
    difficulty = models.TextField()
    level = models.TextField()
    level_num = models.FloatField(help_text="0 means unknown or unrated.")
    is_primary = models.BooleanField(default=True, help_text="What a look-up without a version finds.")
    versions = ArrayField(models.TextField(), default=list, blank=True)
    data = models.JSONField(default=dict, blank=True)
    match_keys = ArrayField(models.TextField(), default=list, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("chart_id",), name="chart_ids_are_unique"),
            models.UniqueConstraint(
                fields=("v3_id",), name="v3_chart_ids_are_unique", deferrable=models.Deferrable.IMMEDIATE
            ),
            models.UniqueConstraint(
                fields=("song", "playtype", "difficulty"),
                condition=Q(is_primary=True),
                name="one_primary_chart_a_difficulty",
                deferrable=None,
            ),
        )
        indexes = (
            # Without a list of pending entries: imports look charts up all the time, and seeds change seldom.
            GinIndex(fields=("match_keys",), name="chart_match_keys", fastupdate=False),
            GinIndex(fields=("former_ids",), name="chart_former_ids", fastupdate=False),
            models.Index(fields=("game", "playtype"), name="chart_game_playtype"),
        )

    def __str__(self) -> str:
        return f"{self.difficulty} {self.level}"


def find_song(game: str, song_id: str) -> Song | None:
    """The song of a game with this number or ID of v3, or that had this ID of v3 before. One query."""
    songs = Song.objects.filter(game=game)
    if song_id.isascii() and song_id.isdigit():
        digits = song_id.lstrip("0") or "0"
        # No song has a longer number, and PostgreSQL would refuse one that is no bigint.
        return songs.filter(song_id=int(digits)).first() if len(digits) <= len(str(MAX_SAFE_INTEGER)) else None
    found = songs.filter(Q(v3_id=song_id) | Q(former_ids__contains=[song_id]))
    return min(found, key=lambda song: (song.v3_id != song_id, song.pk), default=None)


def find_chart(chart_id: str, **facts: Any) -> Chart | None:
    """The chart with this ID of v3 or of v2, or that had this ID of v3 before; with its song. One query.

    `facts` (a game, a playtype) must be true of it.
    """
    by_any_id = Q(v3_id=chart_id) | Q(chart_id=chart_id) | Q(former_ids__contains=[chart_id])
    found = Chart.objects.filter(by_any_id, **facts).select_related("song")
    # An ID that a chart has comes before one that another chart had.
    return min(found, key=lambda chart: (chart.v3_id != chart_id, chart.chart_id != chart_id, chart.pk), default=None)
