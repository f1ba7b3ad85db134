"""Every list of a player is read from an index, and lists by time in the order of an index.

The tables of the tests are small, so that PostgreSQL would prefer sequential scans; the tests disable these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from imports.models import PersonalBest, Score, Session, User
from tests import people
from tests.factories import HOUR, NOON, charts, create_chart, create_import, create_song, score_on
from tests.query_plans import OUT_OF_ORDER, plan_of

pytestmark = pytest.mark.django_db

OF_A_PLAYER = "session_by_player|sessions_of_a_player_do_not_coincide"
PLAYER = "/api/v1/users/alice/games/sdvx/Single"
SEQUENTIAL_SCANS = ("enable_seqscan",)


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
        """Whether the plan sorts rows other than those with equal times."""
        return re.search(r"(?<!Incremental )Sort  \(", self.text) is not None


@pytest.fixture
def _played() -> None:
    rows = charts(3)
    for user in (people.alice(), people.bob()):
        create_import(
            user,
            *[score_on(rows[i % 3], 9_000_000 + i, timeAchieved=NOON + 9 * HOUR * i) for i in range(12)],
            *[score_on(chart, 8_000_000) for chart in rows],
        )
    Score.objects.filter(time_achieved=NOON).update(highlight=True)
    Session.objects.filter(time_started=NOON).update(highlight=True)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def plans(address: str, *, without: tuple[str, ...] = SEQUENTIAL_SCANS) -> list[Plan]:
    """Returns the plans of the queries of a request, with some planner methods disabled."""
    with CaptureQueriesContext(connection) as captured:
        assert people.guest().get(address).status_code == 200
    statements = [query["sql"] for query in captured.captured_queries if re.match(r"\s*(SELECT|WITH)\b", query["sql"])]
    return [Plan(sql, plan_of(sql, without=without)) for sql in statements]


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


@pytest.mark.quick_rows(9)
@pytest.mark.usefixtures("_played")
@pytest.mark.parametrize("address", read_addresses())
def test_a_list_of_a_player_does_not_scan_whole_tables(address: str) -> None:
    read = [table for plan in plans(address) for table in plan.whole_tables]
    assert read == []


@pytest.mark.quick_rows(2)
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
def test_a_list_by_time_is_read_in_the_order_of_an_index(address: str, table: str, index: str) -> None:
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
def test_the_next_page_of_a_list_starts_at_its_cursor_in_the_index(rest: str, order: str) -> None:
    cursor = people.guest().get(f"{PLAYER}{rest}").headers["X-Next-Cursor"]
    further = [plan for plan in plans(f"{PLAYER}{rest}&cursor={cursor}", without=OUT_OF_ORDER) if "ROW(" in plan.sql]
    (plan,) = further
    assert re.search(rf"Index Cond: .*ROW\({order}", plan.text), plan.text


def crowd() -> None:
    """Creates bests of a hundred players on forty charts."""
    User.objects.bulk_create(User(username=f"player_{number}") for number in range(100))
    for number in range(4, 41):
        create_chart(create_song(number))
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
def test_a_leaderboard_and_its_ranks_are_read_from_its_index() -> None:
    crowd()
    all_plans = plans(f"{PLAYER}/pbs/{1:036x}_EXH/leaderboard-adjacent", without=OUT_OF_ORDER)
    by_rank = [plan for plan in all_plans if "best_by_rank" in plan.text]
    assert len(by_rank) == 3  # the rank, the neighbours, and their ranks
    for plan in by_rank:
        assert not plan.sorts, plan.text
