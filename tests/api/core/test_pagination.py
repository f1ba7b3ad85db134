"""Cursors: every row of a list once, in order, whatever the size of the pages and whatever happens between them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F, QuerySet
from django.http import HttpResponse
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.request import Request

from imports.api.core.pagination import INVALID_CURSOR, CursorPagination, Page
from imports.formats.schema import Violation
from imports.models import Import, Score
from tests import people
from tests.factories import MINUTE, NOON, an_import, charts, queued_import, score_on

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 1, tzinfo=UTC)
BY_TIME = CursorPagination(key="time_queued", kind=datetime, limit=500)
BY_COUNT = CursorPagination(key="row_count", kind=int, limit=500)
UNTIMED_LAST = CursorPagination(key="time_achieved", kind=float, limit=500, nullable=True)


def imports(*minutes: int) -> QuerySet[Import]:
    """Imports that were queued so many minutes after the start."""
    for minute in minutes:
        job = queued_import(people.alice())
        Import.objects.filter(pk=job.pk).update(time_queued=START + timedelta(minutes=minute), row_count=minute)
    return Import.objects.all()


def scores(*times: float | None) -> QuerySet[Score]:
    """Scores achieved so many minutes after noon, or at times that nobody knows."""
    at = [None if time is None else NOON + time * MINUTE for time in times]
    rows = [score_on(chart, timeAchieved=time) for chart, time in zip(charts(len(times)), at, strict=True)]
    assert an_import(people.alice(), *rows).score_count == len(times)
    return Score.objects.all()


def pages(paging: CursorPagination, rows: QuerySet[Any], limit: int) -> Iterator[Page[Any]]:
    """All pages, each by the cursor of the one before."""
    options: dict[str, Any] = {"limit": limit}
    while True:
        page = paging.page(rows, options)
        yield page
        if page.next is None:
            return
        options["cursor"] = paging.members["cursor"](page.next)


def read(paging: CursorPagination, rows: QuerySet[Any], limit: int) -> list[Any]:
    return [row for page in pages(paging, rows, limit) for row in page.rows]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7])
@pytest.mark.parametrize(
    "paging",
    [
        BY_TIME,
        BY_COUNT,
        CursorPagination(key="time_queued", kind=datetime, limit=9, descending=False),
        CursorPagination(key="pk", kind=int, limit=9),
        CursorPagination(key="pk", kind=int, limit=9, descending=False),
    ],
    ids=lambda paging: f"{paging.key} {'down' if paging.descending else 'up'}",
)
def test_the_pages_together_are_the_list(paging: CursorPagination, limit: int) -> None:
    rows = imports(2, 0, 2, 2, 1, 0)
    sign = "-" if paging.descending else ""
    whole = list(rows.order_by(*dict.fromkeys([f"{sign}{paging.key}", f"{sign}pk"])))
    assert read(paging, rows, limit) == whole


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6])
@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("times", [(3, None, 1, None, 3, 2.5), (None, None), (2, 1), ()])
def test_rows_without_a_value_come_last(times: tuple[float | None, ...], descending: bool, limit: int) -> None:
    paging = CursorPagination(key="time_achieved", kind=float, limit=500, nullable=True, descending=descending)
    rows = scores(*times)
    order = F("time_achieved")
    ordered = order.desc(nulls_last=True) if descending else order.asc(nulls_last=True)
    assert read(paging, rows, limit) == list(rows.order_by(ordered, "-pk" if descending else "pk"))


def test_an_annotation_can_be_the_key() -> None:
    paging = CursorPagination(key="rows", kind=int, limit=9)
    rows = imports(1, 3, 2).annotate(rows=F("row_count") * 2)
    assert [row.rows for row in read(paging, rows, 1)] == [6, 4, 2]


def test_rows_added_or_deleted_between_two_pages_move_no_others() -> None:
    rows = imports(1, 2, 3, 4, 5)
    following = pages(BY_COUNT, rows, 2)
    seen = [row.row_count for row in next(following).rows]
    Import.objects.filter(row_count=4).delete()
    imports(9)
    seen += [row.row_count for page in following for row in page.rows]
    assert seen == [5, 4, 3, 2, 1]


def test_a_page_without_a_limit_has_the_default_length() -> None:
    rows = imports(1, 2, 3)
    assert len(CursorPagination(key="row_count", kind=int, limit=9, default=2).page(rows, {}).rows) == 2
    assert len(CursorPagination(key="row_count", kind=int, limit=2).page(rows, {}).rows) == 2


def test_the_last_page_has_no_next_even_if_it_is_full() -> None:
    assert BY_COUNT.page(imports(1, 2), {"limit": 2}).next is None


def test_a_page_is_one_query_and_one_more_where_the_valueless_begin(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    rows = scores(1, 2, 3, None)
    for limit, queries in [(2, 1), (3, 2), (9, 2)]:
        with django_assert_num_queries(queries):
            UNTIMED_LAST.page(rows, {"limit": limit})


# --- what clients send ----------------------------------------------------------------------------------


def cursor(*position: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "ünicode",
        "a" * 201,
        ["a", "b"],
        cursor("row_count", 1),
        cursor("row_count", "1", 1),
        cursor("row_count", None, 1),
        cursor("row_count", 2**63, 1),
        cursor("row_count", 1, 2**63),
        cursor("time_queued", 1, 1),
        base64.urlsafe_b64encode(b'["row_count",1,1').decode(),
    ],
)
def test_cursors_of_ones_own_making_are_refused(text: Any) -> None:
    with pytest.raises(Violation, match=INVALID_CURSOR):
        BY_COUNT.members["cursor"](text)


def test_a_time_without_a_zone_is_no_cursor() -> None:
    with pytest.raises(Violation):
        BY_TIME.members["cursor"](cursor("time_queued", "2026-01-01T00:00:00", 1))


@pytest.mark.parametrize("text", ["0", "-1", "501", "1.5", "", "x", "٣", "1" * 5000, ["1", "2"]])
def test_limits_out_of_reach_are_refused(text: Any) -> None:
    with pytest.raises(Violation, match="Expected an integer between 1 and 500"):
        BY_COUNT.members["limit"](text)


# --- responses ------------------------------------------------------------------------------------------


def announced(page: Page[Any], query: str = "?limit=2&cursor=old&game=sdvx") -> dict[str, str]:
    request = Request(RequestFactory().get(f"/api/v1/lists/a>b{query}"))
    return dict(page.add_pagination_headers(request, HttpResponse()).headers)


def test_the_headers_say_where_the_next_page_is() -> None:
    headers = announced(Page([], "new"))
    assert headers["X-Next-Cursor"] == "new"
    assert headers["Link"] == '<http://testserver/api/v1/lists/a%3Eb?limit=2&cursor=new&game=sdvx>; rel="next"'


def test_the_public_address_stands_in_them(settings: Settings) -> None:
    settings.TACHI_PUBLIC_URL = "https://imports.example"
    assert announced(Page([], "new"))["Link"].startswith("<https://imports.example/api/v1/lists/")


def test_pages_of_other_origins_may_read_them() -> None:
    exposed = people.guest().get("/api/v1/status").headers["Access-Control-Expose-Headers"].split(", ")
    assert {"Link", "X-Next-Cursor"} <= set(exposed)


def test_the_last_page_announces_nothing() -> None:
    assert set(announced(Page([], None))) == {"Content-Type"}
