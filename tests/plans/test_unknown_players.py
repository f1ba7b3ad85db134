"""Right after an import, PostgreSQL's statistics lack its player at least in part: no plan may depend on them.

The player has most of the scores, as the first player of an instance: then a join by player looks cheaper than a
look-up for each session. The tests count rows instead of time. A bad plan compares each session with each score.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from imports.models import Session, User
from tests import factories, people

SCORES = 60
TIMES = 30
ROWS = SCORES * TIMES
"""The number of scores of the new player; each is a session."""
PASSES = 60
"""The number of times that all nodes of a plan together may read each of them."""
IMPORT = "b" * 40
PLAYER = "/api/v1/users/newcomer/games/sdvx/Single"
READS = (
    f"/api/v1/imports/{IMPORT}",
    "/api/v1/users/newcomer/imports",
    "/api/v1/users/newcomer/sessions/calendar",
    "/api/v1/users/newcomer/activity",
    PLAYER,
    f"{PLAYER}/scores/all",
    f"{PLAYER}/scores/recent",
    f"{PLAYER}/sessions/best",
    f"{PLAYER}/sessions/recent",
    f"{PLAYER}/sessions/last",
    f"{PLAYER}/sessions/calendar",
    f"{PLAYER}/sessions?search=a",
    f"{PLAYER}/most-played",
    f"{PLAYER}/pbs/best",
    "/api/v1/users/newcomer/games/sdvx/scores/all",
    "/api/v1/users/newcomer/games/sdvx/sessions/recent",
    f"/imports/{IMPORT}/",
    f"/imports/{IMPORT}/?tab=scores&page=2",
    f"/imports/{IMPORT}/?tab=scores&sort=rating",
    f"/imports/{IMPORT}/?tab=scores&q=song",
    f"/imports/{IMPORT}/?tab=sessions",
    "/users/newcomer/",
    "/users/newcomer/games/sdvx/Single/?range=all",
    "/users/newcomer/games/sdvx/Single/?tab=bests",
    "/users/newcomer/games/sdvx/Single/?tab=sessions",
    "/games/sdvx/Single/players/",
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("redis_clean", "_unknown_player")]


@pytest.fixture
def _unknown_player() -> None:
    """Creates a player with copies of Alice's scores who is missing in the statistics."""
    rows = enumerate(factories.charts(SCORES))
    job = factories.create_import(
        people.alice(),
        *[factories.score_on(chart, timeAchieved=factories.NOON + place * 3 * factories.HOUR) for place, chart in rows],
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    newcomer = User.objects.create(username="newcomer")
    mine, of_the_import = f"user_id = {job.user_id}", f"job_id = {job.pk}"
    key, later = "one.id + 90000000 + n * 1000", f"n * {SCORES * 3 * factories.HOUR}::bigint"
    unique = "encode(sha256(('newcomer-' || n || '-' || one.id)::bytea), 'hex')"
    player = {"id": key, "user_id": str(newcomer.pk)}
    insert_copies(
        "imports_import",
        f"id = {job.pk}",
        {"id": "90000000", "user_id": str(newcomer.pk), "import_id": f"'{IMPORT}'", "score_count": str(ROWS)},
    )
    insert_copies(
        "imports_score",
        mine,
        {
            **player,
            "score_id": f"'T' || {unique}",
            "from_import_id": "90000000",
            "time_achieved": f"one.time_achieved + {later}",
        },
        times=TIMES,
    )
    insert_copies(
        "imports_session",
        mine,
        {
            **player,
            "session_id": f"'Q' || left({unique}, 40)",
            "time_started": f"one.time_started + {later}",
            "time_ended": f"one.time_ended + {later}",
        },
        times=TIMES,
    )
    insert_copies(
        "imports_importsession",
        of_the_import,
        {"id": key, "job_id": "90000000", "session_id": "one.session_id + 90000000 + n * 1000"},
        times=TIMES,
    )
    insert_copies("imports_personalbest", mine, player)
    insert_copies("imports_gamestats", mine, player)
    insert_copies("imports_dailyratings", mine, player)


def insert_copies(table: str, chosen: str, changes: dict[str, str], *, times: int = 1) -> None:
    """Inserts copies of some rows, each with changed columns."""
    changed = ", ".join(f"'{column}', {value}" for column, value in changes.items())
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} SELECT (jsonb_populate_record(one, jsonb_build_object({changed}))).*"  # noqa: S608
            f" FROM {table} AS one, generate_series(1, {times}) AS n WHERE one.{chosen}"
        )


@pytest.mark.parametrize(
    "known", ["", "imports_score", "imports_session", "imports_score, imports_session", "imports_importsession"]
)
def test_no_request_compares_each_session_with_each_score(settings: Settings, known: str) -> None:
    """`known`: the tables analyzed later; an import analyzes the scores, and autovacuum one table at a time."""
    settings.TACHI_API_DOCUMENTS = "2026"  # the scores of this version contain their sessions
    if known:
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {known}")
    too_many = {
        address: most
        for address in READS
        if (most := max(rows_by_statement(people.guest(), address), default=(0, "")))[0] > PASSES * ROWS
    }
    assert too_many == {}


@pytest.mark.parametrize("known", ["imports_score", "imports_score, imports_personalbest"])
@pytest.mark.parametrize("place", [0, ROWS // 2, ROWS - 1])
def test_the_session_page_does_not_read_all_scores_of_its_player(place: int, known: str) -> None:
    """`place`: the position of the session, of one score, among those of a player with `TIMES` scores on each chart.

    `known`: the tables analyzed later, as the scores always are by an import.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {known}")
    session = Session.objects.filter(user__username="newcomer").order_by("time_started")[place]
    statements = rows_by_statement(people.guest(), f"/sessions/{session.session_id}/", table="imports_score")
    assert {sql: rows for rows, sql in statements if rows > ROWS // 2} == {}


def rows_by_statement(client: Client, address: str, *, table: str = "") -> Iterator[tuple[int, str]]:
    """Yields each statement of a request with the number of rows that the nodes of its plan read.

    `table`: the table whose rows are counted; by default the rows of all nodes.
    """
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
        assert response.status_code == 200, address
        assert b"".join(response)
    for query in queries.captured_queries:
        sql = re.sub(r"^\s*DECLARE .*? FOR\s+", "", query["sql"])
        if re.match(r"\s*(SELECT|WITH)\b", sql):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, BUFFERS OFF, FORMAT JSON) {sql}")
                found = cursor.fetchone()[0]
            plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
            yield round(rows_read(plan, table)), sql


def rows_read(plan: Any, table: str) -> float:
    """Returns the number of rows that a plan reads: those that its nodes return, and those that they filter out."""
    dropped = sum(value for name, value in plan.items() if name.startswith("Rows Removed by"))
    own = (plan["Actual Rows"] + dropped) * plan["Actual Loops"] if table in ("", plan.get("Relation Name")) else 0
    return float(own + sum(rows_read(part, table) for part in plan.get("Plans", ())))
