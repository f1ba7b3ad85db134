"""Lists of a player with 100,000 imports: each page reads only its range of an index."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from imports.models import Import, State
from tests import people
from tests.api.envelopes import summary
from tests.factories import create_import

pytestmark = [pytest.mark.usefixtures("_many_imports"), pytest.mark.django_db, pytest.mark.slow]

TABLE = Import._meta.db_table
IMPORTS = 100_000
OTHERS = 25_000
PAGE = 500


@pytest.fixture(scope="module")
def _many_imports(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Creates imports of Alice and Bob, two minutes apart. Some failed, some are reverted, few are of iidx."""
    # One transaction that is rolled back: to create this many rows takes longer than all tests.
    with django_db_blocker.unblock(), transaction.atomic():
        model = create_import(people.alice(), client="Barbatos/1.2", user_intent=True)
        copied = [str(field.column) for field in Import._meta.concrete_fields if field.column not in CHANGED]
        columns, values = ", ".join([*CHANGED, *copied]), ", ".join([*CHANGED.values(), *copied])
        source = f"SELECT {values} FROM {TABLE}, generate_series(1, %s) AS n WHERE id = %s"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {TABLE} ({columns}) {source}", [people.bob().pk, IMPORTS + OTHERS, model.pk])
            cursor.execute(f"ANALYZE {TABLE}")
        yield
        transaction.set_rollback(True)


CHANGED = {
    "id": "id + n",
    "import_id": "lpad(n::text, 40, '0')",
    "user_id": "CASE WHEN n %% 5 = 0 THEN %s ELSE user_id END",
    "state": "CASE WHEN n %% 49 = 0 THEN 'failed' WHEN n %% 61 = 0 THEN 'reverted' ELSE 'completed' END",
    "game": "CASE WHEN n %% 19 = 0 THEN 'iidx' ELSE game END",
    "service": "CASE WHEN n %% 1000 = 1 THEN 'Rarely' ELSE 'Often' END",
    "time_queued": "time_queued - make_interval(mins => 2 * n::int)",
    "time_finished": "time_finished - make_interval(mins => 2 * n::int)",
    "status_code": "500",
    "error_message": "'Broken.'",
    "reverted_at": "time_finished",
}


def middle_cursor(client: Client, address: str) -> str:
    """Returns the cursor of the page that begins in the middle of a list."""
    middle = Import.objects.order_by("-time_queued")[IMPORTS // 2].time_queued
    until = int(middle.timestamp() * 1000)
    return client.get(f"{address}until={until}&limit=1").headers["X-Next-Cursor"]


def plans_of(client: Client, address: str) -> list[Any]:
    """Returns the query plans of the statements that select a page."""
    with CaptureQueriesContext(connection) as queries:
        status, description = summary(client.get(address))
    assert (status, description.split()[1]) == (200, str(PAGE)), description
    statements = [query["sql"] for query in queries.captured_queries if f"LIMIT {PAGE + 1}" in query["sql"]]
    return [explained(sql) for sql in statements]


def explained(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS OFF, FORMAT JSON) {sql}")
        plan = cursor.fetchone()[0]
    return (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]


def nodes(plan: Any) -> Iterator[Any]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def index_and_extra_rows(plan: Any) -> tuple[str, int]:
    """Returns the index that a plan reads and the number of rows that it reads beyond those on the page."""
    steps = list(nodes(plan))
    assert [node["Node Type"] for node in steps] == ["Limit", "Index Scan"], steps
    scan = steps[-1]
    return scan["Index Name"], scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0) - PAGE - 1


LISTS = [
    "/api/v1/imports?",
    "/api/v1/users/alice/imports?",
    "/api/v1/imports?game=iidx&",
    "/api/v1/users/alice/imports?game=iidx&",
    "/api/v1/imports/failed?",
    "/api/v1/users/alice/imports/failed?",
    "/api/v1/users/alice/imports?state=reverted&",
]


@pytest.mark.parametrize("address", LISTS)
def test_the_first_and_a_middle_page_are_read_from_an_index(address: str) -> None:
    """Of two suitable indexes PostgreSQL may use the shorter one and skip its few rows of others."""
    moderator = people.session_of(people.mo())
    for query in ("", f"cursor={middle_cursor(moderator, address)}"):
        (plan,) = plans_of(moderator, f"{address}{query}")
        index, extra_rows = index_and_extra_rows(plan)
        assert index.startswith("import_list")
        assert extra_rows <= PAGE


def test_a_list_of_failed_imports_does_not_read_those_of_others() -> None:
    """Of all failed imports, Bob may see only his own."""
    (plan,) = plans_of(people.session_of(people.bob()), "/api/v1/imports/failed?")
    assert index_and_extra_rows(plan) == ("import_list_user_state", 0)


def test_a_search_for_a_rare_word_uses_the_search_index() -> None:
    address = "/api/v1/users/alice/imports?search=rarely"
    with CaptureQueriesContext(connection) as queries:
        status, description = summary(people.guest().get(address))
    assert (status, description) == (200, f"Found {count_by_service('Rarely')} imports.")
    (sql,) = [query["sql"] for query in queries.captured_queries if f"LIMIT {PAGE + 1}" in query["sql"]]
    assert "import_search" in {node.get("Index Name") for node in nodes(explained(sql))}


def count_by_service(service: str) -> int:
    return Import.objects.filter(service=service, state=State.COMPLETED).count()


def test_a_time_range_is_read_from_an_index_without_earlier_rows() -> None:
    newest = Import.objects.latest("pk").time_finished
    oldest = Import.objects.earliest("pk").time_finished
    assert newest is not None
    assert oldest is not None
    middle = newest - (newest - oldest) / 2
    since, until = (int((middle + timedelta(days=days)).timestamp() * 1000) for days in (-2, 2))
    (plan,) = plans_of(people.guest(), f"/api/v1/users/alice/imports?since={since}&until={until}")
    index, extra_rows = index_and_extra_rows(plan)
    assert index.startswith("import_list")
    assert extra_rows <= PAGE
