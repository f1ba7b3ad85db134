"""Retries of a player's orphans: a few within the request, many as a job.

The job is a row (`OrphanRetry`); the queue only carries the player's ID. Orphans are processed in batches, each in a
transaction under the player's lock, which also records the progress.
"""

from __future__ import annotations

import contextlib
import logging
import time
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections, connection, transaction
from django.db.models import Count, F, Max
from django.utils import timezone

from imports import spans
from imports.jobs import progress_status, queue
from imports.jobs.configuration import enabled_games
from imports.models import APIToken, OrphanRetry, OrphanScore, User
from imports.pipeline import orphan_retries, orphans, states
from imports.pipeline.orphans import ReprocessResult
from imports.pipeline.progress import Snapshot, Stage
from imports.pipeline.states import PlayerLocked

log = logging.getLogger(__name__)

MAX_ORPHANS_PER_REQUEST = 200  # about half a second of work
ORPHANS_PER_TRANSACTION = 500
RETRY_FOR_SECONDS = 5.0  # then waiting imports are next
MAX_CRASHES = 5  # in a row, on the same batch
CRASHED_RETRY = "An internal service error has occured while orphan scores were reprocessed. This has been reported!"


def retry_orphans(user: User, *, by: User | None, token: APIToken | None = None) -> ReprocessResult | OrphanRetry:
    """Retries a player's orphans: at once if they are few, otherwise as a job, which is returned. Raises PlayerLocked.

    A player has one such job at a time, and an unfinished one is returned. A retry that a load of seeds planned and
    that has not started is done at once.
    """
    planned = OrphanRetry.objects.filter(user=user, time_finished=None, by=None, time_touched=None)
    if (unfinished := unfinished_retry(user)) is not None and not planned.exists():
        return unfinished
    # Counts no further than necessary: a player may have a hundred thousand orphans.
    if OrphanScore.objects.filter(user=user)[: MAX_ORPHANS_PER_REQUEST + 1].count() <= MAX_ORPHANS_PER_REQUEST:
        result = orphans.reprocess(user, enabled_games(), by=by, token=token)
        # Otherwise the sweeper would retry the same orphans again.
        planned.delete()
        return result
    # One transaction: a worker must find the row.
    with transaction.atomic():
        retry = _get_or_create(user, by=by, token=token)
        transaction.on_commit(lambda: queue.enqueue_orphans(str(user.pk)))
    return retry


def retry_orphans_now(user: User) -> ReprocessResult:
    """Retries a player's orphans in batches and returns the total result. Raises PlayerLocked.

    Continues a retry in progress; if an import interrupts it, the workers continue.
    """
    if not OrphanScore.objects.filter(user=user).exists():
        return ReprocessResult()
    retry = _get_or_create(user, by=None)
    while _try_batch(retry):
        pass
    return _reprocess_result(retry)


def progress_name(user_id: int) -> str:
    """Returns the name of the progress of a player's retry (`progress_status.get_progress`)."""
    return f"orphans:{user_id}"


def orphan_progress(retry: OrphanRetry) -> dict[str, Any]:
    """Returns the `progress` of an unfinished retry, as polls and pages show it; what is unknown is left out."""
    progress = progress_status.get_progress(progress_name(retry.user_id))
    eta = progress.eta if progress is not None and progress.total == retry.total else None
    return {
        "description": f"Reprocessed {retry.processed} orphan scores.",
        "stage": Stage.CHECKING,
        "percent": retry.percent,
        "processed": retry.processed,
        "total": retry.total,
        **({} if eta is None else {"etaSeconds": eta}),
        "stages": [],
    }


def unfinished_retry(user: User) -> OrphanRetry | None:
    """Returns the retry of a player's orphans that is in progress."""
    return OrphanRetry.objects.filter(user=user, time_finished=None).first()


def perform_orphans(user_id: str) -> None:
    """Continues a player's retry, or starts a planned one: the job in the queue."""
    close_old_connections()
    with spans.span("orphans", user_id=str(user_id)):
        _continue_retry(user_id)


def _continue_retry(user_id: str) -> None:
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        return
    unfinished = OrphanRetry.objects.filter(user=user, time_finished=None)
    if user.is_banned:  # a banned player's orphans are not retried
        unfinished.update(has_failed=True, time_finished=timezone.now())
        return
    if not unfinished.exists() and not OrphanScore.objects.filter(user=user).exists():
        return
    retry = _get_or_create(user, by=None)
    until = time.monotonic() + RETRY_FOR_SECONDS
    try:
        while _try_batch(retry):
            _report_progress(retry)
            if time.monotonic() > until:  # continue behind imports queued meanwhile
                queue.enqueue_orphans(user_id)
                return
    except PlayerLocked:
        return  # the sweeper queues it again
    except (OperationalError, InterfaceError):
        log.warning("retrying the orphans of user %s was interrupted", user_id, exc_info=True)
        connection.close()
    except Exception:
        log.exception("retrying the orphans of user %s failed", user_id)
        with contextlib.suppress(OperationalError, InterfaceError):
            # Not by saving `retry`: its counts may include what was rolled back.
            mine = OrphanRetry.objects.filter(pk=retry.pk, time_finished=None)
            mine.update(crashes=F("crashes") + 1)
            mine.filter(crashes__gte=MAX_CRASHES).update(has_failed=True, time_finished=timezone.now())


class OrphanSweep:
    """Queues the retries that no worker runs, and once per night plans one for each player with orphans."""

    def __init__(self) -> None:
        self._planned: datetime | None = None

    def __call__(self) -> None:
        night = orphan_retries.last_night()
        if night != self._planned:
            orphan_retries.plan_nightly()
            self._planned = night
        for user_id in orphan_retries.due():
            queue.enqueue_orphans(str(user_id))


def _get_or_create(user: User, *, by: User | None, token: APIToken | None = None) -> OrphanRetry:
    """Returns the player's unfinished retry, or a new one that covers all orphans."""
    # Up to the newest orphan: later ones have just been tried by their own import.
    waiting = OrphanScore.objects.filter(user=user).aggregate(total=Count("pk"), up_to=Max("pk"))
    retry, is_new = OrphanRetry.objects.get_or_create(
        user=user,
        time_finished=None,
        defaults={
            "by": by,
            "token": token,
            "total": waiting["total"],
            "up_to": waiting["up_to"] or 0,
            "time_touched": timezone.now(),
        },
    )
    if is_new:
        orphan_retries.expired().filter(user=user).delete()
    return retry


def _try_batch(retry: OrphanRetry) -> bool:
    """Retries the next batch; returns False if none is left. Raises PlayerLocked."""
    # One transaction: a batch is processed and recorded, or neither.
    with transaction.atomic():
        states.acquire_player_lock(retry.user_id, timeout=states.LOCK_TIMEOUT_SECONDS)
        # Another worker may have processed the batch. A load of seeds that plans the retry again meanwhile waits for
        # this lock, so that its plan is not overwritten.
        retry.refresh_from_db(from_queryset=OrphanRetry.objects.select_for_update())
        if retry.time_finished is not None:
            return False
        left = OrphanScore.objects.filter(user_id=retry.user_id, pk__gt=retry.last_tried, pk__lte=retry.up_to)
        keys = list(left.order_by("pk").values_list("pk", flat=True)[:ORPHANS_PER_TRANSACTION])
        if keys:
            batch = OrphanScore.objects.filter(pk__in=keys).select_related("from_import").order_by("from_import", "pk")
            done = orphans.try_again(list(batch), enabled_games())
            retry.processed += done.processed
            retry.rescued += done.rescued
            retry.kept += done.kept
            retry.removed += done.removed
            # By key rather than by count, as a batch deletes some of what it tries.
            retry.last_tried, retry.crashes = keys[-1], 0
        else:
            retry.time_finished = timezone.now()
            if retry.by or retry.rescued or retry.removed:  # an automatic retry without effect is not recorded
                orphans.record_retry(_reprocess_result(retry), user=retry.user, by=retry.by, token=retry.token)
        retry.time_touched = timezone.now()
        retry.save()
    return bool(keys)


def _reprocess_result(retry: OrphanRetry) -> ReprocessResult:
    return ReprocessResult(retry.processed, retry.rescued, retry.kept, retry.removed)


def _report_progress(retry: OrphanRetry) -> None:
    """Writes the progress of a retry to Redis, as for imports. For display only."""
    spent = (timezone.now() - retry.time_queued).total_seconds()
    left = spent * (retry.total - retry.processed) / retry.processed if retry.processed else None
    snapshot = Snapshot(
        attempt=1,
        stage=Stage.CHECKING,
        percent=retry.percent,
        processed=retry.processed,
        total=retry.total,
        eta=None if left is None else round(left, 1),
    )
    with contextlib.suppress(Exception):  # Redis may be gone for a while
        progress_status.progress_writer(progress_name(retry.user_id))(snapshot)
