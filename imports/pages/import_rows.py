"""Imports as lines of a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from imports import jobs, rules
from imports.models import AuditEntry, Import, State
from imports.models.documents import UNFINISHED
from imports.pages import words
from imports.pages.context import import_url, poll_url
from imports.pages.naming import about, milliseconds, name_of
from imports.pages.parts import ImportRow
from imports.pages.result import rating_change

FOLLOWED = 3  # rows of a page that ask how far they are; the others wait behind them anyway


def import_rows(found: Sequence[Import], reader: rules.Person) -> list[ImportRow]:
    """A query more where some are reverted, a look into Redis where one is running."""
    taken = taken_back(found)
    waiting = [job.pk for job in found if job.state in UNFINISHED]
    followed = set(sorted(waiting)[:FOLLOWED])
    return [_row(job, reader, follow=job.pk in followed, taken=taken.get(job.pk)) for job in found]


def taken_back(found: Iterable[Import]) -> dict[int, tuple[int, int]]:
    """How many scores each revert took, and how many stayed with another import."""
    reverted = [job.pk for job in found if job.state == State.REVERTED]
    if not reverted:
        return {}
    entries = AuditEntry.objects.filter(job__in=reverted, verb=AuditEntry.Verb.REVERTED).order_by("pk")
    counts = entries.values_list("job_id", "counts")
    return {key: (each.get("scores", 0), each.get("kept", 0)) for key, each in counts if key is not None}


def _row(job: Import, reader: rules.Person, *, follow: bool, taken: tuple[int, int] | None) -> ImportRow:
    name = name_of(job, private=rules.can_see_input(reader, job))
    is_done = job.state == State.COMPLETED
    rating, rating_name = rating_change(job) if is_done else ("", "")
    return ImportRow(
        import_id=job.import_id,
        name=name,
        url=import_url(job),
        about=about(job, name=name),
        state=job.state,
        time=milliseconds(job.time_queued),
        did=_did(job, taken),
        problems=job.problem_count if is_done else 0,
        rating=rating,
        rating_name=rating_name,
        may_revert=is_done and rules.can_revert(reader, None, job),
        poll_url=poll_url(job) if follow else "",
        percent=_percent(job),
    )


def _did(job: Import, taken: tuple[int, int] | None) -> str:
    match job.state:
        case State.COMPLETED:
            return words.did(scores=job.score_count, duplicates=job.duplicate_count)
        case State.FAILED:
            return words.first_line(job.error_message)
        case State.REVERTED:
            return words.reverted(*taken) if taken else words.TAKEN_BACK
        case State.CANCELLED:
            return words.CANCELLED
    return words.IN_LINE


def _percent(job: Import) -> int:
    if job.state != State.RUNNING:
        return 0
    percent: int = jobs.progress_facts(job, position=None)["percent"]
    return percent
