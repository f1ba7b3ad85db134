"""The number of statements of an import is nearly the same for ten rows and for a thousand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from imports import jobs
from imports.models import Session, User
from imports.pipeline.undo.revert import RevertRequest, revert
from tests.pipeline.factories import EVENING, HALF_HOUR, import_rows, player

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogued")]

SDVX = "sdvx:Single"
TWO_HOURS_AND_MORE = 5 * HALF_HOUR  # from one session to the next
A_FEW_DOZEN = 40  # statements; COPY is not counted


def rows(count: int, *, start: int = 0, apart: float = HALF_HOUR, **more: Any) -> list[dict[str, Any]]:
    """Returns `count` different rows and two rows of unknown songs."""
    known = [
        {
            "matchType": "tachiSongID", "identifier": str(1 + i % 3), "difficulty": ("NOV", "EXH", "MXM")[i % 3],
            "score": 8_000_000 + start + i, "lamp": "CLEAR", "timeAchieved": EVENING + i * apart, **more,
        }
        for i in range(count)
    ]  # fmt: skip
    return [*known, *({**known[0], "identifier": name} for name in ("98", "99"))]


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collects the statements of the block; the list is filled when the block ends."""
    executed: list[str] = []
    with CaptureQueriesContext(connection) as queries:
        yield executed
    executed += [str(query["sql"]) for query in queries.captured_queries]  # a prepared statement has no text


def statements_of_an_import(user: User, count: int, **more: Any) -> list[str]:
    """Returns the database statements of a worker that runs an import."""
    meta = {"game": "sdvx", "playtype": "Single", "service": "World"}
    document = json.dumps({"meta": meta, "scores": rows(count, **more)}).encode()
    job = jobs.submit(user, jobs.Upload(content=document, import_type="file/batch-manual"))
    with counted() as executed:
        jobs.run_import(job.import_id)
    job.refresh_from_db()
    assert (job.score_count, job.problem_count) == (count, 2)
    return executed


def test_an_import_of_a_thousand_rows_runs_no_more_statements_than_one_of_ten() -> None:
    few = statements_of_an_import(player(), 10, apart=TWO_HOURS_AND_MORE)
    many = statements_of_an_import(player(), 1_000, apart=TWO_HOURS_AND_MORE)
    assert len(many) <= len(few) + 1  # where bests of earlier days are composed for the history of ratings


@pytest.mark.slow
def test_statements_of_an_import_into_a_history_do_not_grow_with_its_rows(user: User) -> None:
    import_rows(user, SDVX, rows(1_000, apart=TWO_HOURS_AND_MORE))
    few = statements_of_an_import(user, 10, start=5_000, apart=TWO_HOURS_AND_MORE)
    many = statements_of_an_import(user, 1_000, start=10_000, apart=TWO_HOURS_AND_MORE)
    assert len(many) <= len(few) + 1  # as above
    assert Session.objects.filter(user=user).count() == 1_000


@pytest.mark.slow
def test_reverts_take_a_constant_number_of_statements() -> None:
    executed = []
    for count in (10, 1_000):
        user = player()
        job = import_rows(user, SDVX, rows(count, apart=TWO_HOURS_AND_MORE))
        with counted() as statements:
            revert(job, RevertRequest(by=user))
        executed.append(len(statements))
    assert executed[0] == executed[1]


def test_an_import_of_one_score_runs_a_few_dozen_statements(user: User) -> None:
    import_rows(user, SDVX, rows(10))
    executed = statements_of_an_import(user, 1, start=5_000, timeAchieved=EVENING + 30 * 24 * 2 * HALF_HOUR)
    assert len(executed) < A_FEW_DOZEN, "\n".join(executed)
