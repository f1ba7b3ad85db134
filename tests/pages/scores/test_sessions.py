"""The page of a session: what was new in it, and its name and description."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from imports.models import AuditEntry, Import, Score, Session
from tests import factories, people
from tests.pages.html_parsing import heading_of, messages_of, text_of, url_of

pytestmark = pytest.mark.django_db

DAY = 24 * factories.HOUR


def evening(score: int) -> Import:
    """One score of Alice's."""
    row = factories.score_on(factories.charts(1)[0], score, timeAchieved=factories.NOON)
    return factories.an_import(people.alice(), row, file_name="day-0.json")


def address(rest: str = "") -> str:
    session = Session.objects.order_by("-time_started").first()
    assert session
    return f"/sessions/{session.session_id}/{rest}"


@pytest.fixture
def alices() -> Client:
    return people.session_of(people.alice())


def test_the_page_of_a_session_begins_with_what_was_new() -> None:
    first, second = factories.charts(2)
    factories.an_import(people.alice(), factories.score_on(first, 9_000_000, timeAchieved=factories.NOON))
    better = factories.score_on(first, 9_600_000, timeAchieved=factories.NOON + DAY)
    new = factories.score_on(second, 8_000_000, timeAchieved=factories.NOON + DAY + 1)
    worse = factories.score_on(first, 8_500_000, timeAchieved=factories.NOON + DAY + 2)
    factories.an_import(people.alice(), better, new, worse)
    said = text_of(people.guest().get(address()))
    assert "scores 3 new bests 1 first plays 1" in said
    new_part = said[said.index("New bests") : said.index("All scores")]
    assert "Song 1 EXH 16 9,000,000 9,600,000 CLEAR" in new_part
    assert "Song 2 EXH 16 8,000,000 CLEAR" in new_part
    assert "8,500,000" not in new_part


def test_a_session_without_anything_new_says_so() -> None:
    (chart,) = factories.charts(1)
    for day, score in enumerate((9_000_000, 8_000_000)):
        factories.an_import(people.alice(), factories.score_on(chart, score, timeAchieved=factories.NOON + day * DAY))
    assert "This session has no new bests." in text_of(people.guest().get(address()))


def test_the_page_of_a_session_links_to_imports_scores_and_charts(alices: Client) -> None:
    job = evening(9_000_000)
    score = Score.objects.get()
    body = alices.get(address()).content.decode()
    for link in (url_of(job), f"/scores/{score.score_id}/", f"/charts/{score.chart.chart_id}/"):
        assert f'href="{link}"' in body
    assert "day-0.json" in body
    assert "day-0.json" not in people.guest().get(address()).content.decode()


def test_the_player_can_name_and_highlight_a_session(alices: Client) -> None:
    evening(9_000_000)
    page = alices.post(address("edit/"), {"name": "終電", "desc": "", "highlight": "on"}, follow=True)
    assert page.status_code == 400  # a name has three letters
    page = alices.post(address("edit/"), {"name": "終電まで", "desc": "a good one", "highlight": "on"}, follow=True)
    assert page.redirect_chain == [(address(), 302)]
    assert heading_of(page) == "終電まで"
    assert "Saved." in messages_of(page)
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
def test_only_the_owner_can_edit_a_session(who: str | None, status: int) -> None:
    evening(9_000_000)
    client = people.session_of(getattr(people, who)()) if who else people.guest()
    assert client.get(address("edit/")).status_code == status
    assert (address("edit/") in client.get(address()).content.decode()) == (status == 200)


@pytest.fixture
def merged(alices: Client) -> str:
    """The address of a session of Alice's that was merged into an older one."""
    (chart,) = factories.charts(1)
    ends = [factories.score_on(chart, i, timeAchieved=factories.NOON + i * 3 * factories.HOUR) for i in range(2)]
    factories.an_import(people.alice(), *ends)
    hidden = address()
    between = factories.score_on(chart, 9, timeAchieved=factories.NOON + 90 * factories.MINUTE)
    factories.an_import(people.alice(), between)
    assert hidden != address()
    return hidden


@pytest.mark.parametrize("page", ["", "edit/"])
def test_a_link_to_a_session_that_was_merged_leads_to_the_one_that_shows(
    alices: Client, merged: str, page: str
) -> None:
    response = alices.get(f"{merged}{page}")

    assert (response.status_code, response["Location"]) == (302, address(page))


def test_what_was_written_on_the_form_of_a_session_that_was_merged_meanwhile_is_kept(
    alices: Client, merged: str
) -> None:
    response = alices.post(f"{merged}edit/", {"name": "The long night", "desc": "with friends"})

    session = Session.objects.get()
    assert (response["Location"], session.name, session.desc) == (address(), "The long night", "with friends")


def test_a_session_of_a_tool_says_how_many_imports_brought_it() -> None:
    alice, charts = people.alice(), factories.charts(5)
    for number, chart in enumerate(charts):
        row = factories.score_on(chart, timeAchieved=factories.NOON + number * factories.MINUTE)
        factories.an_import(alice, row, file_name="night.json", user_intent=not number)
    session = Session.objects.get()
    page = people.session_of(alice).get(f"/sessions/{session.session_id}/")
    assert "from 4 imports by Tests , night.json" in text_of(page)
    listed = re.search(r'href="(/imports/\?run=[^"]*)"', page.content.decode())
    assert listed
    assert people.session_of(alice).get(listed[1]).content.decode().count('name="import"') == 4
