"""Pages read through indexes: none scans a table that grows with the players.

The plans are those for a database of a size at which PostgreSQL scans a table if no index fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from imports.models import Import, Score
from imports.models import Session as PlaySession
from tests import people
from tests.plans.conftest import IMPORTS, PLAYERS
from tests.query_plans import plan_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

GROWING = {
    f"imports_{name}"
    for name in (
        "score", "personalbest", "dailyratings", "standing", "session", "importsession", "import", "importproblem",
    )
}  # fmt: skip


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
    "/games/sdvx/Single/players/",
    "/games/sdvx/Single/players/?page=2",
    "/games/sdvx/Single/players/?by=gain",
    "/games/sdvx/Single/players/?by=charts&q=other_7",
    "/games/sdvx/Single/compare/?one=alice&other=other_7",
    "/orphans/",
)


@pytest.mark.slow
@pytest.mark.usefixtures("_many")
def test_no_page_scans_a_table_that_grows_with_the_players() -> None:
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
    found = {page: list(scanned_tables(client, page.format(**names))) for page in PAGES}
    assert found == {page: [] for page in PAGES}


def scanned_tables(client: Client, address: str) -> Iterator[tuple[str, str]]:
    """Yields the large tables that a page reads by a sequential scan, each with the statement."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200, address
    for query in queries.captured_queries:
        if re.match(r"\s*(SELECT|WITH)\b", query["sql"]):
            plan = plan_of(query["sql"], without=["enable_seqscan"])
            for table in GROWING & set(re.findall(r"Seq Scan on (\w+)", plan)):
                yield table, query["sql"]
