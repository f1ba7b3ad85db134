"""Ratings and classes of players per playtype, derived from the bests, and their histories."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from imports.models.accounts import User
from imports.models.documents import Import


class GameStats(models.Model):
    """`ratings` maps profile ratings to numbers or null; `classes` maps class sets to class ids.

    Exists while the player has scores on the playtype or a provided class of it.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="game_stats", db_index=False)
    game = models.CharField(max_length=16)
    playtype = models.CharField(max_length=16)
    ratings = models.JSONField(default=dict)
    classes = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "game stats"
        constraints = (models.UniqueConstraint(fields=("user", "game", "playtype"), name="one_stats_row_a_playtype"),)
        # For rankings, which look at all players of a playtype.
        indexes = (models.Index(fields=("game", "playtype"), name="stats_by_playtype"),)

    def __str__(self) -> str:
        return f"{self.game}:{self.playtype} of user {self.user_id}"


class DailyRatings(models.Model):
    """A day (UTC) with scores of a player, and the profile ratings at its end.

    `score_count`: the scores achieved on that day; 0 if all of them are without a time. Derived by
    `pipeline.derived.rating_history`, which defines from which day on a score counts.
    """

    # `one_row_of_ratings_a_day` begins with this column.
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="daily_ratings", db_index=False)
    game = models.CharField(max_length=16)
    playtype = models.CharField(max_length=16)
    day = models.DateField()
    score_count = models.PositiveIntegerField()
    ratings = models.JSONField()

    class Meta:
        verbose_name_plural = "daily ratings"
        constraints = (
            models.UniqueConstraint(fields=("user", "game", "playtype", "day"), name="one_row_of_ratings_a_day"),
        )

    def __str__(self) -> str:
        return f"{self.game}:{self.playtype} of user {self.user_id} on {self.day}"


class RankingEntry(models.Model):
    """A player's value in one ranking of a playtype, so that rankings are read from an index.

    `ranking`: a profile rating, `charts` (number with a best) or `gain` (of the default rating in ninety days). Gains
    are valid until the day (UTC) `until`, other values always. Derived by `pipeline.rankings.ranking_entries`.
    """

    # `one_standing_a_ranking` begins with this column.
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="ranking_entries", db_index=False)
    game = models.CharField(max_length=16)
    playtype = models.CharField(max_length=16)
    ranking = models.CharField(max_length=32)
    value = models.FloatField()
    until = models.DateField(null=True)

    class Meta:
        db_table = "imports_standing"
        verbose_name_plural = "ranking entries"
        constraints = (
            models.UniqueConstraint(fields=("user", "game", "playtype", "ranking"), name="one_standing_a_ranking"),
        )
        indexes = (
            # The order of a ranking: pages are read and ranks counted with the index alone.
            models.Index("game", "playtype", "ranking", models.F("value").desc(), "user", name="standing_by_value"),
            models.Index(fields=("until",), name="standing_by_end", condition=models.Q(until__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.ranking} in {self.game}:{self.playtype} of user {self.user_id}"


class ClassAchievement(models.Model):
    """A class reached for the first time or raised, with the import that brought it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="class_achievements", db_index=False)
    from_import = models.ForeignKey(
        Import, null=True, blank=True, on_delete=models.SET_NULL, related_name="class_achievements"
    )
    game = models.CharField(max_length=16)
    playtype = models.CharField(max_length=16)
    class_set = models.CharField(max_length=32)
    old_value = models.CharField(max_length=32, null=True, blank=True)  # noqa: DJ001 - null: none before
    new_value = models.CharField(max_length=32)
    time_achieved = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (
            models.Index(fields=("user", "game", "playtype", "class_set"), name="achievement_by_user"),
            # For the feeds.
            models.Index(
                "game", "playtype", models.F("time_achieved").desc(), models.F("id").desc(), name="achievement_by_time"
            ),
        )

    def __str__(self) -> str:
        return f"{self.class_set}: {self.new_value}"
