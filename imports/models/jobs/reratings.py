"""Pending work on scores whose charts, or the rules of their game, have changed."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


class Rerating(models.Model):
    """The players whose ratings, bests and stats are recomputed after changes of charts or rules.

    `rated`, `flagged`: primary keys of charts whose rating inputs have changed, and of those whose primary flag has.
    Alternatively `game`: the game whose rules have changed, with `rules`, their new year. Players are processed by user
    ID: those up to `last_user` are done, so that another worker can continue after a crash.

    `busy_players`, `busy_imports`: players that were being changed when the work began, and imports that were running,
    which may have read the charts before the change. None: the work has not begun.
    """

    rated = ArrayField(models.BigIntegerField())
    flagged = ArrayField(models.BigIntegerField())
    game = models.CharField(max_length=16, blank=True, default="", db_default="")
    rules = models.PositiveSmallIntegerField(null=True, blank=True)
    player_count = models.PositiveIntegerField(default=0)
    players_done = models.PositiveIntegerField(default=0)
    scores_changed = models.PositiveIntegerField(default=0)
    last_user = models.BigIntegerField(default=0)
    busy_players = ArrayField(models.BigIntegerField(), null=True, blank=True)
    busy_imports = ArrayField(models.BigIntegerField(), null=True, blank=True)
    time_queued = models.DateTimeField(default=timezone.now)
    time_touched = models.DateTimeField(default=timezone.now)
    time_finished = models.DateTimeField(null=True, blank=True)

    class Meta:
        # The sweeper checks twice a second for unfinished reratings.
        indexes = (models.Index(fields=("id",), condition=models.Q(time_finished=None), name="unfinished_rerating"),)

    def __str__(self) -> str:
        return f"{self.players_done:,} of {self.player_count:,} players rerated"


class GameRules(models.Model):
    """The year of the rules by which the scores of a game are rated: all scores that existed at `time_applied`."""

    game = models.CharField(max_length=16)
    year = models.PositiveSmallIntegerField()
    time_applied = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "game rules"
        constraints = (models.UniqueConstraint(fields=("game",), name="a_game_has_one_year_of_rules"),)

    def __str__(self) -> str:
        return f"{self.game}: rules of {self.year}"
