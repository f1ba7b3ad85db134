"""Every list of a player is read through an index, and what is ordered by time in the order of one.

Tables of tests are small, and PostgreSQL would rather read them whole: here it may not where it can do otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from imports.models import PersonalBest, Score, Session, User
from tests import people
from tests.factories import HOUR, NOON, a_chart, a_song, an_import, charts, score_on
from tests.query_plans import OUT_OF_ORDER, plan_of

pytestmark = pytest.mark.django_db

OF_A_PLAYER = "session_by_player|sessions_of_a_player_do_not_coincide"
PLAYER = "/api/v1/users/alice/games/sdvx/Single"
READING_ALL = ("enable_seqscan",)


@dataclass(frozen=True)
class Plan:
    sql: str
    text: str

    def reads(self, table: str) -> bool:
        return f" on {table}" in self.text

    @property
    def whole_tables(self) -> list[str]:
        return re.findall(r"Seq Scan on (\w+)", self.text)

    @property
    def sorts(self) -> bool:
        """Whether more is sorted than rows of one and the same time."""
        return re.search(r"(?<!Incremental )Sort  \(", self.text) is not None


@pytest.fixture
def _played() -> None:
    rows = charts(3)
    for user in (people.alice(), people.bob()):
        an_import(
            user,
            *[score_on(rows[i % 3], 9_000_000 + i, timeAchieved=NOON + 9 * HOUR * i) for i in range(12)],
            *[score_on(chart, 8_000_000) for chart in rows],
        )
    Score.objects.filter(time_achieved=NOON).update(highlight=True)
    Session.objects.filter(time_started=NOON).update(highlight=True)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def plans(address: str, *, without: tuple[str, ...] = READING_ALL) -> list[Plan]:
    """How PostgreSQL answers what a request asks it, where it may not do it in some ways."""
    with CaptureQueriesContext(connection) as asked:
        assert people.guest().get(address).status_code == 200
    statement = [query["sql"] for query in asked.captured_queries if re.match(r"\s*(SELECT|WITH)\b", query["sql"])]
    return [Plan(sql, plan_of(sql, without=without)) for sql in statement]


def read_addresses() -> list[str]:
    chart = f"{1:036x}_EXH"
    of_a_player = (
        *("", "/history", "/most-played", "/leaderboard-adjacent", "/activity"),
        *("/pbs?search=song", "/pbs/all", "/pbs/best", f"/pbs/{chart}?getComposition=1"),
        f"/pbs/{chart}/leaderboard-adjacent",
        *("/scores?search=song", "/scores/recent", f"/scores/{chart}"),
        *("/sessions?search=a", "/sessions/best", "/sessions/recent", "/sessions/highlighted", "/sessions/last"),
        "/sessions/calendar",
    )
    of_a_user = ("/game-stats", "/stats", "/sessions/calendar", "/recent-summary", "/activity")
    return [
        *("/api/v1/users", "/api/v1/users?online=1", "/api/v1/users?search=alice"),
        *(f"/api/v1/users/alice{rest}" for rest in of_a_user),
        *(f"{PLAYER}{rest}" for rest in of_a_player),
    ]


@pytest.mark.usefixtures("_played")
@pytest.mark.parametrize("address", read_addresses())
def test_no_table_is_read_as_a_whole(address: str) -> None:
    read = [table for plan in plans(address) for table in plan.whole_tables]
    assert read == []


@pytest.mark.usefixtures("_played")
@pytest.mark.parametrize(
    ("address", "table", "index"),
    [
        (f"{PLAYER}/scores/recent?limit=2", "imports_score", "score_by_moment"),
        (f"{PLAYER}/sessions/recent?limit=2", "imports_session", OF_A_PLAYER),
        (f"{PLAYER}/sessions/last", "imports_session", OF_A_PLAYER),
        (f"{PLAYER}/sessions/calendar", "imports_session", OF_A_PLAYER),
        ("/api/v1/users?limit=1", "imports_user", "user_by_last_seen"),
        ("/api/v1/users/alice/sessions/calendar?limit=2", "imports_session", "session_by_end"),
    ],
)
def test_lists_by_time_are_read_in_the_order_of_an_index(address: str, table: str, index: str) -> None:
    by_time = [
        plan
        for plan in plans(address, without=OUT_OF_ORDER)
        if plan.reads(table) and "ORDER BY" in plan.sql and "LIMIT" in plan.sql
    ]
    (first, *_) = by_time
    assert re.search(index, first.text), first.text
    assert not first.sorts, first.text


@pytest.mark.usefixtures("_played")
@pytest.mark.parametrize(
    ("rest", "order"),
    [("/scores/recent?limit=2", "time_achieved"), ("/sessions/recent?limit=2", "time_started")],
)
def test_a_further_page_begins_in_the_index_where_the_one_before_ended(rest: str, order: str) -> None:
    cursor = people.guest().get(f"{PLAYER}{rest}").headers["X-Next-Cursor"]
    further = [plan for plan in plans(f"{PLAYER}{rest}&cursor={cursor}", without=OUT_OF_ORDER) if "ROW(" in plan.sql]
    (plan,) = further
    assert re.search(rf"Index Cond: .*ROW\({order}", plan.text), plan.text


def crowd() -> None:
    """Bests of a hundred players on forty charts."""
    User.objects.bulk_create(User(username=f"player_{number}") for number in range(100))
    for number in range(4, 41):
        a_chart(a_song(number))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO imports_personalbest (user_id, chart_id, game, playtype, is_primary, score_id, highlight,
                time_achieved, score_data, calculated_data, composed_from, rank_keys)
            SELECT users.id, chart.id, best.game, best.playtype, true, 'T' || users.id || '-' || chart.id, false,
                users.id, best.score_data, best.calculated_data, best.composed_from, ARRAY[users.id]
            FROM imports_user AS users, imports_chart AS chart, imports_personalbest AS best
            WHERE users.username LIKE 'player%%' AND best.id = %s
            ORDER BY chart.id, users.id  -- else the order of the rows, and with it the plan, is up to the join
            """,
            [PersonalBest.objects.earliest("pk").pk],
        )
        cursor.execute("ANALYZE")


@pytest.mark.usefixtures("_played")
def test_a_leaderboard_is_read_in_its_order_and_ranks_are_counted_in_it() -> None:
    crowd()
    asked = plans(f"{PLAYER}/pbs/{1:036x}_EXH/leaderboard-adjacent", without=OUT_OF_ORDER)
    on_the_board = [plan for plan in asked if "best_by_rank" in plan.text]
    assert len(on_the_board) == 3  # the rank, those around, and their ranks
    for plan in on_the_board:
        assert not plan.sorts, plan.text
