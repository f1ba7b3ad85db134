"""GET …/games/:game/:playtype/pbs/all: every personal best of a player with its rank among all players."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from imports.models import Chart, PersonalBest, Score, User
from tests import people
from tests.api import expected_documents
from tests.api.envelopes import body, summary
from tests.factories import NOON, charts, create_import, score_on

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/users/alice/games/sdvx/Single/pbs/all"


@pytest.mark.parametrize(
    ("game", "playtype", "expected"),
    [
        ("none", "None", (400, "The game none is not supported.")),
        ("SDVX", "Single", (400, "The game SDVX is not supported.")),
        ("sdvx", "Double", (400, "The game sdvx does not have a playtype called Double.")),
        ("sdvx", "single", (400, "The game sdvx does not have a playtype called single.")),
        ("sdvx", "Single", (404, "The user Alice has not played sdvx (Single)")),
        ("%00", "Single", (400, "The game \0 is not supported.")),
    ],
)
def test_the_game_is_checked_before_the_playtype_and_the_stats(
    game: str, playtype: str, expected: tuple[int, str]
) -> None:
    people.alice()
    assert summary(people.guest().get(f"/api/v1/users/alice/games/{game}/{playtype}/pbs/all")) == expected


def test_a_best_has_the_scores_that_it_is_composed_of() -> None:
    (chart,) = charts(1)
    create_import(
        people.alice(),
        score_on(chart, 9_500_000, timeAchieved=NOON),
        score_on(chart, 9_000_000, lamp="EXCESSIVE CLEAR", timeAchieved=NOON + 0.5),
    )
    best, lamp = Score.objects.order_by("pk")
    assert summary(people.guest().get(ADDRESS)) == (200, "Returned 1 PBs.")
    data = expected_documents.score_data(9_500_000, "AA+")
    assert body(people.guest(), ADDRESS) == {
        "pbs": [
            {
                "userID": people.alice().pk,
                "chartID": chart.chart_id,
                "songID": 1,
                "game": "sdvx",
                "playtype": "Single",
                "isPrimary": True,
                "highlight": False,
                "timeAchieved": NOON + 0.5,
                "scoreData": {**data, "lamp": "EXCESSIVE CLEAR", "enumIndexes": {"lamp": 2, "grade": 6}},
                "calculatedData": {"VF6": 0.3, "VF7": 0.3},
                "composedFrom": [
                    {"name": "Best Score", "scoreID": best.score_id},
                    {"name": "Best Lamp", "scoreID": lamp.score_id},
                ],
                "rankingData": {"rank": 1, "outOf": 1, "rivalRank": None},
            }
        ],
        "songs": [expected_documents.song(1)],
        "charts": [expected_documents.chart(chart, 1)],
    }


def best(user: User, chart: Chart, *, keys: list[float], time: float | None, score_id: str) -> None:
    PersonalBest.objects.create(
        user=user,
        chart=chart,
        game="sdvx",
        playtype="Single",
        is_primary=True,
        score_id=score_id,
        time_achieved=time,
        score_data={"score": 1, "lamp": "CLEAR", "grade": "D", "judgements": {}, "optional": {}},
        calculated_data={},
        composed_from=[],
        rank_keys=keys,
    )


@pytest.mark.quick_rows(4)
@pytest.mark.parametrize(
    ("alice", "bob", "rank"),
    [
        ({"keys": [2.0]}, {"keys": [1.0]}, 1),
        ({"keys": [1.0]}, {"keys": [2.0]}, 2),
        ({"keys": [1.0, 2.0]}, {"keys": [1.0, 3.0]}, 2),
        ({"keys": [2.0, 2.0]}, {"keys": [1.0, 3.0]}, 1),
        ({"time": 1.0}, {"time": 2.0}, 1),
        ({"time": 2.0}, {"time": 1.0}, 2),
        ({"time": 9.0}, {"time": None}, 1),
        ({"time": None}, {"time": 9.0}, 2),
        ({"score_id": "Ta"}, {"score_id": "Tb"}, 1),
        ({"score_id": "Tb"}, {"score_id": "Ta"}, 1),  # complete ties share a rank
        ({"time": None, "score_id": "Tb"}, {"time": None, "score_id": "Ta"}, 1),
    ],
)
def test_a_rank_depends_on_the_rank_keys_and_then_on_the_time(
    alice: dict[str, Any], bob: dict[str, Any], rank: int
) -> None:
    first, other = charts(2)
    create_import(people.alice(), score_on(other))
    plain = {"keys": [1.0], "time": 1.0}
    best(people.alice(), first, **{**plain, "score_id": "T1", **alice})
    best(people.bob(), first, **{**plain, "score_id": "T2", **bob})
    document = {pb["chartID"]: pb["rankingData"] for pb in body(people.guest(), ADDRESS)["pbs"]}
    assert document[first.chart_id] == {"rank": rank, "outOf": 2, "rivalRank": None}
    assert document[other.chart_id] == {"rank": 1, "outOf": 1, "rivalRank": None}


def test_the_list_of_all_bests_includes_charts_that_are_not_primary() -> None:
    (chart,) = charts(1)
    create_import(people.alice(), score_on(chart))
    Chart.objects.update(is_primary=False)
    PersonalBest.objects.update(is_primary=False)
    assert [pb["isPrimary"] for pb in body(people.guest(), ADDRESS)["pbs"]] == [False]


@pytest.mark.parametrize("number", [1, 40])
def test_the_list_of_all_bests_takes_a_constant_number_of_queries(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    create_import(people.alice(), *[score_on(chart) for chart in charts(number)])
    with django_assert_num_queries(8):  # user, stats, bests, charts, songs, ranks; savepoint and release
        assert len(body(people.guest(), ADDRESS)["pbs"]) == number
