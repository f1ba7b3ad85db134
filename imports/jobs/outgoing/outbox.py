"""Handing rows over to workers: one batch at a time, so that slow receivers occupy one worker at most.

The row is the job; the queue only signals that there is work. A batch that was not finished, because its worker was
killed or Redis was emptied, is handed over again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TypeVar

from django.db.models import F, QuerySet
from django.utils import timezone

from imports.models.jobs.outbox import OutboxRow

ABANDONED_AFTER = timedelta(seconds=60)
BATCH_SIZE = 20

Row = TypeVar("Row", bound=OutboxRow)


def hand_over(rows: QuerySet[Row], *, one_for_each: str = "") -> bool:
    """Marks the rows to be sent next; returns whether a worker must be queued.

    `one_for_each`: a column; a batch has one row per value of it, so that no receiver waits behind another's rows.
    """
    now = timezone.now()
    due = rows.filter(next_attempt_at__lte=now)
    # Usually no row is due.
    if not due.exists() or rows.filter(handed_over_at__gt=now - ABANDONED_AFTER).exists():
        return False
    if one_for_each:
        due = due.order_by(one_for_each, "next_attempt_at", "pk").distinct(one_for_each)
    else:
        due = due.order_by("next_attempt_at", "pk")
    keys = list(due.values_list("pk", flat=True)[:BATCH_SIZE])
    return rows.filter(pk__in=keys).update(handed_over_at=now) > 0


def take_batch(rows: QuerySet[Row]) -> list[Row]:
    """Returns the rows that were handed over. Counts the attempt first: rows that kill workers must be given up."""
    handed = rows.filter(handed_over_at__isnull=False, next_attempt_at__isnull=False)
    batch = list(handed.order_by("handed_over_at", "pk")[:BATCH_SIZE])
    rows.filter(pk__in=[row.pk for row in batch]).update(attempts=F("attempts") + 1)
    for row in batch:
        row.attempts += 1
    return batch


def release(rows: QuerySet[Row], unsent: Iterable[Row]) -> None:
    """Returns unsent rows to the outbox; their attempt does not count."""
    keys = [row.pk for row in unsent]
    rows.filter(pk__in=keys).update(handed_over_at=None, attempts=F("attempts") - 1)
