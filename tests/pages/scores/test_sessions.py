"""The page of a session: its new bests, and its name and description."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from imports.games import BY_SLUG
from imports.games.spec import Game, Playtype
from imports.models import AuditEntry, Import, Score, Session
from imports.pages.components.lamp_colors import row_ladder
from imports.pages.scores import session_overview
from imports.pipeline.scores import delete_score
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import factories, people
from tests.pages.html_parsing import heading_of, messages_of, text_of, url_of

pytestmark = pytest.mark.django_db

DAY = 24 * factories.HOUR


def evening(score: int) -> Import:
    """Returns an import of one score of Alice's."""
    row = factories.score_on(factories.charts(1)[0], score, timeAchieved=factories.NOON)
    return factories.create_import(people.alice(), row, file_name="day-0.json")


def address(rest: str = "") -> str:
    session = Session.objects.order_by("-time_started").first()
    assert session
    return f"/sessions/{session.session_id}/{rest}"


@pytest.fixture
def alices() -> Client:
    return people.session_of(people.alice())


def test_the_session_page_lists_new_bests_before_all_scores() -> None:
    first, second = factories.charts(2)
    factories.create_import(people.alice(), factories.score_on(first, 9_000_000, timeAchieved=factories.NOON))
    better = factories.score_on(first, 9_600_000, timeAchieved=factories.NOON + DAY)
    new = factories.score_on(second, 8_000_000, timeAchieved=factories.NOON + DAY + 1)
    worse = factories.score_on(first, 8_500_000, timeAchieved=factories.NOON + DAY + 2)
    factories.create_import(people.alice(), better, new, worse)
    text = text_of(people.guest().get(address()))
    assert "scores 3 new best 1 first play 1" in text
    new_part = text[text.index("Biggest gains") : text.index("All scores")]
    assert "Song 1 EXH 16 9,000,000 9,600,000 +0." in new_part
    assert "Song 2 EXH 16 8,000,000 CLEAR" in new_part
    assert "8,500,000" not in new_part


def test_a_session_without_new_bests_shows_a_notice() -> None:
    (chart,) = factories.charts(1)
    for day, score in enumerate((9_000_000, 8_000_000)):
        time = factories.NOON + day * DAY
        rows = [factories.score_on(chart, score - less, timeAchieved=time + less) for less in (0, 1)]
        factories.create_import(people.alice(), *rows)
    assert "This session has no new bests." in text_of(people.guest().get(address()))


def test_a_new_best_that_lowers_the_rating_of_its_chart_is_no_gain() -> None:
    (chart,) = factories.charts(1)
    first = factories.score_on(chart, 9_900_000, timeAchieved=factories.NOON, lamp="ULTIMATE CHAIN")
    factories.create_import(people.alice(), first)
    rows = [
        factories.score_on(chart, score, timeAchieved=factories.NOON + DAY + score) for score in (8_000_000, 9_900_001)
    ]
    factories.create_import(people.alice(), *rows)
    text = text_of(people.guest().get(address()))
    assert "scores 2 new best 1" in text
    assert "The new bests of this session didn't raise VOLFORCE." in text


def test_a_session_of_one_import_shows_the_effect_of_a_revert(alices: Client) -> None:
    (chart,) = factories.charts(1)
    rows = [factories.score_on(chart, 9_500_000 + place, timeAchieved=factories.NOON + place) for place in (0, 1)]
    factories.create_import(people.alice(), *rows, file_name="day-0.json")
    assert "Reverting it removes only its scores from this session." in text_of(alices.get(address()))


def test_a_session_of_one_play_shows_only_the_play() -> None:
    (chart,) = factories.charts(1)
    for day, score in enumerate((9_000_000, 8_000_000)):
        factories.create_import(
            people.alice(), factories.score_on(chart, score, timeAchieved=factories.NOON + day * DAY)
        )
    text = text_of(people.guest().get(address()))
    assert "score 1 new bests 0 first plays 0 VOLFORCE no change Score " in text
    assert "Song 1 Somebody EXH 16 CLEAR 8,000,000 B" in text
    assert "−1,000,000" in text
    assert "A session needs 10 scores for a VOLFORCE of its own." in text
    for absent in ("Every play", "Biggest gains", "Best moments", "Grades of this session", " to 12:00"):
        assert absent not in text


def test_a_single_play_that_changed_the_rating_shows_the_rating() -> None:
    evening(9_000_000)
    text = text_of(people.guest().get(address()))
    assert "score 1 new bests 0 first play 1 Score " in text
    assert re.search(r"VOLFORCE 0\.\d{3} ", text)


def test_a_session_of_ten_scores_has_a_rating() -> None:
    rows = [factories.score_on(chart, timeAchieved=factories.NOON) for chart in factories.charts(10)]
    factories.create_import(people.alice(), *rows)
    text = text_of(people.guest().get(address()))
    assert re.search(r"VOLFORCE of the session \d+\.\d", text)
    assert "A session needs" not in text


def test_the_session_page_links_to_imports_scores_and_charts(alices: Client) -> None:
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


@pytest.mark.quick_rows(2)
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
    factories.create_import(people.alice(), *ends)
    hidden = address()
    between = factories.score_on(chart, 9, timeAchieved=factories.NOON + 90 * factories.MINUTE)
    factories.create_import(people.alice(), between)
    assert hidden != address()
    return hidden


@pytest.mark.parametrize("page", ["", "edit/"])
def test_a_link_to_a_merged_session_redirects_to_the_visible_session(alices: Client, merged: str, page: str) -> None:
    response = alices.get(f"{merged}{page}")

    assert (response.status_code, response["Location"]) == (302, address(page))


def test_an_edit_of_a_merged_session_is_applied_to_the_visible_session(alices: Client, merged: str) -> None:
    response = alices.post(f"{merged}edit/", {"name": "The long night", "desc": "with friends"})

    session = Session.objects.get()
    assert (response["Location"], session.name, session.desc) == (address(), "The long night", "with friends")


def test_a_session_shows_the_number_of_imports_of_a_tool() -> None:
    alice, charts = people.alice(), factories.charts(5)
    for number, chart in enumerate(charts):
        row = factories.score_on(chart, timeAchieved=factories.NOON + number * factories.MINUTE)
        factories.create_import(alice, row, file_name="night.json", user_intent=not number)
    session = Session.objects.get()
    page = people.session_of(alice).get(f"/sessions/{session.session_id}/")
    assert "From 4 imports by Tests , night.json . Reverting" in text_of(page)
    listed = re.search(r'href="(/imports/\?run=[^"]*)"', page.content.decode())
    assert listed
    assert people.session_of(alice).get(listed[1]).content.decode().count('name="import"') == 4


# --- pictures ---------------------------------------------------------------------------------------


def test_a_session_shows_the_rating_before_and_after_it() -> None:
    first, second = factories.charts(2)
    factories.create_import(people.alice(), factories.score_on(first, timeAchieved=factories.NOON))
    factories.create_import(people.alice(), factories.score_on(second, timeAchieved=factories.NOON + DAY))
    text = text_of(people.guest().get(address()))
    assert "VOLFORCE before 0.294 0.588 +0.294" in text
    assert "played" not in text  # one play has no length


@pytest.mark.parametrize("fields", [{"timeAchieved": factories.NOON + 5 * factories.HOUR}, {}])
def test_sessions_of_the_same_day_show_no_rating(fields: dict[str, int]) -> None:
    """Ratings are stored by day, and a score without a time counts on the day of its import."""
    first, second = factories.charts(2)
    noon = int(timezone.now().replace(hour=12).timestamp() * 1000) - DAY
    shifted = {name: value - factories.NOON + noon for name, value in fields.items()}
    factories.create_import(people.alice(), factories.score_on(first, timeAchieved=noon))
    other = factories.create_import(people.alice(), factories.score_on(second, **shifted))
    other.scores.update(time_added=datetime.fromtimestamp(noon / 1000, UTC))
    session = Session.objects.order_by("time_started")[0]
    text = text_of(people.guest().get(f"/sessions/{session.session_id}/"))
    assert "VOLFORCE before" not in text
    assert "VOLFORCE 0." not in text


@pytest.fixture
def played() -> Session:
    """A session of four plays on three charts: a new best, a lower score on that chart, a first play, a failed play."""
    charts = factories.charts(3)
    factories.create_import(people.alice(), factories.score_on(charts[0], 9_000_000, timeAchieved=factories.NOON))
    plays = [
        (charts[0], 9_600_000, "EXCESSIVE CLEAR"),
        (charts[0], 9_100_000, "CLEAR"),
        (charts[1], 9_000_000, "CLEAR"),
    ]
    plays.append((charts[2], 7_000_000, "FAILED"))
    rows = [
        factories.score_on(chart, score, lamp=lamp, timeAchieved=factories.NOON + DAY + place * factories.MINUTE)
        for place, (chart, score, lamp) in enumerate(plays)
    ]
    factories.create_import(people.alice(), *rows)
    return Session.objects.order_by("-time_started")[0]


def test_plays_of_a_session_are_drawn_in_order_and_counted_by_lamp(played: Session) -> None:
    page = people.guest().get(address())
    overview = page.context["overview"]
    assert overview.strip.columns == 4
    assert [color for color, _ in overview.strip.lit] == ["violet", "green", "ember"]
    assert overview.strip.marks == ("10.32%",)
    assert [(line.light.value, line.plays, line.new_bests) for line in overview.lamps] == [
        ("EXCESSIVE CLEAR", 1, 1), ("CLEAR", 2, 0), ("FAILED", 1, 0),
    ]  # fmt: skip
    text = text_of(page)
    assert "scores 4 new best 1 first plays 2 played 0:03 h charts 3" in text
    assert "Grades of this session" in text


def test_scores_of_a_session_can_be_filtered_to_new_bests(played: Session) -> None:
    page = people.guest().get(f"{address()}?new")
    assert [row.score for row in page.context["rows"]] == ["9,600,000"]
    assert "Show all scores" in text_of(page)
    assert "Only the new best" in text_of(people.guest().get(address()))


def test_a_session_with_plays_beyond_the_limit_is_not_drawn(played: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_overview, "MAX_DRAWN", 3)
    page = people.guest().get(address())
    assert "Every play, in order" not in text_of(page)
    assert "Grades of this session" in text_of(page)


@pytest.mark.slow
def test_the_queries_of_a_sessions_page_do_not_grow(played: Session, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(18) as few:
        people.guest().get(address())
    charts = [factories.create_chart(factories.create_song(number)) for number in range(100, 130)]
    start = int(played.time_ended) + factories.MINUTE
    rows = [factories.score_on(chart, timeAchieved=start + place) for place, chart in enumerate(charts)]
    factories.create_import(people.alice(), *rows)
    with django_assert_max_num_queries(len(few)):
        page = people.guest().get(address())
    assert page.context["overview"].strip.columns == 34


@pytest.mark.slow
def test_scores_of_a_large_session_are_paginated_newest_first(played: Session) -> None:
    charts = [factories.create_chart(factories.create_song(number)) for number in range(100, 160)]
    start = int(played.time_ended) + factories.MINUTE
    rows = [factories.score_on(chart, 9_000_000 + n, timeAchieved=start + n) for n, chart in enumerate(charts)]
    factories.create_import(people.alice(), *rows)
    first, second = (people.guest().get(f"{address()}?page={page}").context["rows"] for page in (1, 2))
    assert [row.score for row in first[:2]] == ["9,000,059", "9,000,058"]
    assert (len(first), len(second), second[-1].score) == (50, 14, "9,600,000")


# --- without scores -----------------------------------------------------------------------------------


def test_a_session_is_empty_while_its_import_is_reverted(alices: Client) -> None:
    job = evening(9_000_000)
    page = address()
    revert(job, RevertRequest(by=people.alice()))
    response = alices.get(page)
    assert heading_of(response) == "This session is empty"
    assert "SOUND VOLTEX 14 Nov 2023" in text_of(response)
    assert "All of its scores were reverted or deleted." in text_of(response)
    link = re.search(r'href="(/imports/\?[^"]*)">View reverted imports', response.content.decode())
    assert link
    assert "day-0.json" in text_of(alices.get(html.unescape(link[1])))
    alices.post(url_of(job, "restore/"))
    job.refresh_from_db()
    factories.run_job(job)
    assert heading_of(alices.get(page)) != "This session is empty"


def test_other_players_see_an_empty_session_without_a_link_to_its_import() -> None:
    job = evening(9_000_000)
    page = address()
    revert(job, RevertRequest(by=people.alice()))
    for client in (people.guest(), people.session_of(people.bob())):
        text = text_of(client.get(page))
        assert "This session is empty" in text
        assert "View reverted imports" not in text
    assert 'href="/users/Alice/imports/?' in people.session_of(people.mo()).get(page).content.decode()


def test_a_session_whose_scores_were_deleted_is_empty(alices: Client) -> None:
    evening(9_000_000)
    page = address()
    delete_score(Score.objects.get(), by=people.alice(), blacklist=False)
    assert heading_of(alices.get(page)) == "This session is empty"


def test_an_unknown_session_is_not_found() -> None:
    assert people.guest().get(f"/sessions/Q{40 * '0'}/").status_code == 404


def moments_of(page: str) -> str:
    return page[page.index("Best moments") : page.index("Biggest gains")]


def test_best_moments_are_gain_first_lamp_best_score_and_near_miss() -> None:
    first, second = factories.charts(2)
    start = factories.NOON + DAY
    factories.create_import(
        people.alice(),
        factories.score_on(first, 9_900_000, timeAchieved=factories.NOON),
        factories.score_on(second, 9_000_000, timeAchieved=factories.NOON + 1),
    )
    factories.create_import(
        people.alice(),
        *(factories.score_on(first, 9_890_000 + place, timeAchieved=start + place) for place in range(2)),
        factories.score_on(second, 9_950_000, timeAchieved=start + 9, lamp="ULTIMATE CHAIN"),
    )
    text = moments_of(text_of(people.guest().get(address())))
    assert "Biggest gain Song 2 EXH 16 +" in text
    assert "First ULTIMATE CHAIN on level 16 Song 2 EXH 16 9,950,000 S" in text
    assert "Best VOLFORCE of the session Song 2" in text
    assert "now #1 of all bests" in text
    assert "So close Song 1 EXH 16 −9,999 from the best, 2 tries" in text


def test_a_known_lamp_and_a_score_far_below_the_best_are_no_moments() -> None:
    (chart,) = factories.charts(1)
    for day, score in enumerate((9_000_000, 8_000_000)):
        time = factories.NOON + day * DAY
        rows = [factories.score_on(chart, score - less, timeAchieved=time + less) for less in (0, 1)]
        factories.create_import(people.alice(), *rows)
    text = moments_of(text_of(people.guest().get(address())))
    assert "First" not in text
    assert "So close" not in text
    assert "now #" not in text


def test_a_first_lamp_considers_all_scores_before_the_session() -> None:
    """The current bests only narrow the search; the scores before the session decide."""
    first, second = factories.charts(2)
    chain = {"lamp": "ULTIMATE CHAIN"}
    factories.create_import(people.alice(), factories.score_on(first, 9_000_000, timeAchieved=factories.NOON, **chain))
    factories.create_import(people.alice(), factories.score_on(first, 9_900_000, timeAchieved=factories.NOON + 2 * DAY))
    later = factories.score_on(second, 9_100_000, timeAchieved=factories.NOON + DAY, **chain)
    beside = factories.score_on(second, 8_000_000, timeAchieved=factories.NOON + DAY + factories.MINUTE)
    factories.create_import(people.alice(), later, beside)
    session = Session.objects.order_by("time_started")[1]
    text = moments_of(text_of(people.guest().get(f"/sessions/{session.session_id}/")))
    assert "First" not in text


@pytest.mark.parametrize(
    ("game", "playtype"),
    [(game, each) for game in BY_SLUG.values() for each in game.playtypes],
    ids=lambda each: each.slug if isinstance(each, Game) else each.name,
)
def test_every_game_s_best_takes_the_highest_lamp(game: Game, playtype: Playtype) -> None:
    """So bests show on which charts an earlier score can have the lamp."""
    assert row_ladder(game.slug) in {metric for merge in playtype.merges for metric in merge.takes}
