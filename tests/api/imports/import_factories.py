"""Alice's imports for lists, and the URLs of the lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from imports.models import Import, State
from imports.models.documents import UNFINISHED
from tests import people
from tests.api.callers import Outcome
from tests.factories import an_import, queued_import

ALL, ALL_FAILED = "/api/v1/imports", "/api/v1/imports/failed"
HERS, HERS_FAILED = "/api/v1/users/alice/imports", "/api/v1/users/Alice/imports/failed"
RECENT = "/api/v1/users/alice/recent-imports"
LISTS = (ALL, ALL_FAILED, HERS, HERS_FAILED)
START = datetime(2026, 1, 1, tzinfo=UTC)


def in_state(state: State, **fields: Any) -> Import:
    """An import of Alice's, without scores; no worker was at it."""
    job = queued_import(people.alice(), **fields)
    done: dict[str, Any] = {} if state in UNFINISHED else {"time_finished": timezone.now()}
    needed: dict[State, dict[str, Any]] = {
        State.FAILED: {"status_code": 400, "error_message": "Nonsense."},
        State.REVERTED: {"reverted_at": timezone.now()},
    }
    Import.objects.filter(pk=job.pk).update(state=state, **done, **needed.get(state, {}))
    job.refresh_from_db()
    return job


def finished(minute: int, **fields: Any) -> Import:
    """A completed import of Alice's, finished so many minutes after the start."""
    job = an_import(people.alice())
    Import.objects.filter(pk=job.pk).update(time_finished=START + timedelta(minutes=minute), **fields)
    job.refresh_from_db()
    return job


def ids(expected: Any) -> list[str]:
    """The IDs of the imports in a list."""
    return [each["importID"] for each in (expected if isinstance(expected, list) else next(iter(expected.values())))]


def some_of(number: int) -> Outcome:
    return 200, f"Found {number} imports."


def some_failed(number: int) -> Outcome:
    return 200, f"Found {number} failed imports."
