"""Personal bests: derived from the scores of a player on a chart."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F

from imports.models.accounts import User
from imports.models.catalogue import Chart


class PersonalBest(models.Model):
    """A player's best on a chart, composed of one or several scores.

    `composed_from` is a list of `{name, scoreID}`, the primary score first; `score_id` is the primary score's.
    `rank_keys` order a leaderboard, largest first. `time_achieved` is in Unix milliseconds.
    """

    # Without their own indexes: those of the constraint and `best_by_rank` begin with these columns.
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="bests", db_index=False)
    # A chart with scores cannot be deleted: score IDs are derived from its ID.
    chart = models.ForeignKey(Chart, on_delete=models.PROTECT, related_name="bests", db_index=False)
    game = models.CharField(max_length=16)
    playtype = models.CharField(max_length=16)
    is_primary = models.BooleanField()
    score_id = models.CharField(max_length=65)
    highlight = models.BooleanField(default=False)
    time_achieved = models.FloatField(null=True, blank=True)
    score_data = models.JSONField()
    calculated_data = models.JSONField()
    composed_from = models.JSONField()
    rank_keys = ArrayField(models.FloatField())

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "chart"), name="one_best_a_player_and_chart"),)
        indexes = (
            models.Index("user", "game", "playtype", name="best_by_user"),
            # The order of a leaderboard: ranks are counted and pages read with the index alone.
            models.Index(
                "chart",
                F("rank_keys").desc(),
                F("time_achieved").asc(nulls_last=True),
                F("score_id"),
                name="best_by_rank",
            ),
        )

    def __str__(self) -> str:
        return self.score_id
