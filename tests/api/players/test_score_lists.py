"""A player's scores: recent ones, by song, by chart, and all scores."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from imports.models import Chart, Score
from tests import people
from tests.api import expected_documents
from tests.api.envelopes import body, summary
from tests.factories import NOON, charts, create_chart, create_import, create_song, score_on

pytestmark = pytest.mark.django_db

SCORES = "/api/v1/users/alice/games/sdvx/Single/scores"


def fetch(rest: str = "") -> Any:
    return body(people.guest(), SCORES + rest)


def test_recent_scores_are_listed_newest_first_and_untimed_ones_last() -> None:
    (chart,) = charts(1)
    times = (NOON, None, NOON + 2, NOON + 1)
    create_import(people.alice(), *[score_on(chart, 9_000_000 + i, timeAchieved=t) for i, t in enumerate(times)])
    document = fetch("/recent")
    assert [score["timeAchieved"] for score in document["scores"]] == [NOON + 2, NOON + 1, NOON, None]
    assert document["songs"] == [expected_documents.song(1)]
    assert document["charts"] == [expected_documents.chart(chart, 1)]


def test_a_page_of_recent_scores_has_at_most_a_hundred() -> None:
    (chart,) = charts(1)
    rows = [score_on(chart, 9_000_000 + i, timeAchieved=NOON + i if i % 3 else None) for i in range(120)]
    create_import(people.alice(), *rows)
    assert len(fetch("/recent")["scores"]) == 100
    times, address = [], f"{SCORES}/recent?limit=35"
    while address:
        response = people.guest().get(address)
        times += [score["timeAchieved"] for score in response.json()["body"]["scores"]]
        address = response.headers.get("Link", "").partition(">")[0].removeprefix("<")
    timed = [each for each in times if each is not None]
    assert (timed, len(times)) == (sorted(timed, reverse=True), 120)
    assert times[len(timed) :] == [None] * 40


def test_scores_on_secondary_charts_are_in_the_recent_list_but_not_in_all() -> None:
    primary, secondary = charts(2)
    create_import(people.alice(), *[score_on(chart) for chart in (primary, secondary)])
    Chart.objects.filter(pk=secondary.pk).update(is_primary=False)
    secondary.bests.update(is_primary=False)
    assert len(fetch("/recent")["scores"]) == 2
    assert [score["songID"] for score in fetch("/all")["scores"]] == [1]


def test_a_search_finds_scores_by_song_newest_first() -> None:
    songs = [create_song(1, "Summer Rain"), create_song(2, "Winter"), create_song(3, "Summer Breeze")]
    rows = [create_chart(song) for song in songs]
    times = (None, NOON, NOON + 1)
    create_import(people.alice(), *[score_on(c, timeAchieved=t) for c, t in zip(rows, times, strict=True)])
    document = fetch("?search=summer")
    assert [score["songID"] for score in document["scores"]] == [3, 1]
    assert all(song["__textScore"] > 0 for song in document["songs"])
    assert {chart["songID"] for chart in document["charts"]} == {1, 3}


def test_a_search_finds_at_most_thirty_scores() -> None:
    (chart,) = charts(1)
    create_import(people.alice(), *[score_on(chart, 9_000_000 + i, timeAchieved=NOON + i) for i in range(31)])
    times = [score["timeAchieved"] for score in fetch("?search=song")["scores"]]
    assert times == [NOON + i for i in range(30, 0, -1)]


def test_the_scores_on_a_chart_are_a_list() -> None:
    chart, other, never = charts(3)
    create_import(people.alice(), score_on(chart, 9_000_000), score_on(chart, 9_500_000), score_on(other))
    create_import(people.bob(), score_on(chart, 9_900_000), score_on(never))
    assert {score["scoreData"]["score"] for score in fetch(f"/{chart.chart_id}")} == {9_000_000, 9_500_000}
    assert fetch(f"/{never.chart_id}") == []
    assert len(fetch(f"/{chart.chart_id}?limit=1")) == 1


def test_all_scores_of_a_player_are_returned_in_one_response() -> None:
    rows = charts(3)
    create_import(people.alice(), *[score_on(rows[i % 3], 8_000_000 + i, timeAchieved=NOON + i) for i in range(1_500)])
    create_import(people.bob(), score_on(rows[0]))
    response = people.guest().get(f"{SCORES}/all")
    assert response.headers["Content-Type"] == "application/json"
    reply = json.loads(b"".join(response))
    assert reply["description"] == "Returned 1500 PBs."
    assert {score["scoreID"] for score in reply["body"]["scores"]} == set(
        Score.objects.filter(user=people.alice()).values_list("score_id", flat=True)
    )
    assert reply["body"]["songs"] == [expected_documents.song(number) for number in (1, 2, 3)]
    assert reply["body"]["charts"] == [expected_documents.chart(chart, number) for number, chart in enumerate(rows, 1)]


@pytest.mark.usefixtures("rate_limits")
def test_the_list_of_all_scores_has_a_rate_limit_that_counts_valid_paths_only() -> None:
    create_import(people.alice(), score_on(charts(1)[0]))
    client = people.guest()
    for _ in range(3):
        assert client.get(f"{SCORES.replace('Single', 'Double')}/all").status_code == 400
    assert [client.get(f"{SCORES}/all").status_code for _ in range(2)] == [200, 200]
    refused = client.get(f"{SCORES}/all")
    assert refused.status_code == 429
    assert refused.json()["description"] == "You have exceeded 2 requests per 300 seconds. Please wait."
    assert summary(client.get(f"{SCORES}/recent"))[0] == 200


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize("number", [1, 40])
@pytest.mark.parametrize(
    ("rest", "queries"),
    [
        ("/recent", 8),  # user, stats, scores, untimed scores, charts, songs; savepoint and release
        ("/all", 9),  # user, stats, keys of charts, charts, songs, count, scores; savepoint and release
        ("?search=song", 10),  # user, stats, scores, charts, songs; two for the songs and one for their charts
        (f"/{1:036x}_EXH", 4),  # user, stats, chart, scores
    ],
)
def test_lists_of_scores_take_a_constant_number_of_queries(
    number: int, rest: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    create_import(people.alice(), *[score_on(chart, timeAchieved=NOON + i) for i, chart in enumerate(charts(number))])
    with django_assert_num_queries(queries):
        fetch(rest)
