"""The page of a score: its values, what it counts towards, and what its player can change."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from imports.games import playtype_of
from imports.models import AuditEntry, Import, PersonalBest, Score, ScoreBlacklist, Session
from imports.pages.components.chart_plays.metric_lines import optional_lines
from tests import factories, people
from tests.pages.html_parsing import heading_of, messages_of, text_of, url_of

pytestmark = pytest.mark.django_db

DAY = 24 * factories.HOUR


def played(*scores: int, **fields: Any) -> list[Score]:
    """Alice's scores on one chart, a day apart, oldest first."""
    chart = factories.a_chart(factories.a_song(1, "月面ラジオ放送局"))
    rows = [
        factories.score_on(chart, score, timeAchieved=factories.NOON + place * DAY, **fields)
        for place, score in enumerate(scores)
    ]
    factories.an_import(people.alice(), *rows, file_name="night.json")
    return list(Score.objects.order_by("time_achieved"))


def page_of(score: Score, rest: str = "") -> str:
    return f"/scores/{score.score_id}/{rest}"


@pytest.fixture
def alices() -> Client:
    return people.session_of(people.alice())


def test_the_page_shows_everything_that_is_known_of_the_score() -> None:
    judgements, optional = {"critical": 1_200, "near": 34, "miss": 5}, {"fast": 12, "maxCombo": 800, "exScore": 2_300}
    (score,) = played(9_700_000, judgements=judgements, optional=optional)
    page = people.guest().get(page_of(score))
    said = text_of(page)
    assert heading_of(page) == "月面ラジオ放送局"
    assert '<h1 lang="ja" translate="no">' in page.content.decode()
    assert "EXH 16 SOUND VOLTEX by Alice 14 Nov 2023, 22:13 UTC Score 9,700,000 First play" in said
    assert "Details Metrics of this score Score 9,700,000 Lamp CLEAR Grade AAA" in said
    assert "Judgements of this score Critical 1,200 Near 34 Miss 5" in said
    assert "Optional metrics of this score Fast 12 Max combo 800 EX score 2,300" in said
    assert "VOLFORCE 0.3" in said


def test_the_page_links_to_chart_player_import_and_session() -> None:
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
    ("place", "expected"),
    [
        (0, "9,000,000 First play"),
        (1, "9,600,000 New best +600,000"),
        (2, "9,500,000 CLEAR"),
    ],
)
def test_a_score_is_held_against_what_came_before_it(place: int, expected: str) -> None:
    scores = played(9_000_000, 9_600_000, 9_500_000)
    said = text_of(people.guest().get(page_of(scores[place])))
    assert f"Score {expected}" in said
    assert ("100,000 below the previous best." in said) == (place == 2)


def test_the_page_says_whether_the_score_is_the_best_or_a_part_of_it() -> None:
    chart = factories.a_chart(factories.a_song(1))
    first = factories.score_on(chart, 9_800_000, timeAchieved=factories.NOON)
    lamp = factories.score_on(chart, 9_000_000, lamp="ULTIMATE CHAIN", timeAchieved=factories.NOON + DAY)
    neither = factories.score_on(chart, 8_000_000, timeAchieved=factories.NOON + 2 * DAY)
    factories.an_import(people.alice(), first, lamp, neither)
    actual = [text_of(people.guest().get(page_of(score))) for score in Score.objects.order_by("time_achieved")]
    assert "Your best on this chart. Your best is #1 of 1 on this chart's leaderboard." in actual[0]
    assert "Part of your best on this chart: Best Lamp." in actual[1]
    assert "Not your best on this chart." in actual[2]


def test_a_list_of_numbers_is_drawn_and_told() -> None:
    (score,) = played(9_700_000)
    score.game, score.score_data = "iidx", {"optional": {"gaugeHistory": [0, 20.5, 60, None, 100]}}
    (line,) = optional_lines(score, playtype_of("iidx", "SP"))
    assert (line.name, line.text) == ("Gauge history", "5 values, 0 to 100")
    assert line.trace == "0.0,100.0 150.0,79.5 300.0,40.0 600.0,0.0"


def test_a_score_without_a_time_belongs_to_no_session() -> None:
    factories.an_import(people.alice(), factories.score_on(factories.charts(1)[0]))
    said = text_of(people.guest().get(page_of(Score.objects.get())))
    assert "Session none (no time of play)" in said


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


def test_the_player_can_comment_on_and_highlight_a_score(alices: Client) -> None:
    (score,) = played(9_700_000)
    page = alices.post(page_of(score, "edit/"), {"comment": "at last", "highlight": "on"}, follow=True)
    assert page.redirect_chain == [(page_of(score), 302)]
    assert "Saved." in messages_of(page)
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
    assert "Score deleted." in messages_of(page)
    assert PersonalBest.objects.get().score_id == other.score_id
    assert not ScoreBlacklist.objects.exists()
    assert alices.get(page_of(best)).status_code == 404


def test_a_score_may_be_kept_out_for_good(alices: Client) -> None:
    (score,) = played(9_700_000)
    page = alices.post(page_of(score, "delete/"), {"blacklist": "on"}, follow=True)
    assert "Later imports will skip it." in messages_of(page)
    assert ScoreBlacklist.objects.get().score_id == score.score_id


@pytest.mark.parametrize("operation", ["edit/", "delete/"])
@pytest.mark.parametrize(
    ("who", "status"), [("alice", 200), ("bob", 403), ("mo", 403), ("ada", 200), ("eve", 403), (None, 302)]
)
def test_only_the_owner_and_administrators_can_change_a_score(operation: str, who: str | None, status: int) -> None:
    (score,) = played(9_700_000)
    client = people.session_of(getattr(people, who)()) if who else people.guest()
    assert client.get(page_of(score, operation)).status_code == status
    choices = page_of(score, operation) in client.get(page_of(score)).content.decode()
    assert choices == (status == 200)


def test_an_unknown_score_is_not_found() -> None:
    for address in (f"/scores/T{64 * '0'}/", "/scores/T0/", "/scores/%00/"):
        assert people.guest().get(address).status_code == 404
