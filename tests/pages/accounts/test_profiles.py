"""Profiles and sessions, which are public."""

from __future__ import annotations

import re
from typing import Any, cast

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from imports.integers import milliseconds
from imports.models import AuditEntry, Chart, Import, PersonalBest, Score, Session
from imports.pipeline.classes import ClassChange, roll_back_classes, set_class
from imports.pipeline.scores import edit_score
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import factories, people
from tests.pages.html_parsing import heading_of, text_of, url_of

pytestmark = pytest.mark.django_db


def played(count: int, score: int = 9_500_000, *, day: int = 0) -> Import:
    """Returns an import of `count` scores of Alice's, a minute apart."""
    charts = list(Chart.objects.order_by("pk")) or factories.charts(count)
    start = factories.NOON + day * 24 * factories.HOUR
    rows = [
        factories.score_on(chart, score, timeAchieved=start + place * factories.MINUTE)
        for place, chart in enumerate(charts[:count])
    ]
    return factories.create_import(people.alice(), *rows, parts={"classes": {"dan": "DAN_3"}})


@pytest.fixture
def anyone() -> Client:
    return people.guest()


def test_a_profile_shows_ratings_sessions_and_best_plays(anyone: Client) -> None:
    played(12)
    page = anyone.get("/users/alice/")
    text = text_of(page)
    assert heading_of(page) == "Alice"
    assert "SOUND VOLTEX LV.03, Sienna II 3.528 VOLFORCE 1.472 to Sienna III #1 of 1 12 charts" in text
    assert f"{Session.objects.get().name} SOUND VOLTEX" in text
    assert "12 scores" in text
    assert "Best plays all games Song 1 EXH 16 SOUND VOLTEX CLEAR 9,500,000 0.294 AA+" in text
    assert 'href="/users/Alice/games/sdvx/Single/"' in page.content.decode()
    assert 'href="/users/Alice/imports/"' in page.content.decode()


def test_pinned_scores_show_their_comments(anyone: Client) -> None:
    played(2)
    score = Score.objects.earliest("pk")
    edit_score(score, {"highlight": True, "comment": "After 61 tries."}, by=score.user)
    text = text_of(anyone.get("/users/alice/"))
    assert "Pinned Song 1 SOUND VOLTEX, 14 Nov 2023 9,500,000 AA+ EXH 16 CLEAR “After 61 tries.”" in text


def test_the_head_of_a_profile_counts_scores_charts_and_sessions(anyone: Client) -> None:
    played(12)
    chart = factories.create_chart(factories.create_song(99))
    factories.create_import(people.alice(), factories.score_on(chart, 9_000_000, timeAchieved=None))
    text = text_of(anyone.get("/users/alice/"))
    assert "1 game 13 scores 13 charts 1 session 2 imports Playing since 14 Nov 2023 Joined" in text


def test_the_head_of_a_profile_without_scores_shows_zeros(anyone: Client) -> None:
    people.alice()
    text = text_of(anyone.get("/users/alice/"))
    assert "Joined" in text
    for absent in ("0 games", "0 imports", "0 sessions"):
        assert absent not in text
    assert "Playing since" not in text


def pin(client: Client, listed: list[Score], *pinned: Score) -> HttpResponse:
    form = {"listed": [score.score_id for score in listed], "pinned": [score.score_id for score in pinned]}
    return cast(HttpResponse, client.post("/account/pinned/", form))


def test_a_player_pins_and_unpins_scores() -> None:
    played(3)
    one, two, three = Score.objects.order_by("pk")
    alices = people.session_of(people.alice())
    page = alices.get("/account/pinned/")
    assert "Best plays and latest scores Song 1 SOUND VOLTEX, 14 Nov 2023 9,500,000 AA+ EXH 16 CLEAR" in text_of(page)
    assert page.content.decode().count(" checked") == 0
    assert pin(alices, [one, two, three], one, three).headers["Location"] == "/users/Alice/#pinned"
    assert set(Score.objects.filter(highlight=True)) == {one, three}
    assert alices.get("/account/pinned/").content.decode().count(" checked") == 2
    pin(alices, [one, two, three], two)
    assert set(Score.objects.filter(highlight=True)) == {two}
    assert PersonalBest.objects.get(highlight=True).score_id == two.score_id
    assert AuditEntry.objects.filter(verb="score edited", actor=people.alice()).count() == 5


def test_a_pinned_score_that_the_form_did_not_list_stays_pinned() -> None:
    played(2)
    one, two = Score.objects.order_by("pk")
    edit_score(one, {"highlight": True}, by=one.user)
    pin(people.session_of(people.alice()), [two], two)
    assert set(Score.objects.filter(highlight=True)) == {one, two}


def test_another_player_cannot_pin_a_score() -> None:
    played(1)
    score = Score.objects.get()
    pin(people.session_of(people.bob()), [score], score)
    assert not Score.objects.filter(highlight=True).exists()


def test_pinning_invalid_score_ids_changes_nothing() -> None:
    played(1)
    alices = people.session_of(people.alice())
    assert alices.post("/account/pinned/", {"listed": ["\x00", "é", "nothing"], "pinned": ["\x00"]}).status_code == 302
    assert not Score.objects.filter(highlight=True).exists()


@pytest.mark.django_db(transaction=True)
def test_pinning_a_score_of_a_locked_player_is_a_409() -> None:
    played(1)
    score = Score.objects.get()
    with factories.hold_player_lock(people.alice()):
        assert pin(people.session_of(people.alice()), [score], score).status_code == 409
    assert not Score.objects.filter(highlight=True).exists()


def test_only_the_owner_s_profile_links_to_the_pin_form(anyone: Client) -> None:
    played(1)
    assert 'href="/account/pinned/"' in people.session_of(people.alice()).get("/users/alice/").content.decode()
    for client in (anyone, people.session_of(people.bob())):
        assert "/account/pinned/" not in client.get("/users/alice/").content.decode()


def test_a_profile_shows_the_rating_change_of_ninety_days(anyone: Client) -> None:
    chart, now = factories.create_chart(factories.create_song(1)), milliseconds(timezone.now())
    days = ((100, 9_000_000), (10, 9_900_000))
    rows = [factories.score_on(chart, score, timeAchieved=now - day * 24 * factories.HOUR) for day, score in days]
    factories.create_import(people.alice(), *rows)
    page = anyone.get("/users/alice/")
    assert re.search(r"\+0\.\d+ in 90 days", text_of(page))
    assert '<polyline class="trace" points="0.0,34.0' in page.content.decode()
    assert "2 days, 2 scores in a year" in text_of(page)


def test_a_class_without_scores_has_no_rating(anyone: Client) -> None:
    revert(played(1), RevertRequest())
    assert "SOUND VOLTEX LV.03 – VOLFORCE 0 charts" in text_of(anyone.get("/users/alice/"))


def test_an_empty_profile_shows_an_empty_state(anyone: Client) -> None:
    alice = people.alice()
    assert "This player has no scores here." in text_of(anyone.get("/users/alice/"))
    own = people.session_of(alice).get("/users/alice/")
    assert "Upload a file Connect a tool" in text_of(own)
    assert 'href="/users/Alice/" aria-current="page"' in own.content.decode()


def test_a_session_page_compares_its_scores_with_earlier_bests(anyone: Client) -> None:
    played(3, 9_000_000)
    played(4, 9_500_000, day=1)
    factories.create_import(
        people.alice(), factories.score_on(factories.create_chart(factories.create_song(9)), 1)
    )  # untimed
    session = Session.objects.order_by("time_started").last()
    assert session
    page = anyone.get(f"/sessions/{session.session_id}/")
    text = text_of(page)
    assert heading_of(page) == session.name
    assert "From Tests . Reverting it removes only its scores" in text
    assert "scores 3 new bests 3 first plays 0 played 0:02 h charts 3" in text
    assert "A session needs 10 scores for a VOLFORCE of its own." in text
    assert text.count("New best +500,000") == 3
    rows = text[text.index("All scores") :]
    assert rows.index("Song 3") < rows.index("Song 2") < rows.index("Song 1")  # newest first


def test_a_session_of_ten_has_a_rating(anyone: Client) -> None:
    played(10)
    text = text_of(anyone.get(f"/sessions/{Session.objects.get().session_id}/"))
    assert "scores 10 new bests 0 first plays 10 played 0:09 h charts 10 VOLFORCE of the session 14.700" in text
    assert "14 Nov 2023, 22:13 UTC to 22:22 UTC" in text


def test_session_name_and_description_are_escaped(anyone: Client) -> None:
    played(1)
    Session.objects.update(name="<i>夜更かし</i>", desc="<script>")
    page = anyone.get(f"/sessions/{Session.objects.get().session_id}/").content.decode()
    assert "<i>" not in page
    assert "<script>" not in page
    assert "&lt;i&gt;夜更かし&lt;/i&gt;" in page


@pytest.mark.parametrize("count", [5, 50])
def test_queries_of_profile_and_session_pages_do_not_grow(
    count: int, anyone: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    played(count)
    session = Session.objects.get()
    with django_assert_num_queries(14):
        anyone.get(f"/sessions/{session.session_id}/")
    with django_assert_num_queries(20):
        anyone.get("/users/alice/")


def test_a_session_links_to_its_player_and_an_import_to_its_sessions(anyone: Client) -> None:
    job = played(2)
    session = Session.objects.get()
    assert f'href="/sessions/{session.session_id}/"' in anyone.get(url_of(job, "?tab=sessions")).content.decode()
    assert 'href="/users/Alice/"' in anyone.get(f"/sessions/{session.session_id}/").content.decode()


def test_a_profile_shows_the_rank_among_all_players(anyone: Client) -> None:
    played(3)
    charts = list(Chart.objects.order_by("pk"))
    for player, score in ((people.bob(), 9_900_000), (people.mo(), 9_000_000)):
        factories.create_import(player, *(factories.score_on(chart, score) for chart in charts))
    for name, rank in (("Bob", 1), ("Alice", 2), ("Mo_", 3)):
        assert f"#{rank} of 3" in text_of(anyone.get(f"/users/{name}/"))


def test_the_latest_imports_hide_failures_and_file_names_from_guests() -> None:
    job = played(1)
    failed = factories.create_import(people.alice(), {"lamp": "CLEAR"}, file_name="broken.json")
    own = text_of(people.session_of(people.alice()).get("/users/Alice/"))
    assert "Latest imports All imports broken.json" in own
    assert "Failed" in own
    page = people.guest().get("/users/Alice/")
    assert f'href="{url_of(job)}"' in page.content.decode()
    assert "1 new" in text_of(page)
    for hidden in ("broken.json", "Failed", failed.import_id, "kept aside", "Account"):
        assert hidden not in page.content.decode()


def test_a_run_of_imports_by_a_tool_is_one_of_the_latest_imports() -> None:
    charts = factories.charts(3)
    sent = [
        factories.create_import(people.alice(), factories.score_on(chart), user_intent=False, client="KsHook/2")
        for chart in charts
    ]
    factories.create_import(people.alice(), factories.score_on(charts[0], 9_900_000), file_name="night.json")
    page = people.session_of(people.alice()).get("/users/Alice/")
    part = text_of(page)[text_of(page).index("Latest imports") :]
    assert re.match(r"Latest imports All imports night\.json .* 1 new 3 imports by \w+ SOUND VOLTEX, .* 3 new ", part)
    run = f"/imports/?run={sent[-1].import_id}-{sent[0].import_id}"
    assert f'href="{run}"' in page.content.decode()


def test_imports_beyond_the_count_limit_are_not_counted(anyone: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    played(2)
    monkeypatch.setattr("imports.pages.accounts.views.MAX_COUNTED", 0)
    text = text_of(anyone.get("/users/Alice/"))
    assert "1 import " not in text
    assert "Imports" in text


# --- classes that moderators set -----------------------------------------------------------------------


@pytest.fixture
def taken_down() -> Import:
    """An import of Alice's whose class a moderator rolled back."""
    job = played(1)
    roll_back_classes(job, by=people.mo(), reason="not your card")
    set_class(people.alice(), ClassChange("sdvx", "Single", "dan", "DAN_1"), by=people.mo(), reason="as agreed")
    return job


def test_only_the_player_and_moderators_see_class_changes_by_moderators(taken_down: Import) -> None:
    for reader in (people.alice(), people.mo()):
        text = text_of(people.session_of(reader).get("/users/Alice/"))
        assert "Classes set by a moderator SOUND VOLTEX, Dan: none became LV.01 Set by Mo_. Reason: “as agreed”" in text
        assert "SOUND VOLTEX, Dan: LV.03 became none Set by Mo_. Reason: “not your card”" in text
    for client in (people.guest(), people.session_of(people.bob())):
        assert "moderator" not in text_of(client.get("/users/Alice/"))


def test_the_import_page_shows_the_rollback_of_its_class(taken_down: Import) -> None:
    alices = people.session_of(people.alice())
    assert "Dan was set from LV.03 to none. By Mo_. Reason: “not your card”" in text_of(alices.get(url_of(taken_down)))
    actual = "Class set by Mo_ SOUND VOLTEX, Dan: LV.03 became none. Reason: “not your card”"
    assert actual in text_of(alices.get(url_of(taken_down, "?tab=history")))
    assert "not your card" not in text_of(people.guest().get(url_of(taken_down)))


def test_an_import_of_classes_only_lists_them() -> None:
    job = factories.create_import(people.alice(), parts={"classes": {"dan": "DAN_3"}})
    assert "Dan LV.03. Set by the file." in text_of(people.guest().get(url_of(job)))
    higher = factories.create_import(people.alice(), parts={"classes": {"dan": "DAN_5"}})
    assert "Dan LV.05. Up from LV.03, set by the file." in text_of(people.guest().get(url_of(higher)))


def test_a_class_change_of_a_removed_game_is_shown(taken_down: Import) -> None:
    """Audit entries outlive the games that they name."""
    counts: dict[str, Any] = {"game": "gone", "playtype": "X", "set": "rank", "old": None, "new": "GOLD"}
    AuditEntry.objects.create(verb="class set", subject=people.alice(), counts=counts)
    text = text_of(people.session_of(people.alice()).get("/users/Alice/"))
    assert "gone, Rank: none became GOLD" in text
