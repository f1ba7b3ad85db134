"""What hooks need beside scores: charts that players bring, courses, and replays.

Charts of BMS and PMS that the seeds do not know come in once enough players have played them. Until then each play
waits as an orphan, with the hash of its chart; who waits for a chart is whoever has such an orphan. So a revert, which
takes orphans away, needs nothing of its own here, and neither does a restore.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F
from django.utils import timezone

from imports.models.accounts import User
from imports.models.catalogue import Chart


class ReadOnlyError(TypeError):
    """Rows of a view of the database cannot be written."""


class WaitingChart(models.Model):
    """A chart that players have played and nobody knows: a view over their orphans. `id` is that of the first one."""

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
    """A chart that came in because players played it, and what moderators have decided of it since.

    While `closed_at` is set the hash stays out of the catalogue: its plays are on `merged_into`, or wait as orphans.
    """

    game = models.CharField(max_length=16)
    playtype = models.CharField(max_length=16)
    chart_hash = models.CharField("hash", max_length=64)
    title = models.TextField()
    # The decision on a hash outlives its chart. But the chart that took its place must stay: plays are on it.
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
    """A course of BMS or PMS, as the seeds bring it: whoever clears it reaches a class. Its charts by their MD5."""

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


MAX_REPLAYS = 200  # of a player


class ReplayManager(models.Manager["Replay"]):
    """Where replays are stored, so that nobody's are too many."""

    def store(self, user: User, score_id: str, content: bytes) -> None:
        """Stores the replay of a score of this player, in place of an earlier one. The oldest of too many go."""
        facts = {"user": user, "content": content, "size": len(content), "time_added": timezone.now()}
        self.update_or_create(score_id=score_id, defaults=facts)
        kept = self.filter(user=user).order_by("-time_added", "-pk").values("pk")[:MAX_REPLAYS]
        self.filter(user=user).exclude(pk__in=kept).delete()


class Replay(models.Model):
    """The replay of a play of USC. By the ID of the score, as scores come and go with reverts and restores."""

    # `replay_by_user` begins with it.
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
