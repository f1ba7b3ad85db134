"""Rows that workers send to others, retried after growing pauses."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone

FIRST_PAUSE = timedelta(seconds=30)
PAUSE_FACTOR = 4


class OutboxRow(models.Model):
    """Something to be sent, inserted in the transaction of the event.

    `next_attempt_at`: null when finished. `handed_over_at`: when a worker was queued; null while the row waits.
    """

    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    handed_over_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def put_off(self, *, max_attempts: int) -> None:
        """Plans the next attempt after a failed one, or none after the last. The caller saves."""
        pause = FIRST_PAUSE * PAUSE_FACTOR ** (self.attempts - 1)
        self.next_attempt_at = timezone.now() + pause if self.attempts < max_attempts else None
        self.handed_over_at = None
