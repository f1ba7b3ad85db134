"""The progress of imports and checks, and the activity of the sweepers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from django.db.models import QuerySet

from imports import monitoring
from imports.jobs import queue
from imports.models import Import, State
from imports.models.documents import UNFINISHED
from imports.pipeline.progress import Progress, Snapshot, ongoing_facts, queued_facts, read, writer


class HasAttempts(Protocol):
    """The columns that the progress of an import needs. Creating a model instance would cost as much as a poll."""

    @property
    def import_id(self) -> str: ...
    @property
    def attempts(self) -> int: ...


def progress_writer(import_id: str) -> Any:
    """Returns a function that writes snapshots of progress to Redis."""
    return writer(queue.redis(), import_id)


def sweeps() -> monitoring.Sweeps:
    """Returns the last activity of the sweepers."""
    return monitoring.sweeps(queue.redis())


def progress_of(job: Import) -> Snapshot | None:
    """Returns the progress of a running import; None if unknown."""
    return get_progress(job.import_id)


def create_progress(name: str) -> Progress:
    """Returns a progress that `get_progress` can read, for work other than imports, such as a check."""
    return Progress(progress_writer(name))


def get_progress(name: str) -> Snapshot | None:
    """Returns the last written progress; None if unknown."""
    return read(queue.redis(), name)


def redis_pool() -> Any:
    """Returns the connection pool through which progress is read."""
    return queue.redis().connection_pool


def progress_facts(
    job: HasAttempts, *, position: int | None, read_progress: Callable[[str], Snapshot | None] = get_progress
) -> dict[str, Any]:
    """Returns the `progress` of an unfinished import for polls and pages; unknown members are left out.

    `position`: its position in the queue; None for a running import.
    """
    if position is not None:
        return queued_facts(queuePosition=position)
    return ongoing_facts(read_progress(job.import_id), attempts=job.attempts)


def seconds_until_start(job: Import) -> float | None:
    """Returns the remaining seconds of the player's running import if this one is next after it; None if unknown."""
    match list(_unfinished_before(job).only("import_id", "state", "attempts")[:2]):
        case [only] if only.state == State.RUNNING:
            found = get_progress(only.import_id)
            return found.eta if found and found.attempt >= only.attempts else None
    return None


def queue_position(job: Import) -> int:
    """Returns the number of unfinished imports of the same player before this one (0: it is next or running)."""
    return _unfinished_before(job).count()


def _unfinished_before(job: Import) -> QuerySet[Import]:
    return Import.objects.filter(user_id=job.user_id, state__in=UNFINISHED, pk__lt=job.pk)
