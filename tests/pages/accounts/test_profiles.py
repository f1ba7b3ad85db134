"""Profiles and sessions, which are public."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from imports.integers import milliseconds
from imports.models import AuditEntry, Chart, Import, Score, Session
from imports.pipeline.classes import ClassChange, roll_back_classes, set_class
from imports.pipeline.scores import edit_score
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import factories, people
from tests.pages.html_parsing import heading_of, text_of, url_of

pytestmark = pytest.mark.django_db


def played(count: int, score: int = 9_500_000, *, day: int = 0) -> Import:
    """An import of so many scores of Alice's, a minute apart."""
    charts = list(Chart.objects.order_by("pk")) or factories.charts(count)
    start = factories.NOON + day * 24 * factories.HOUR
    rows = [
        factories.score_on(chart, score, timeAchieved=start + place * factories.MINUTE)
        for place, chart in enumerate(charts[:count])
    ]
    return factories.an_import(people.alice(), *rows, parts={"classes": {"dan": "DAN_3"}})


@pytest.fixture
def anyone() -> Client:
    return people.guest()


def test_a_profile_shows_what_was_reached(anyone: Client) -> None:
    played(12)
    page = anyone.get("/users/alice/")
    said = text_of(page)
    assert heading_of(page) == "Alice"
    assert "SOUND VOLTEX LV.03, Sienna II 3.528 VOLFORCE 1.472 to Sienna III #1 of 1 12 charts" in said
    assert f"{Session.objects.get().name} SOUND VOLTEX" in said
    assert "12 scores" in said
    assert "Best plays all games Song 1 EXH 16 SOUND VOLTEX CLEAR 9,500,000 0.294 AA+" in said
    assert 'href="/users/Alice/games/sdvx/Single/"' in page.content.decode()
    assert 'href="/users/Alice/imports/"' in page.content.decode()


def test_pinned_scores_show_what_their_player_said_of_them(anyone: Client) -> None:
    played(2)
    score = Score.objects.earliest("pk")
    edit_score(score, {"highlight": True, "comment": "After 61 tries."}, by=score.user)
    said = text_of(anyone.get("/users/alice/"))
    assert "Pinned Song 1 SOUND VOLTEX, 14 Nov 2023 9,500,000 AA+ EXH 16 CLEAR “After 61 tries.”" in said


def test_a_game_tells_what_its_rating_gained_in_ninety_days(anyone: Client) -> None:
    chart, now = factories.a_chart(factories.a_song(1)), milliseconds(timezone.now())
    days = ((100, 9_000_000), (10, 9_900_000))
    rows = [factories.score_on(chart, score, timeAchieved=now - day * 24 * factories.HOUR) for day, score in days]
    factories.an_import(people.alice(), *rows)
    page = anyone.get("/users/alice/")
    assert re.search(r"\+0\.\d+ in 90 days", text_of(page))
    assert '<polyline class="trace" points="0.0,34.0' in page.content.decode()
    assert "2 days, 2 scores in a year" in text_of(page)


def test_a_class_without_scores_has_no_rating(anyone: Client) -> None:
    revert(played(1), RevertRequest())
    assert "SOUND VOLTEX LV.03 – VOLFORCE 0 charts" in text_of(anyone.get("/users/alice/"))


def test_an_empty_profile_says_so(anyone: Client) -> None:
    alice = people.alice()
    assert "This player has no scores here." in text_of(anyone.get("/users/alice/"))
    own = people.session_of(alice).get("/users/alice/")
    assert "Upload your first scores" in text_of(own)
    assert 'href="/users/Alice/" aria-current="page"' in own.content.decode()


def test_a_session_holds_its_scores_against_what_came_before(anyone: Client) -> None:
    played(3, 9_000_000)
    played(4, 9_500_000, day=1)
    factories.an_import(people.alice(), factories.score_on(factories.a_chart(factories.a_song(9)), 1))  # untimed
    session = Session.objects.order_by("time_started").last()
    assert session
    page = anyone.get(f"/sessions/{session.session_id}/")
    said = text_of(page)
    assert heading_of(page) == session.name
    assert "From Tests . Reverting one of them removes only its scores" in said
    assert "scores 3 new bests 3 first plays 0 played 0:02 h charts 3 VOLFORCE of the session –" in said
    assert said.count("New best +500,000") == 3
    rows = said[said.index("All scores") :]
    assert rows.index("Song 3") < rows.index("Song 2") < rows.index("Song 1")  # newest first


def test_a_session_of_ten_has_a_rating(anyone: Client) -> None:
    played(10)
    said = text_of(anyone.get(f"/sessions/{Session.objects.get().session_id}/"))
    assert "scores 10 new bests 0 first plays 10 played 0:09 h charts 10 VOLFORCE of the session 14.700" in said
    assert "14 Nov 2023, 22:13 UTC to 22:22 UTC" in said


def test_words_of_players_cannot_become_markup(anyone: Client) -> None:
    played(1)
    Session.objects.update(name="<i>夜更かし</i>", desc="<script>")
    page = anyone.get(f"/sessions/{Session.objects.get().session_id}/").content.decode()
    assert "<i>" not in page
    assert "<script>" not in page
    assert "&lt;i&gt;夜更かし&lt;/i&gt;" in page


@pytest.mark.parametrize("count", [5, 50])
def test_queries_do_not_grow(count: int, anyone: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    played(count)
    session = Session.objects.get()
    with django_assert_num_queries(11):
        anyone.get(f"/sessions/{session.session_id}/")
    with django_assert_num_queries(18):
        anyone.get("/users/alice/")


def test_a_session_leads_to_its_player_and_an_import_to_its_sessions(anyone: Client) -> None:
    job = played(2)
    session = Session.objects.get()
    assert f'href="/sessions/{session.session_id}/"' in anyone.get(url_of(job, "?tab=sessions")).content.decode()
    assert 'href="/users/Alice/"' in anyone.get(f"/sessions/{session.session_id}/").content.decode()


def test_a_rank_is_told_among_all_who_play(anyone: Client) -> None:
    played(3)
    charts = list(Chart.objects.order_by("pk"))
    for player, score in ((people.bob(), 9_900_000), (people.mo(), 9_000_000)):
        factories.an_import(player, *(factories.score_on(chart, score) for chart in charts))
    for name, rank in (("Bob", 1), ("Alice", 2), ("Mo_", 3)):
        assert f"#{rank} of 3" in text_of(anyone.get(f"/users/{name}/"))


def test_the_latest_imports_are_named_as_far_as_the_reader_may_know() -> None:
    job = played(1)
    failed = factories.an_import(people.alice(), {"lamp": "CLEAR"}, file_name="broken.json")
    own = text_of(people.session_of(people.alice()).get("/users/Alice/"))
    assert "Latest imports All imports broken.json" in own
    assert "Failed" in own
    page = people.guest().get("/users/Alice/")
    assert f'href="{url_of(job)}"' in page.content.decode()
    assert "1 new" in text_of(page)
    for hidden in ("broken.json", "Failed", failed.import_id, "kept aside", "Account"):
        assert hidden not in page.content.decode()


def test_very_many_imports_are_not_counted(anyone: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    played(2)
    monkeypatch.setattr("imports.pages.accounts.views.MAX_COUNTED", 0)
    said = text_of(anyone.get("/users/Alice/"))
    assert "1 import " not in said
    assert "Imports" in said


# --- classes that moderators set -----------------------------------------------------------------------


@pytest.fixture
def taken_down() -> Import:
    """An import whose class a moderator took back, and the reason."""
    job = played(1)
    roll_back_classes(job, by=people.mo(), reason="not your card")
    set_class(people.alice(), ClassChange("sdvx", "Single", "dan", "DAN_1"), by=people.mo(), reason="as agreed")
    return job


def test_a_player_sees_on_the_profile_what_a_moderator_did_to_a_class_and_why(taken_down: Import) -> None:
    for reader in (people.alice(), people.mo()):
        said = text_of(people.session_of(reader).get("/users/Alice/"))
        assert "Classes set by a moderator SOUND VOLTEX, Dan: none became LV.01 Set by Mo_. Reason: “as agreed”" in said
        assert "SOUND VOLTEX, Dan: LV.03 became none Set by Mo_. Reason: “not your card”" in said
    for client in (people.guest(), people.session_of(people.bob())):
        assert "moderator" not in text_of(client.get("/users/Alice/"))


def test_the_import_tells_it_too(taken_down: Import) -> None:
    alices = people.session_of(people.alice())
    assert "Dan was set from LV.03 to none. By Mo_. Reason: “not your card”" in text_of(alices.get(url_of(taken_down)))
    actual = "Class set by Mo_ SOUND VOLTEX, Dan: LV.03 became none. Reason: “not your card”"
    assert actual in text_of(alices.get(url_of(taken_down, "?tab=history")))
    assert "not your card" not in text_of(people.guest().get(url_of(taken_down)))


def test_an_import_of_classes_alone_says_which() -> None:
    job = factories.an_import(people.alice(), parts={"classes": {"dan": "DAN_3"}})
    assert "Dan LV.03. Set by the file." in text_of(people.guest().get(url_of(job)))
    higher = factories.an_import(people.alice(), parts={"classes": {"dan": "DAN_5"}})
    assert "Dan LV.05. Up from LV.03, set by the file." in text_of(people.guest().get(url_of(higher)))


def test_what_no_class_of_today_is_called_can_be_shown(taken_down: Import) -> None:
    """The audit is for ever, games are not."""
    counts: dict[str, Any] = {"game": "gone", "playtype": "X", "set": "rank", "old": None, "new": "GOLD"}
    AuditEntry.objects.create(verb="class set", subject=people.alice(), counts=counts)
    said = text_of(people.session_of(people.alice()).get("/users/Alice/"))
    assert "gone, Rank: none became GOLD" in said
