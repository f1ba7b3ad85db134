"""What is left to do for scores after their charts have changed."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


class Rerating(models.Model):
    """The players who have scores on changed charts, whose ratings, bests and stats follow one by one.

    `rated`, `flagged`: primary keys of charts whose formulas see something new, and of those whose primary flag has
    changed. Players are gone through by user ID: those up to `last_user` are done, so that a killed worker's work is
    taken up where it ended.
    """

    rated = ArrayField(models.BigIntegerField())
    flagged = ArrayField(models.BigIntegerField())
    player_count = models.PositiveIntegerField(default=0)
    players_done = models.PositiveIntegerField(default=0)
    scores_changed = models.PositiveIntegerField(default=0)
    last_user = models.BigIntegerField(default=0)
    time_queued = models.DateTimeField(default=timezone.now)
    time_touched = models.DateTimeField(default=timezone.now)
    time_finished = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=("id",), condition=models.Q(time_finished=None), name="unfinished_rerating"),)

    def __str__(self) -> str:
        return f"{self.players_done:,} of {self.player_count:,} players rated anew"
