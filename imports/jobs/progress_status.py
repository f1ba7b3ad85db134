"""The progress of imports and checks, and the activity of the sweepers."""

from __future__ import annotations

from typing import Any, Protocol

from imports import monitoring
from imports.jobs import queue
from imports.models import Import
from imports.models.documents import UNFINISHED
from imports.pipeline.progress import Progress, Snapshot, ongoing_facts, queued_facts, read, writer


class HasAttempts(Protocol):
    """The columns that the progress of an import needs. Creating a model would cost as much as a poll."""

    @property
    def import_id(self) -> str: ...
    @property
    def attempts(self) -> int: ...


def progress_writer(import_id: str) -> Any:
    """Returns the function that writes a progress to Redis."""
    return writer(queue.redis(), import_id)


def sweeps() -> monitoring.Sweeps:
    """Returns the last activity of the sweepers."""
    return monitoring.sweeps(queue.redis())


def progress_of(job: Import) -> Snapshot | None:
    """Returns the progress of a running import; None if unknown."""
    return get_progress(job.import_id)


def create_progress(name: str) -> Progress:
    """Returns a progress that `get_progress` reads, for work other than an import, such as a check."""
    return Progress(progress_writer(name))


def get_progress(name: str) -> Snapshot | None:
    """Returns the progress that was written last; None if unknown."""
    return read(queue.redis(), name)


def progress_facts(job: HasAttempts, *, position: int | None) -> dict[str, Any]:
    """Returns the `progress` of an unfinished import, as polls and pages show it; what is unknown is left out.

    `position`: its place in the queue, None once it runs.
    """
    if position is not None:
        return queued_facts(queuePosition=position)
    return ongoing_facts(get_progress(job.import_id), attempts=job.attempts)


def queue_position(job: Import) -> int:
    """Returns how many of the same player's imports are before this one (0: it is next or running)."""
    before = Import.objects.filter(user_id=job.user_id, state__in=UNFINISHED, pk__lt=job.pk)
    return before.count()
