"""Imports of Alice for the tests of lists, and the URLs of the lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from imports.models import Import, State
from imports.models.documents import UNFINISHED
from tests import people
from tests.api.callers import Outcome
from tests.factories import create_import, queued_import

ALL, ALL_FAILED = "/api/v1/imports", "/api/v1/imports/failed"
HERS, HERS_FAILED = "/api/v1/users/alice/imports", "/api/v1/users/Alice/imports/failed"
RECENT = "/api/v1/users/alice/recent-imports"
LISTS = (ALL, ALL_FAILED, HERS, HERS_FAILED)
START = datetime(2026, 1, 1, tzinfo=UTC)


def in_state(state: State, **fields: Any) -> Import:
    """Creates an import of Alice in a state, without scores and without a worker."""
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
    """Creates a completed import of Alice that finished these minutes after `START`."""
    job = create_import(people.alice())
    Import.objects.filter(pk=job.pk).update(time_finished=START + timedelta(minutes=minute), **fields)
    job.refresh_from_db()
    return job


def ids(expected: Any) -> list[str]:
    """Returns the IDs of the imports in the body of a list."""
    return [each["importID"] for each in (expected if isinstance(expected, list) else next(iter(expected.values())))]


def some_of(number: int) -> Outcome:
    return 200, f"Found {number} imports."


def some_failed(number: int) -> Outcome:
    return 200, f"Found {number} failed imports."
