"""What is known of the work: how far imports and checks are, and what the sweepers did."""

from __future__ import annotations

from typing import Any, Protocol

from imports import watching
from imports.jobs import queue
from imports.models import Import
from imports.models.documents import UNFINISHED
from imports.pipeline.progress import Progress, Snapshot, read, told, waiting, writer


class Attempted(Protocol):
    """What is to be known of an import whose progress is told. To make a model of it would cost as much as a poll."""

    @property
    def import_id(self) -> str: ...
    @property
    def attempts(self) -> int: ...


def progress_writer(import_id: str) -> Any:
    """Where a progress is written to."""
    return writer(queue.redis(), import_id)


def sweeps() -> watching.Sweeps:
    """What the sweepers did last."""
    return watching.sweeps(queue.redis())


def progress_of(job: Import) -> Snapshot | None:
    """How far a running import has come; None while nothing is known."""
    return how_far(job.import_id)


def followed(name: str) -> Progress:
    """A progress to be read by `how_far`, of something that is no import: a check, say."""
    return Progress(progress_writer(name))


def how_far(name: str) -> Snapshot | None:
    """What was written last; None while nothing is known."""
    return read(queue.redis(), name)


def progress_facts(job: Attempted, *, position: int | None) -> dict[str, Any]:
    """The `progress` of an import under way, as polls and pages tell it; what is unknown is left out.

    `position`: its place in the queue, None once it runs.
    Of what an earlier attempt wrote only the percentage counts: nobody sees a bar go back.
    """
    if position is not None:
        return waiting(queuePosition=position)
    found = how_far(job.import_id)
    if found is None:
        return waiting()
    return told(found) if found.attempt >= job.attempts else waiting(percent=found.percent)


def queue_position(job: Import) -> int:
    """How many of the same player's imports are before this one (0: it is next or running)."""
    before = Import.objects.filter(user_id=job.user_id, state__in=UNFINISHED, pk__lt=job.pk)
    return before.count()
