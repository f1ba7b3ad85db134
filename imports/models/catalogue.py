"""Songs and charts, as the seeds bring them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class Song(models.Model):
    """A song of one game. `song_id` is the catalogue's number, unique in its game only; titles are not unique.

    `search_text` holds all its names, a line each, without case and accents; the database makes it.
    """

    game = models.CharField(max_length=16)
    song_id = models.PositiveBigIntegerField()
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
        constraints = (models.UniqueConstraint(fields=("game", "song_id"), name="song_ids_are_unique_in_a_game"),)
        indexes = (
            GinIndex(fields=("match_keys",), name="song_match_keys", fastupdate=False),
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
                fields=("song", "playtype", "difficulty"),
                condition=models.Q(is_primary=True),
                name="one_primary_chart_a_difficulty",
                deferrable=None,
            ),
        )
        indexes = (
            GinIndex(fields=("match_keys",), name="chart_match_keys", fastupdate=False),
            models.Index(fields=("game", "playtype"), name="chart_game_playtype"),
        )

    def __str__(self) -> str:
        return f"{self.difficulty} {self.level}"
