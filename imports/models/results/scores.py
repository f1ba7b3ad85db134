"""Scores, the only state that is not derived."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from imports.models.accounts import User
from imports.models.catalogue import Chart
from imports.models.documents import Import


class Score(models.Model):
    """A result of a player on a chart.

    `score_data` holds provided and derived metrics at the top, and `judgements` and `optional`. `calculated_data` maps
    score ratings to numbers. `best_keys` are the numbers by which a personal best is chosen (games.judging.best_keys).
    `time_achieved` is in Unix milliseconds, None where unknown.
    """

    score_id = models.CharField(max_length=65)
    # References without their own indexes: those below begin with them, and each index slows imports down.
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="scores", db_index=False)
    chart = models.ForeignKey(Chart, on_delete=models.PROTECT, related_name="scores", db_index=False)
    # An import cannot be deleted while it has scores: a revert has to remove them first.
    from_import = models.ForeignKey(Import, on_delete=models.RESTRICT, related_name="scores", db_index=False)
    game = models.CharField(max_length=16)
    playtype = models.CharField(max_length=16)
    service = models.CharField(max_length=80)
    import_type = models.CharField(max_length=40)
    comment = models.TextField(null=True, blank=True)  # noqa: DJ001 - the API tells null from ""; some are long
    highlight = models.BooleanField(default=False)
    # Among the player's highlighted scores, from 1; None if the player has not moved it.
    pin_place = models.PositiveSmallIntegerField(null=True, blank=True)
    edited = models.BooleanField(default=False, db_default=False, help_text="Its owner changed comment or highlight.")
    time_achieved = models.FloatField(null=True, blank=True)
    time_added = models.DateTimeField(default=timezone.now)
    score_data = models.JSONField()
    score_meta = models.JSONField(default=dict)
    calculated_data = models.JSONField()
    best_keys = ArrayField(models.FloatField(null=True))

    class Meta:
        constraints = (models.UniqueConstraint(fields=("score_id",), name="score_ids_are_unique"),)
        indexes = (
            # For the refresh of bests, and for play counts, which are read from the index alone.
            models.Index("chart", "user", name="score_by_chart"),
            # For the refresh of sessions, which are intervals in it; the ID orders scores of the same time.
            models.Index("user", "game", "playtype", "time_achieved", "id", name="score_by_moment"),
            # For documents of imports and for reverts.
            models.Index("from_import", "id", name="score_by_import"),
            # For the feeds. Few scores are highlighted, so that it costs imports nothing.
            models.Index(
                "game",
                "playtype",
                F("time_achieved").desc(),
                F("id").desc(),
                name="score_highlighted",
                condition=Q(highlight=True),
            ),
        )

    def __str__(self) -> str:
        return self.score_id


class ScoreBlacklist(models.Model):
    """A score that its owner deleted for good: later imports skip it silently."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="blacklist")
    score_id = models.CharField(max_length=65)
    score = models.JSONField()
    time_added = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("score_id",), name="a_score_is_blacklisted_once"),)

    def __str__(self) -> str:
        return self.score_id
