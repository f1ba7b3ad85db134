"""A player's scores: the latest, by song, by chart, and all of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from imports.models import Chart, Score
from tests import people
from tests.api import expected_documents
from tests.api.envelopes import body, summary
from tests.factories import NOON, a_chart, a_song, an_import, charts, score_on

pytestmark = pytest.mark.django_db

SCORES = "/api/v1/users/alice/games/sdvx/Single/scores"


def fetch(rest: str = "") -> Any:
    return body(people.guest(), SCORES + rest)


def test_the_latest_come_first_and_untimed_ones_last() -> None:
    (chart,) = charts(1)
    times = (NOON, None, NOON + 2, NOON + 1)
    an_import(people.alice(), *[score_on(chart, 9_000_000 + i, timeAchieved=t) for i, t in enumerate(times)])
    document = fetch("/recent")
    assert [score["timeAchieved"] for score in document["scores"]] == [NOON + 2, NOON + 1, NOON, None]
    assert document["songs"] == [expected_documents.song(1)]
    assert document["charts"] == [expected_documents.chart(chart, 1)]


def test_a_hundred_are_told_and_the_rest_on_further_pages() -> None:
    (chart,) = charts(1)
    rows = [score_on(chart, 9_000_000 + i, timeAchieved=NOON + i if i % 3 else None) for i in range(120)]
    an_import(people.alice(), *rows)
    assert len(fetch("/recent")["scores"]) == 100
    found, address = [], f"{SCORES}/recent?limit=35"
    while address:
        response = people.guest().get(address)
        found += [score["timeAchieved"] for score in response.json()["body"]["scores"]]
        address = response.headers.get("Link", "").partition(">")[0].removeprefix("<")
    timed = [time for time in found if time is not None]
    assert (timed, len(found)) == (sorted(timed, reverse=True), 120)
    assert found[len(timed) :] == [None] * 40


def test_scores_on_lesser_charts_are_among_the_latest_but_not_among_all() -> None:
    primary, lesser = charts(2)
    an_import(people.alice(), *[score_on(chart) for chart in (primary, lesser)])
    Chart.objects.filter(pk=lesser.pk).update(is_primary=False)
    lesser.bests.update(is_primary=False)
    assert len(fetch("/recent")["scores"]) == 2
    assert [score["songID"] for score in fetch("/all")["scores"]] == [1]


def test_scores_are_found_by_their_songs_latest_first() -> None:
    songs = [a_song(1, "Summer Rain"), a_song(2, "Winter"), a_song(3, "Summer Breeze")]
    rows = [a_chart(song) for song in songs]
    times = (None, NOON, NOON + 1)
    an_import(people.alice(), *[score_on(c, timeAchieved=t) for c, t in zip(rows, times, strict=True)])
    document = fetch("?search=summer")
    assert [score["songID"] for score in document["scores"]] == [3, 1]
    assert all(song["__textScore"] > 0 for song in document["songs"])
    assert {chart["songID"] for chart in document["charts"]} == {1, 3}


def test_thirty_are_found_at_most() -> None:
    (chart,) = charts(1)
    an_import(people.alice(), *[score_on(chart, 9_000_000 + i, timeAchieved=NOON + i) for i in range(31)])
    times = [score["timeAchieved"] for score in fetch("?search=song")["scores"]]
    assert times == [NOON + i for i in range(30, 0, -1)]


def test_the_scores_on_a_chart_are_told_as_a_list() -> None:
    chart, other, never = charts(3)
    an_import(people.alice(), score_on(chart, 9_000_000), score_on(chart, 9_500_000), score_on(other))
    an_import(people.bob(), score_on(chart, 9_900_000), score_on(never))
    assert {score["scoreData"]["score"] for score in fetch(f"/{chart.chart_id}")} == {9_000_000, 9_500_000}
    assert fetch(f"/{never.chart_id}") == []
    assert len(fetch(f"/{chart.chart_id}?limit=1")) == 1


def test_all_scores_are_told_in_one_answer_however_many() -> None:
    rows = charts(3)
    an_import(people.alice(), *[score_on(rows[i % 3], 8_000_000 + i, timeAchieved=NOON + i) for i in range(1_500)])
    an_import(people.bob(), score_on(rows[0]))
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
def test_all_scores_have_a_limit_of_their_own_after_the_path_is_known() -> None:
    an_import(people.alice(), score_on(charts(1)[0]))
    client = people.guest()
    for _ in range(3):
        assert client.get(f"{SCORES.replace('Single', 'Double')}/all").status_code == 400
    assert [client.get(f"{SCORES}/all").status_code for _ in range(2)] == [200, 200]
    refused = client.get(f"{SCORES}/all")
    assert refused.status_code == 429
    assert refused.json()["description"] == "You have exceeded 2 requests per 300 seconds. Please wait."
    assert summary(client.get(f"{SCORES}/recent"))[0] == 200


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
def test_the_queries_do_not_grow(
    number: int, rest: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    an_import(people.alice(), *[score_on(chart, timeAchieved=NOON + i) for i, chart in enumerate(charts(number))])
    with django_assert_num_queries(queries):
        fetch(rest)
