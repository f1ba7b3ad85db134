"""A session's page: what was new in it, and what its player says of it."""

from __future__ import annotations

import pytest
from django.test import Client

from imports.models import AuditEntry, Import, Score, Session
from tests import builders, people
from tests.pages.reading import heading_of, messages_of, text_of, url_of

pytestmark = pytest.mark.django_db

DAY = 24 * builders.HOUR


def evening(score: int) -> Import:
    """One score of Alice's."""
    row = builders.score_on(builders.charts(1)[0], score, timeAchieved=builders.NOON)
    return builders.an_import(people.alice(), row, file_name="day-0.json")


def address(rest: str = "") -> str:
    session = Session.objects.order_by("-time_started").first()
    assert session
    return f"/sessions/{session.session_id}/{rest}"


@pytest.fixture
def alices() -> Client:
    return people.session_of(people.alice())


def test_it_begins_with_what_was_new() -> None:
    first, second = builders.charts(2)
    builders.an_import(people.alice(), builders.score_on(first, 9_000_000, timeAchieved=builders.NOON))
    better = builders.score_on(first, 9_600_000, timeAchieved=builders.NOON + DAY)
    new = builders.score_on(second, 8_000_000, timeAchieved=builders.NOON + DAY + 1)
    worse = builders.score_on(first, 8_500_000, timeAchieved=builders.NOON + DAY + 2)
    builders.an_import(people.alice(), better, new, worse)
    said = text_of(people.guest().get(address()))
    assert "scores 3 better bests 1 first plays 1" in said
    new_part = said[said.index("What was new") : said.index("All scores")]
    assert "Song 1 EXH 16 9,000,000 9,600,000 CLEAR" in new_part
    assert "Song 2 EXH 16 8,000,000 CLEAR" in new_part
    assert "8,500,000" not in new_part


def test_a_session_without_anything_new_says_so() -> None:
    (chart,) = builders.charts(1)
    for day, score in enumerate((9_000_000, 8_000_000)):
        builders.an_import(people.alice(), builders.score_on(chart, score, timeAchieved=builders.NOON + day * DAY))
    assert "No score of this session was a new best on its chart." in text_of(people.guest().get(address()))


def test_it_leads_to_its_imports_scores_and_charts(alices: Client) -> None:
    job = evening(9_000_000)
    score = Score.objects.get()
    body = alices.get(address()).content.decode()
    for link in (url_of(job), f"/scores/{score.score_id}/", f"/charts/{score.chart.chart_id}/"):
        assert f'href="{link}"' in body
    assert "day-0.json" in body
    assert "day-0.json" not in people.guest().get(address()).content.decode()


def test_its_player_names_and_highlights_it(alices: Client) -> None:
    evening(9_000_000)
    page = alices.post(address("edit/"), {"name": "終電", "desc": "", "highlight": "on"}, follow=True)
    assert page.status_code == 400  # a name has three letters
    page = alices.post(address("edit/"), {"name": "終電まで", "desc": "a good one", "highlight": "on"}, follow=True)
    assert page.redirect_chain == [(address(), 302)]
    assert heading_of(page) == "終電まで"
    assert "Changed." in messages_of(page)
    assert "Highlight SOUND VOLTEX" in text_of(page)
    assert "a good one" in text_of(page)
    assert AuditEntry.objects.filter(verb="session edited", actor=people.alice()).exists()


def test_highlighted_scores_are_marked(alices: Client) -> None:
    evening(9_000_000)
    Score.objects.update(highlight=True)
    assert 'aria-label="Highlight"' in alices.get(address()).content.decode()


@pytest.mark.parametrize(
    ("who", "status"), [("alice", 200), ("bob", 403), ("mo", 403), ("ada", 403), ("eve", 403), (None, 302)]
)
def test_who_may_say_something_of_a_session(who: str | None, status: int) -> None:
    evening(9_000_000)
    client = people.session_of(getattr(people, who)()) if who else people.guest()
    assert client.get(address("edit/")).status_code == status
    assert (address("edit/") in client.get(address()).content.decode()) == (status == 200)
