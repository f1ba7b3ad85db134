"""A player's bests: by rating, by song, a single best with its composition, and its neighbours."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from imports.models import Chart, PersonalBest, Score, User
from tests import people
from tests.api import expected_documents
from tests.api.envelopes import body
from tests.factories import NOON, charts, create_chart, create_import, create_song, score_on
from tests.pipeline.factories import catalogue, import_rows

pytestmark = pytest.mark.django_db

BESTS = "/api/v1/users/alice/games/sdvx/Single/pbs"


def fetch(rest: str = "") -> Any:
    return body(people.guest(), BESTS + rest)


def all_pages(rest: str) -> list[Any]:
    """Returns the bests of all pages, which are requested with the cursors of the headers."""
    bests, query = [], ""
    while True:
        response = people.guest().get(f"{BESTS}{rest}{query}")
        bests += response.json()["body"]["pbs"]
        if "X-Next-Cursor" not in response.headers:
            return bests
        query = f"&cursor={response.headers['X-Next-Cursor']}"


def make_not_primary(chart: Chart) -> None:
    Chart.objects.filter(pk=chart.pk).update(is_primary=False)
    PersonalBest.objects.filter(chart=chart).update(is_primary=False)


def test_the_best_bests_are_ordered_by_rating() -> None:
    rows = charts(3)
    create_import(
        people.alice(), *[score_on(c, s) for c, s in zip(rows, (9_000_000, 9_900_000, 9_500_000), strict=True)]
    )
    document = fetch("/best")
    assert [best["songID"] for best in document["pbs"]] == [2, 3, 1]
    ratings = [best["calculatedData"]["VF7"] for best in document["pbs"]]
    assert ratings == sorted(ratings, reverse=True)
    assert [song["id"] for song in document["songs"]] == [1, 2, 3]
    assert document["charts"] == [expected_documents.chart(chart, number) for number, chart in enumerate(rows, 1)]


def test_unrated_bests_come_last_and_those_on_secondary_charts_are_left_out() -> None:
    unrated, good, secondary = charts(3)
    create_import(people.alice(), *[score_on(chart) for chart in (unrated, good, secondary)])
    PersonalBest.objects.filter(chart=unrated).update(calculated_data={"VF7": None})
    make_not_primary(secondary)
    assert [best["songID"] for best in fetch("/best")["pbs"]] == [2, 1]


@pytest.mark.parametrize(("alg", "first"), [("ktLampRating", "2"), ("BPI", "1"), ("", "2")])
def test_bests_are_ordered_by_the_requested_rating(alg: str, first: str) -> None:
    catalogue()
    row = {"matchType": "tachiSongID", "difficulty": "ANOTHER"}
    low_lamp = {**row, "identifier": "1", "score": 1_900, "lamp": "FAILED"}
    low_score = {**row, "identifier": "2", "score": 1_000, "lamp": "FULL COMBO"}
    import_rows(people.alice(), "iidx:SP", [low_lamp, low_score])
    query = f"?alg={alg}" if alg else ""
    document = body(people.guest(), f"/api/v1/users/alice/games/iidx/SP/pbs/best{query}")
    assert str(document["pbs"][0]["songID"]) == first


def test_a_page_of_bests_has_at_most_a_hundred() -> None:
    create_import(people.alice(), *[score_on(chart, 9_000_000 + i * 5_000) for i, chart in enumerate(charts(103))])
    assert len(fetch("/best")["pbs"]) == 100
    assert [best["songID"] for best in all_pages("/best?limit=40")] == list(range(103, 0, -1))
    assert sorted(best["songID"] for best in all_pages("/all?limit=60")) == list(range(1, 104))


def test_a_search_finds_bests_by_song_newest_first() -> None:
    songs = [
        create_song(1, "Summer Rain"),
        create_song(2, "Winter"),
        create_song(3, "Summer Breeze"),
        create_song(4, "Autumn"),
    ]
    rows = [create_chart(song) for song in songs]
    create_import(
        people.alice(), *[score_on(c, timeAchieved=t) for c, t in zip(rows[:3], (None, NOON, NOON), strict=True)]
    )
    create_import(people.bob(), score_on(rows[3]))
    document = fetch("?search=summer")
    assert [best["songID"] for best in document["pbs"]] == [3, 1]
    assert {song["title"]: song["__textScore"] > 0 for song in document["songs"]} == {
        "Summer Rain": True,
        "Summer Breeze": True,
    }
    assert fetch("?search=autumn") == {"pbs": [], "songs": [], "charts": []}


def test_a_search_finds_at_most_thirty_bests_including_secondary_charts() -> None:
    rows = charts(31)
    create_import(people.alice(), *[score_on(chart, timeAchieved=NOON + i) for i, chart in enumerate(rows)])
    make_not_primary(rows[30])
    results = fetch("?search=song")["pbs"]
    assert [best["songID"] for best in results] == list(range(31, 1, -1))
    assert results[0]["isPrimary"] is False


# --- one best -------------------------------------------------------------------------------------------------------


def test_a_single_best_has_its_chart_and_rank() -> None:
    (chart,) = charts(1)
    create_import(people.alice(), score_on(chart))
    create_import(people.bob(), score_on(chart, 9_900_000))
    document = fetch(f"/{chart.chart_id}")
    assert document["chart"] == expected_documents.chart(chart, 1)
    assert document["pb"]["rankingData"] == {"rank": 2, "outOf": 2, "rivalRank": None}
    assert set(document) == {"pb", "chart"}


@pytest.mark.parametrize("query", ["?getComposition", "?getComposition=false"])
def test_a_single_best_has_its_component_scores_on_request(query: str) -> None:
    (chart,) = charts(1)
    rows = [score_on(chart, 9_500_000), score_on(chart, 9_000_000, lamp="EXCESSIVE CLEAR"), score_on(chart, 8_000_000)]
    create_import(people.alice(), *rows)
    best, lamp, _ = Score.objects.order_by("pk")
    document = fetch(f"/{chart.chart_id}{query}")
    assert [score["scoreID"] for score in document["scores"]] == [best.score_id, lamp.score_id]
    assert set(document) == {"pb", "chart", "scores"}


@pytest.mark.parametrize("rest", ["", "/leaderboard-adjacent"])
def test_a_best_on_an_unplayed_chart_is_a_404(rest: str) -> None:
    played, other = charts(2)
    create_import(people.alice(), score_on(played))
    create_import(people.bob(), score_on(other))
    response = people.guest().get(f"{BESTS}/{other.chart_id}{rest}")
    assert (response.status_code, response.json()["description"]) == (404, "This user has not played this chart.")


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize(
    ("better", "worse", "above", "below"),
    [
        (0, 0, [], []),
        (7, 0, [7, 6, 5, 4, 3], []),
        (2, 7, [2, 1], [4, 5, 6, 7, 8]),
        (5, 1, [5, 4, 3, 2, 1], [7]),
    ],
)
def test_neighbours_of_a_best_are_listed_nearest_first(
    better: int, worse: int, above: list[int], below: list[int]
) -> None:
    (chart,) = charts(1)
    for number in range(better):
        create_import(User.objects.create_user(f"better_{number}"), score_on(chart, 9_600_000 + number))
    for number in range(worse):
        create_import(User.objects.create_user(f"worse_{number}"), score_on(chart, 9_400_000 - number))
    create_import(people.alice(), score_on(chart))
    document = fetch(f"/{chart.chart_id}/leaderboard-adjacent")
    ranks = [[best["rankingData"]["rank"] for best in document[f"adjacent{side}"]] for side in ("Above", "Below")]
    assert ranks == [above, below]
    user_ids = {best["userID"] for side in ("Above", "Below") for best in document[f"adjacent{side}"]}
    assert {user["id"] for user in document["users"]} == user_ids
    assert set(document) == {"pb", "chart", "adjacentAbove", "adjacentBelow", "users"}


@pytest.mark.quick_rows(3)
@pytest.mark.parametrize("number", [1, 40])
@pytest.mark.parametrize(
    ("rest", "queries"),
    [
        ("/best", 9),  # user, stats, bests, unrated bests, charts, songs, ranks; savepoint and release
        ("/all", 8),
        ("?search=song", 11),  # in addition, two for the songs and one for their charts
        (f"/{1:036x}_EXH?getComposition", 8),  # user, stats, chart, best, rank, scores; savepoint and release
        (f"/{1:036x}_EXH/leaderboard-adjacent", 10),  # neighbours and their users instead of the scores
    ],
)
def test_bests_take_a_constant_number_of_queries(
    number: int, rest: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rows = charts(number)
    create_import(people.alice(), *[score_on(chart) for chart in rows])
    create_import(people.bob(), score_on(rows[0]))
    with django_assert_num_queries(queries):
        fetch(rest)
