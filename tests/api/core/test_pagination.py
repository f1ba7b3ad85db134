"""Cursor pagination returns each row once and in order, with any page size and with changes between two pages."""

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
from tests.factories import MINUTE, NOON, charts, create_import, queued_import, score_on

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 1, tzinfo=UTC)
BY_TIME = CursorPagination(key="time_queued", kind=datetime, limit=500)
BY_COUNT = CursorPagination(key="row_count", kind=int, limit=500)
UNTIMED_LAST = CursorPagination(key="time_achieved", kind=float, limit=500, nullable=True)


def imports(*minutes: int) -> QuerySet[Import]:
    """Creates imports that were queued at `START` plus these minutes."""
    for minute in minutes:
        job = queued_import(people.alice())
        Import.objects.filter(pk=job.pk).update(time_queued=START + timedelta(minutes=minute), row_count=minute)
    return Import.objects.all()


def scores(*times: float | None) -> QuerySet[Score]:
    """Imports scores achieved these minutes after noon; None stands for an unknown time."""
    at = [None if time is None else NOON + time * MINUTE for time in times]
    rows = [score_on(chart, timeAchieved=time) for chart, time in zip(charts(len(times)), at, strict=True)]
    assert create_import(people.alice(), *rows).score_count == len(times)
    return Score.objects.all()


def pages(paging: CursorPagination, rows: QuerySet[Any], limit: int) -> Iterator[Page[Any]]:
    """Yields all pages; each is requested with the cursor of the previous one."""
    options: dict[str, Any] = {"limit": limit}
    while True:
        page = paging.page(rows, options)
        yield page
        if page.next is None:
            return
        options["cursor"] = paging.members["cursor"](page.next)


def read(paging: CursorPagination, rows: QuerySet[Any], limit: int) -> list[Any]:
    return [row for page in pages(paging, rows, limit) for row in page.rows]


@pytest.mark.quick_rows(4)
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
def test_all_pages_together_contain_the_whole_list_in_order(paging: CursorPagination, limit: int) -> None:
    rows = imports(2, 0, 2, 2, 1, 0)
    sign = "-" if paging.descending else ""
    whole = list(rows.order_by(*dict.fromkeys([f"{sign}{paging.key}", f"{sign}pk"])))
    assert read(paging, rows, limit) == whole


@pytest.mark.quick_rows(4)
@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6])
@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("times", [(3, None, 1, None, 3, 2.5), (None, None), (2, 1), ()])
def test_rows_with_a_null_key_come_last(times: tuple[float | None, ...], descending: bool, limit: int) -> None:
    paging = CursorPagination(key="time_achieved", kind=float, limit=500, nullable=True, descending=descending)
    rows = scores(*times)
    order = F("time_achieved")
    ordered = order.desc(nulls_last=True) if descending else order.asc(nulls_last=True)
    assert read(paging, rows, limit) == list(rows.order_by(ordered, "-pk" if descending else "pk"))


def test_an_annotation_can_be_the_pagination_key() -> None:
    paging = CursorPagination(key="rows", kind=int, limit=9)
    rows = imports(1, 3, 2).annotate(rows=F("row_count") * 2)
    assert [row.rows for row in read(paging, rows, 1)] == [6, 4, 2]


def test_rows_added_or_deleted_between_two_pages_do_not_shift_other_rows() -> None:
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


def test_a_full_last_page_has_no_next_cursor() -> None:
    assert BY_COUNT.page(imports(1, 2), {"limit": 2}).next is None


def test_a_page_takes_one_query_and_a_second_where_null_keys_begin(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    rows = scores(1, 2, 3, None)
    for limit, queries in [(2, 1), (3, 2), (9, 2)]:
        with django_assert_num_queries(queries):
            UNTIMED_LAST.page(rows, {"limit": limit})


# --- parameters -----------------------------------------------------------------------------------------


def cursor(*position: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


@pytest.mark.quick_rows(4)
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
def test_a_forged_cursor_is_refused(text: Any) -> None:
    with pytest.raises(Violation, match=INVALID_CURSOR):
        BY_COUNT.members["cursor"](text)


@pytest.mark.parametrize(
    "time",
    ["2026-01-01T00:00:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"],
    ids=["without a zone", "before the year 1", "after the year 9999"],
)
def test_a_cursor_whose_time_is_no_stored_time_is_refused(time: str) -> None:
    with pytest.raises(Violation, match=INVALID_CURSOR):
        BY_TIME.members["cursor"](cursor("time_queued", time, 1))


@pytest.mark.parametrize("text", ["0", "-1", "501", "1.5", "", "x", "٣", "1" * 5000, ["1", "2"]])
def test_a_limit_out_of_range_is_refused(text: Any) -> None:
    with pytest.raises(Violation, match="Expected an integer between 1 and 500"):
        BY_COUNT.members["limit"](text)


# --- responses ------------------------------------------------------------------------------------------


def pagination_headers(page: Page[Any], query: str = "?limit=2&cursor=old&game=sdvx") -> dict[str, str]:
    request = Request(RequestFactory().get(f"/api/v1/lists/a>b{query}"))
    return dict(page.add_pagination_headers(request, HttpResponse()).headers)


def test_the_pagination_headers_link_to_the_next_page() -> None:
    headers = pagination_headers(Page([], "new"))
    assert headers["X-Next-Cursor"] == "new"
    assert headers["Link"] == '<http://testserver/api/v1/lists/a%3Eb?limit=2&cursor=new&game=sdvx>; rel="next"'


def test_the_link_header_uses_the_public_url(settings: Settings) -> None:
    settings.TACHI_PUBLIC_URL = "https://imports.example"
    assert pagination_headers(Page([], "new"))["Link"].startswith("<https://imports.example/api/v1/lists/")


def test_the_pagination_headers_are_exposed_to_other_origins() -> None:
    exposed = people.guest().get("/api/v1/status").headers["Access-Control-Expose-Headers"].split(", ")
    assert {"Link", "X-Next-Cursor"} <= set(exposed)


def test_the_last_page_has_no_pagination_headers() -> None:
    assert set(pagination_headers(Page([], None))) == {"Content-Type"}
