"""Pages are read through indexes: none scans a table that grows with its players.

PostgreSQL is asked for its plans at a size where it would rather go through what it has no index for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from imports.models import Import, Score, User
from imports.models import Session as PlaySession
from tests import factories, people
from tests.query_plans import plan_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

PLAYERS = 300
IMPORTS = 20  # of each player, all but one of them empty
SCORES = 60
GROWING = {
    f"imports_{name}"
    for name in ("score", "personalbest", "dailyratings", "session", "importsession", "import", "importproblem")
}


def copied(table: str, changes: str, *, times: int, owner: str) -> str:
    """The rows of one player, once more for each of the others; every key moves along by as much as the player's."""
    return f"""
        INSERT INTO {table} SELECT (jsonb_populate_record(one, jsonb_build_object({changes}))).*
        FROM {table} AS one, others, generate_series(1, {times}) AS n WHERE one.{owner}
    """  # noqa: S608 - our own tables' names and keys


@pytest.fixture
def _many() -> None:
    alice = people.alice()
    rows = factories.charts(SCORES)
    job = factories.an_import(
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


PAGES = (
    "/imports/{job}/",
    "/imports/{job}/?tab=scores&page=2",
    "/imports/{job}/?tab=sessions",
    "/imports/{job}/?tab=problems",
    "/imports/{job}/?tab=history",
    "/imports/{job}/revert/",
    "/imports/",
    "/users/other_7/imports/",
    "/sessions/{session}/",
    "/scores/{score}/",
    "/charts/{chart}/",
    "/charts/{chart}/?page=3",
    "/users/alice/",
    "/users/alice/games/sdvx/Single/?range=all",
    "/users/alice/games/sdvx/Single/?tab=bests&lamp=CLEAR",
    "/users/alice/games/sdvx/Single/?tab=sessions",
    "/games/sdvx/Single/players/?page=2",
    "/games/sdvx/Single/compare/?one=alice&other=other_7",
    "/orphans/",
)


@pytest.mark.usefixtures("_many")
def test_no_page_goes_through_a_table_that_grows_with_its_players() -> None:
    client = people.session_of(people.alice())
    score = Score.objects.filter(user=people.alice()).select_related("chart", "from_import").earliest("pk")
    session = PlaySession.objects.filter(user=people.alice()).earliest("pk")
    names = {
        "job": score.from_import.import_id,
        "score": score.score_id,
        "chart": score.chart.chart_id,
        "session": session.session_id,
    }
    assert Import.objects.count() > PLAYERS * IMPORTS
    found = {page: list(gone_through(client, page.format(**names))) for page in PAGES}
    assert found == {page: [] for page in PAGES}


def gone_through(client: Client, address: str) -> Iterator[tuple[str, str]]:
    """The large tables that the statements of a page read as a whole, each with its statement."""
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200, address
    for query in asked.captured_queries:
        if re.match(r"\s*(SELECT|WITH)\b", query["sql"]):
            plan = plan_of(query["sql"], without=["enable_seqscan"])
            for table in GROWING & set(re.findall(r"Seq Scan on (\w+)", plan)):
                yield table, query["sql"]
