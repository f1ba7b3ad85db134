"""Data of hooks besides scores: charts that players bring, courses, and replays.

Charts of BMS and PMS that the seeds lack are added once enough players have played them. Until then each play is stored
as an orphan with the hash of its chart, and the players of a chart are the owners of these orphans. A revert, which
removes orphans, and a restore therefore need no code for this.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F
from django.utils import timezone

from imports.models.accounts import User
from imports.models.catalogue import Chart


class ReadOnlyError(TypeError):
    """The rows belong to a database view, which cannot be written to."""


class WaitingChart(models.Model):
    """A chart that players have played and the catalogue lacks: a view over orphans. `id` is the first orphan's."""

    game = models.CharField(max_length=16)
    playtype = models.CharField(max_length=16)
    chart_hash = models.CharField("hash", max_length=64)
    title = models.TextField()
    artist = models.TextField()
    player_count = models.PositiveIntegerField("players")
    orphan_count = models.PositiveIntegerField("plays")
    first_played = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "imports_waitingchart"

    def __str__(self) -> str:
        return f"{self.artist} - {self.title}"

    def save(self, *_args: Any, **_kwargs: Any) -> None:
        raise ReadOnlyError

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        raise ReadOnlyError


class PlayerChart(models.Model):
    """A chart that was added because players played it, with the decisions of moderators.

    While `closed_at` is set, the hash is kept out of the catalogue: its plays are on `merged_into`, or are orphans.
    """

    game = models.CharField(max_length=16)
    playtype = models.CharField(max_length=16)
    chart_hash = models.CharField("hash", max_length=64)
    title = models.TextField()
    # The decision about a hash outlives its chart. The chart it was merged into must stay, as it has the plays.
    chart = models.OneToOneField(Chart, null=True, blank=True, on_delete=models.SET_NULL, related_name="brought_by")
    added_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    merged_into = models.ForeignKey(Chart, null=True, blank=True, on_delete=models.PROTECT, related_name="merged")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("game", "playtype", "chart_hash"), name="players_bring_a_chart_once"),
        )

    def __str__(self) -> str:
        return self.title


class Course(models.Model):
    """A course of BMS or PMS, as loaded from the seeds: clearing it gives a class. Identified by its charts' MD5s."""

    md5sums = models.TextField(help_text="The hashes of its charts, one behind the other.")
    game = models.CharField(max_length=16)
    playtype = models.CharField(max_length=16)
    class_set = models.CharField(max_length=32)
    value = models.CharField(max_length=32)
    title = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("md5sums",), name="courses_are_told_apart_by_their_charts"),)

    def __str__(self) -> str:
        return self.title


MAX_REPLAYS = 200  # per player


class ReplayManager(models.Manager["Replay"]):
    """Stores replays, up to a maximum per player."""

    def store(self, user: User, score_id: str, content: bytes) -> None:
        """Stores the replay of a player's score, replacing an earlier one. Deletes the oldest beyond MAX_REPLAYS."""
        facts = {"user": user, "content": content, "size": len(content), "time_added": timezone.now()}
        self.update_or_create(score_id=score_id, defaults=facts)
        kept = self.filter(user=user).order_by("-time_added", "-pk").values("pk")[:MAX_REPLAYS]
        self.filter(user=user).exclude(pk__in=kept).delete()


class Replay(models.Model):
    """The replay of a play of USC. By score ID, as reverts and restores delete and recreate scores."""

    # `replay_by_user` begins with this column.
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="replays", db_index=False)
    score_id = models.CharField(max_length=65)
    content = models.BinaryField()
    size = models.PositiveIntegerField(help_text="Bytes.")
    time_added = models.DateTimeField(default=timezone.now)

    objects: ClassVar[ReplayManager] = ReplayManager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("score_id",), name="one_replay_a_score"),)
        indexes = (models.Index("user", F("time_added").desc(), name="replay_by_user"),)

    def __str__(self) -> str:
        return self.score_id
