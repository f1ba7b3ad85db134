"""A score's page: everything it holds, what it counts for, and what its player may do with it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from imports.games import playtype_of
from imports.models import AuditEntry, Import, PersonalBest, Score, ScoreBlacklist, Session
from imports.pages.metric_lines import optional_lines
from tests import builders, people
from tests.pages.reading import heading_of, messages_of, text_of, url_of

pytestmark = pytest.mark.django_db

DAY = 24 * builders.HOUR


def played(*scores: int, **fields: Any) -> list[Score]:
    """Alice's scores on one chart, a day apart, oldest first."""
    chart = builders.a_chart(builders.a_song(1, "月面ラジオ放送局"))
    rows = [
        builders.score_on(chart, score, timeAchieved=builders.NOON + place * DAY, **fields)
        for place, score in enumerate(scores)
    ]
    builders.an_import(people.alice(), *rows, file_name="night.json")
    return list(Score.objects.order_by("time_achieved"))


def page_of(score: Score, rest: str = "") -> str:
    return f"/scores/{score.score_id}/{rest}"


@pytest.fixture
def alices() -> Client:
    return people.session_of(people.alice())


def test_it_shows_everything_that_is_known_of_the_score() -> None:
    judgements, optional = {"critical": 1_200, "near": 34, "miss": 5}, {"fast": 12, "maxCombo": 800, "exScore": 2_300}
    (score,) = played(9_700_000, judgements=judgements, optional=optional)
    page = people.guest().get(page_of(score))
    said = text_of(page)
    assert heading_of(page) == "月面ラジオ放送局"
    assert '<h1 lang="ja" translate="no">' in page.content.decode()
    assert "EXH 16 SOUND VOLTEX by Alice 14 Nov 2023, 22:13 UTC Score 9,700,000 First play" in said
    assert "What it holds Metrics of this score Score 9,700,000 Lamp CLEAR Grade AAA" in said
    assert "Judgements of this score Critical 1,200 Near 34 Miss 5" in said
    assert "Optional metrics of this score Fast 12 Max combo 800 EX score 2,300" in said
    assert "VOLFORCE 0.3" in said


def test_it_leads_to_its_chart_player_import_and_session() -> None:
    (score,) = played(9_700_000)
    body = people.guest().get(page_of(score)).content.decode()
    session = Session.objects.get()
    for address in (
        f"/charts/{score.chart.chart_id}/",
        "/users/Alice/",
        url_of(Import.objects.get()),
        f"/sessions/{session.session_id}/",
    ):
        assert f'href="{address}"' in body


def test_files_are_named_for_their_owner_alone(alices: Client) -> None:
    (score,) = played(9_700_000)
    assert "night.json" in text_of(alices.get(page_of(score)))
    assert "night.json" not in text_of(people.guest().get(page_of(score)))


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (0, "9,000,000 First play"),
        (1, "9,600,000 New best +600,000"),
        (2, "9,500,000 CLEAR"),
    ],
)
def test_a_score_is_held_against_what_came_before_it(place: int, told: str) -> None:
    scores = played(9_000_000, 9_600_000, 9_500_000)
    said = text_of(people.guest().get(page_of(scores[place])))
    assert f"Score {told}" in said
    assert ("100,000 under the best before it." in said) == (place == 2)


def test_it_says_whether_it_is_the_best_or_a_part_of_it() -> None:
    chart = builders.a_chart(builders.a_song(1))
    first = builders.score_on(chart, 9_800_000, timeAchieved=builders.NOON)
    lamp = builders.score_on(chart, 9_000_000, lamp="ULTIMATE CHAIN", timeAchieved=builders.NOON + DAY)
    neither = builders.score_on(chart, 8_000_000, timeAchieved=builders.NOON + 2 * DAY)
    builders.an_import(people.alice(), first, lamp, neither)
    told = [text_of(people.guest().get(page_of(score))) for score in Score.objects.order_by("time_achieved")]
    assert "The best on this chart. The best stands at #1 of 1 on the chart’s leaderboard." in told[0]
    assert "Part of the best on this chart: the one with Best Lamp." in told[1]
    assert "Not the best on this chart." in told[2]


def test_a_list_of_numbers_is_drawn_and_told() -> None:
    (score,) = played(9_700_000)
    score.game, score.score_data = "iidx", {"optional": {"gaugeHistory": [0, 20.5, 60, None, 100]}}
    (line,) = optional_lines(score, playtype_of("iidx", "SP"))
    assert (line.name, line.text) == ("Gauge history", "5 values, 0 to 100")
    assert line.trace == "0.0,100.0 150.0,79.5 300.0,40.0 600.0,0.0"


def test_a_score_without_a_time_belongs_to_no_session() -> None:
    builders.an_import(people.alice(), builders.score_on(builders.charts(1)[0]))
    said = text_of(people.guest().get(page_of(Score.objects.get())))
    assert "Session none, it has no time" in said


def test_words_of_players_cannot_become_markup() -> None:
    (score,) = played(9_700_000)
    Score.objects.update(comment="<b>やった</b>")
    body = people.guest().get(page_of(score)).content.decode()
    assert "<b>やった" not in body
    assert '<blockquote class="plate" lang="ja"><p>&lt;b&gt;やった&lt;/b&gt;</p>' in body


@pytest.mark.parametrize("count", [1, 40])
def test_queries_do_not_grow(count: int, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    score = played(*range(9_000_000, 9_000_000 + count))[0]
    with django_assert_max_num_queries(9):
        people.guest().get(page_of(score))


# --- what its player may do ---------------------------------------------------------------------------


def test_its_player_says_something_of_it_and_highlights_it(alices: Client) -> None:
    (score,) = played(9_700_000)
    page = alices.post(page_of(score, "edit/"), {"comment": "at last", "highlight": "on"}, follow=True)
    assert page.redirect_chain == [(page_of(score), 302)]
    assert "Changed." in messages_of(page)
    assert "Highlight EXH 16" in text_of(page)
    assert "at last" in text_of(page)
    assert PersonalBest.objects.get().highlight
    assert AuditEntry.objects.filter(verb="score edited", actor=people.alice()).exists()
    assert 'value="at last"' in alices.get(page_of(score, "edit/")).content.decode()


def test_an_empty_comment_takes_it_away(alices: Client) -> None:
    (score,) = played(9_700_000)
    Score.objects.update(comment="at last", highlight=True)
    alices.post(page_of(score, "edit/"), {"comment": ""})
    score.refresh_from_db()
    assert (score.comment, score.highlight) == (None, False)


def test_a_comment_that_is_too_long_is_said_so(alices: Client) -> None:
    (score,) = played(9_700_000)
    page = alices.post(page_of(score, "edit/"), {"comment": 121 * "x"})
    assert page.status_code == 400
    assert "at most 120 characters" in text_of(page)


def test_deleting_asks_first_and_then_leads_to_the_chart(alices: Client) -> None:
    best, other = played(9_700_000, 9_000_000)
    asked = alices.get(page_of(best, "delete/"))
    assert heading_of(asked) == "Delete this score?"
    assert "9,700,000 , CLEAR, SOUND VOLTEX" in text_of(asked)
    assert Score.objects.count() == 2
    page = alices.post(page_of(best, "delete/"), follow=True)
    assert page.redirect_chain == [(f"/charts/{best.chart.chart_id}/", 302)]
    assert "The score is deleted." in messages_of(page)
    assert PersonalBest.objects.get().score_id == other.score_id
    assert not ScoreBlacklist.objects.exists()
    assert alices.get(page_of(best)).status_code == 404


def test_a_score_may_be_kept_out_for_good(alices: Client) -> None:
    (score,) = played(9_700_000)
    page = alices.post(page_of(score, "delete/"), {"blacklist": "on"}, follow=True)
    assert "no later import brings it back" in messages_of(page)
    assert ScoreBlacklist.objects.get().score_id == score.score_id


@pytest.mark.parametrize("deed", ["edit/", "delete/"])
@pytest.mark.parametrize(
    ("who", "status"), [("alice", 200), ("bob", 403), ("mo", 403), ("ada", 200), ("eve", 403), (None, 302)]
)
def test_who_may_change_a_score(deed: str, who: str | None, status: int) -> None:
    (score,) = played(9_700_000)
    client = people.session_of(getattr(people, who)()) if who else people.guest()
    assert client.get(page_of(score, deed)).status_code == status
    offered = page_of(score, deed) in client.get(page_of(score)).content.decode()
    assert offered == (status == 200)


def test_an_unknown_score_is_not_found() -> None:
    for address in (f"/scores/T{64 * '0'}/", "/scores/T0/", "/scores/%00/"):
        assert people.guest().get(address).status_code == 404
