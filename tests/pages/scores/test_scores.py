"""The page of a score: its values, its role in the personal best, and editing."""

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
    """Returns scores of Alice's on one chart, a day apart, oldest first."""
    chart = factories.create_chart(factories.create_song(1, "月面ラジオ放送局"))
    rows = [
        factories.score_on(chart, score, timeAchieved=factories.NOON + place * DAY, **fields)
        for place, score in enumerate(scores)
    ]
    factories.create_import(people.alice(), *rows, file_name="night.json")
    return list(Score.objects.order_by("time_achieved"))


def page_of(score: Score, rest: str = "") -> str:
    return f"/scores/{score.score_id}/{rest}"


@pytest.fixture
def alices() -> Client:
    return people.session_of(people.alice())


def test_the_score_page_shows_all_metrics() -> None:
    judgements, optional = {"critical": 1_200, "near": 34, "miss": 5}, {"fast": 12, "maxCombo": 800, "exScore": 2_300}
    (score,) = played(9_700_000, judgements=judgements, optional=optional)
    page = people.guest().get(page_of(score))
    text = text_of(page)
    assert heading_of(page) == "月面ラジオ放送局"
    assert '<h1 lang="ja" translate="no">' in page.content.decode()
    assert "EXH 16 SOUND VOLTEX by Alice 14 Nov 2023, 22:13 UTC Score 9,700,000 First play" in text
    assert "Details Metrics of this score Score 9,700,000 Lamp CLEAR Grade AAA" in text
    assert "Judgements of this score Critical 1,200 Near 34 Miss 5" in text
    assert "Optional metrics of this score Fast 12 Max combo 800 EX score 2,300" in text
    assert "VOLFORCE 0.3" in text


def test_the_score_page_links_to_chart_player_import_and_session() -> None:
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


def test_only_the_owner_sees_the_file_name_of_a_score(alices: Client) -> None:
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
def test_a_score_is_compared_with_the_best_before_it(place: int, expected: str) -> None:
    scores = played(9_000_000, 9_600_000, 9_500_000)
    text = text_of(people.guest().get(page_of(scores[place])))
    assert f"Score {expected}" in text
    assert ("100,000 below the previous best." in text) == (place == 2)


def test_the_score_page_shows_the_role_of_the_score_in_the_best() -> None:
    chart = factories.create_chart(factories.create_song(1))
    first = factories.score_on(chart, 9_800_000, timeAchieved=factories.NOON)
    lamp = factories.score_on(chart, 9_000_000, lamp="ULTIMATE CHAIN", timeAchieved=factories.NOON + DAY)
    neither = factories.score_on(chart, 8_000_000, timeAchieved=factories.NOON + 2 * DAY)
    factories.create_import(people.alice(), first, lamp, neither)
    actual = [text_of(people.guest().get(page_of(score))) for score in Score.objects.order_by("time_achieved")]
    assert "Your best on this chart. Your best is #1 of 1 on this chart's leaderboard." in actual[0]
    assert "Part of your best on this chart: Best Lamp." in actual[1]
    assert "Not your best on this chart." in actual[2]


def test_a_list_metric_is_drawn_and_summarized() -> None:
    (score,) = played(9_700_000)
    score.game, score.score_data = "iidx", {"optional": {"gaugeHistory": [0, 20.5, 60, None, 100]}}
    (line,) = optional_lines(score, playtype_of("iidx", "SP"))
    assert (line.name, line.text) == ("Gauge history", "5 values, 0 to 100")
    assert line.trace == "0.0,100.0 150.0,79.5 300.0,40.0 600.0,0.0"


def test_a_score_without_a_time_belongs_to_no_session() -> None:
    factories.create_import(people.alice(), factories.score_on(factories.charts(1)[0]))
    text = text_of(people.guest().get(page_of(Score.objects.get())))
    assert "Session none (no time of play)" in text


def test_a_comment_is_escaped() -> None:
    (score,) = played(9_700_000)
    Score.objects.update(comment="<b>やった</b>")
    body = people.guest().get(page_of(score)).content.decode()
    assert "<b>やった" not in body
    assert '<blockquote class="plate" lang="ja"><p>&lt;b&gt;やった&lt;/b&gt;</p>' in body


@pytest.mark.parametrize("count", [1, 40])
def test_queries_of_the_score_page_do_not_grow(
    count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    score = played(*range(9_000_000, 9_000_000 + count))[0]
    with django_assert_max_num_queries(11):
        people.guest().get(page_of(score))


# --- editing and deleting -----------------------------------------------------------------------------


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


def test_an_empty_comment_removes_the_comment(alices: Client) -> None:
    (score,) = played(9_700_000)
    Score.objects.update(comment="at last", highlight=True)
    alices.post(page_of(score, "edit/"), {"comment": ""})
    score.refresh_from_db()
    assert (score.comment, score.highlight) == (None, False)


def test_a_comment_that_is_too_long_is_refused(alices: Client) -> None:
    (score,) = played(9_700_000)
    page = alices.post(page_of(score, "edit/"), {"comment": 121 * "x"})
    assert page.status_code == 400
    assert "at most 120 characters" in text_of(page)


def test_deleting_a_score_asks_for_confirmation_and_redirects_to_the_chart(alices: Client) -> None:
    best, other = played(9_700_000, 9_000_000)
    confirmation = alices.get(page_of(best, "delete/"))
    assert heading_of(confirmation) == "Delete this score?"
    assert "9,700,000 , CLEAR, SOUND VOLTEX" in text_of(confirmation)
    assert Score.objects.count() == 2
    page = alices.post(page_of(best, "delete/"), follow=True)
    assert page.redirect_chain == [(f"/charts/{best.chart.chart_id}/", 302)]
    assert "Score deleted." in messages_of(page)
    assert PersonalBest.objects.get().score_id == other.score_id
    assert not ScoreBlacklist.objects.exists()
    assert alices.get(page_of(best)).status_code == 404


def test_a_deleted_score_can_be_blacklisted(alices: Client) -> None:
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


def test_a_score_that_is_no_best_is_compared_with_the_player_s_other_plays() -> None:
    *_, score = played(9_900_000, 9_100_000, 9_200_000, 9_300_000, 9_000_000, 9_400_000, 9_350_000)
    text = text_of(people.guest().get(page_of(score)))
    assert "#3 of 7 plays. Best of the last 5 before it: 9,400,000 (−50,000)." in text


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ((9_900_000, 9_100_000), "#2 of 2 plays."),
        ((9_900_000, 9_100_000, 9_200_000, 9_300_000, 9_000_000, 9_400_000, 9_450_000), "9,400,000 (+50,000)."),
    ],
)
def test_a_score_is_compared_with_the_last_plays_only_after_five(scores: tuple[int, ...], expected: str) -> None:
    score = played(*scores)[-1]
    assert expected in text_of(people.guest().get(page_of(score)))


def test_a_score_that_equals_the_best_of_the_last_plays_is_noted() -> None:
    chart = played(9_900_000, 9_100_000, 9_200_000, 9_300_000, 9_000_000, 9_400_000)[-1].chart
    again = factories.score_on(chart, 9_400_000, lamp="EXCESSIVE CLEAR", timeAchieved=factories.NOON + 9 * DAY)
    job = factories.create_import(people.alice(), again)
    text = text_of(people.guest().get(page_of(Score.objects.get(from_import=job))))
    assert "As good as the best of the last 5 before it." in text


def test_a_best_is_not_compared_with_lower_plays() -> None:
    *_, score = played(*range(9_000_000, 9_700_000, 100_000))
    assert "of the last 5" not in text_of(people.guest().get(page_of(score)))
