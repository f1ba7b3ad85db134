"""A database large enough that PostgreSQL prefers an index to a sequential scan."""

from __future__ import annotations

import pytest
from django.db import connection

from imports.models import User
from tests import factories, people

PLAYERS = 300
IMPORTS = 20  # of each player, all but one of them empty
SCORES = 60


def copied(table: str, changes: str, *, times: int, owner: str) -> str:
    """Returns a statement that copies the rows of one player for each of the others, with shifted keys."""
    return f"""
        INSERT INTO {table} SELECT (jsonb_populate_record(one, jsonb_build_object({changes}))).*
        FROM {table} AS one, others, generate_series(1, {times}) AS n WHERE one.{owner}
    """  # noqa: S608 - our own tables' names and keys


@pytest.fixture
def _many() -> None:
    """Creates many players with copies of one player's imports and scores."""
    alice = people.alice()
    rows = factories.charts(SCORES)
    job = factories.create_import(
        alice,
        *[factories.score_on(c, timeAchieved=factories.NOON + i * 3 * factories.HOUR) for i, c in enumerate(rows)],
    )
    User.objects.bulk_create([User(username=f"other_{number}") for number in range(PLAYERS)])
    shift = "'id', one.id + others.id * 100000, 'user_id', others.id"
    unique = "encode(sha256((others.id || '-' || n || '-' || one.id)::bytea), 'hex')"
    mine = f"user_id = {alice.pk}"
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE others ON COMMIT DROP AS SELECT id FROM imports_user WHERE username LIKE 'other_%'"
        )
        for statement in (
            copied(
                "imports_import",
                f"{shift.replace('one.id +', 'one.id + n * 1000 +')}, 'import_id', left({unique}, 40)",
                times=IMPORTS,
                owner=f"id = {job.pk}",
            ),
            copied(
                "imports_score",
                f"{shift}, 'score_id', 'T' || {unique}, 'from_import_id', {job.pk} + others.id * 100000 + 1000",
                times=1,
                owner=mine,
            ),
            copied("imports_personalbest", shift, times=1, owner=mine),
            copied("imports_dailyratings", shift, times=1, owner=mine),
            copied("imports_gamestats", shift, times=1, owner=mine),
            copied("imports_standing", shift, times=1, owner=mine),
            copied("imports_session", f"{shift}, 'session_id', 'Q' || left({unique}, 40)", times=1, owner=mine),
            copied(
                "imports_importsession",
                "'id', one.id + others.id * 100000, 'session_id', one.session_id + others.id * 100000,"
                f" 'job_id', {job.pk} + others.id * 100000 + 1000",
                times=1,
                owner=f"job_id = {job.pk}",
            ),
        ):
            cursor.execute(statement)
        cursor.execute(
            "INSERT INTO imports_importproblem (job_id, row, type, message, datapoint)"
            " SELECT id, n, 'InvalidDatapoint', 'No.', '{}' FROM imports_import, generate_series(0, 2) AS n"
        )
        cursor.execute("ANALYZE")
