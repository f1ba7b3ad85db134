"""Retries of a player's orphans that are too many for a request."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from imports.models.accounts import User
from imports.models.documents import new_import_id
from imports.models.tokens import APIToken


class OrphanRetry(models.Model):
    """The row is the job: a worker retries the orphans in batches, by primary key.

    Those up to `last_tried` are done, so that another worker can continue after a crash; those after `up_to` were added
    later. `by` and `token` are null for automatic retries. `time_touched`: when a worker was last queued or active;
    null before the first time.
    """

    retry_id = models.CharField(max_length=40, default=new_import_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="orphan_retries")
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    token = models.ForeignKey(APIToken, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    last_tried = models.BigIntegerField(default=0)
    up_to = models.BigIntegerField()
    total = models.PositiveIntegerField()
    processed = models.PositiveIntegerField(default=0)
    rescued = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(default=0)
    has_failed = models.BooleanField(default=False)
    time_queued = models.DateTimeField(default=timezone.now)
    time_touched = models.DateTimeField(null=True, blank=True)
    time_finished = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "orphan retries"
        constraints = (
            models.UniqueConstraint(fields=("retry_id",), name="one_orphan_retry_an_id"),
            # Of concurrent requests one creates the retry, and all get it.
            models.UniqueConstraint(
                fields=("user",), condition=models.Q(time_finished=None), name="one_unfinished_orphan_retry_a_player"
            ),
        )
        indexes = (
            models.Index(
                fields=("time_touched",), condition=models.Q(time_finished=None), name="unfinished_orphan_retry"
            ),
        )

    def __str__(self) -> str:
        return f"{self.processed:,} of {self.total:,} orphans tried again"

    @property
    def percent(self) -> int:
        return 100 * self.processed // self.total if self.total else 0
