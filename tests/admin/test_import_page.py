"""The pages of an import and of a player in the admin: what they say beside Django's fields."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from imports.admin.details.clients import client_name
from imports.admin.details.top_scores import top_scores
from imports.admin.details.transitions import Transition
from imports.models import Chart, Import, User
from imports.pipeline.undo.preview import ValueChange
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import factories, people
from tests.pages.html_parsing import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def mo() -> Client:
    return people.session_of(people.mo())


def seen(mo: Client, job: Import) -> str:
    return text_of(mo.get(reverse("admin:imports_import_change", args=[job.pk])))


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("", ""),
        ("KsHook/1.2", "KsHook 1.2"),
        ("BadHook/1.4 (beta)", "BadHook 1.4"),
        ("curl", "curl"),
        ("A Tool Of Mine", "A Tool Of Mine"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0", "Firefox 142, Windows"),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/139.0.0.0 Mobile Safari/537.36",
            "Chrome 139, Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1",
            "Safari 17, iOS",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0", "Edge 139, Linux"),
        ("Mozilla/5.0 (compatible)", "A browser"),
    ],
)
def test_a_client_is_named_in_short(user_agent: str, name: str) -> None:
    assert client_name(user_agent) == name


def test_an_imports_page_says_what_it_did_who_sent_it_and_what_happened(mo: Client) -> None:
    [chart] = factories.charts(1)
    job = factories.an_import(
        people.alice(), factories.score_on(chart), file_name="night.json", client="KsHook/1.2", user_intent=True
    )

    said = seen(mo, job)

    assert "Completed by Alice SOUND VOLTEX " in said
    assert " from Tests " in said
    assert "VOLFORCE none +0.294 0.294" in said
    assert "new score 1 new bests 0 first play 1 duplicates 0 problems 0" in said
    assert "Client KsHook 1.2" in said
    assert "Started by the player" in said
    assert "Token none" in said
    assert "night.json" in said
    assert "VOLFORCE 0.294, #1 of 1" in said
    assert "Imports 1" in said
    assert "Moderated before never" in said
    assert said.index("Completed 1 new") < said.index("Started first attempt") < said.index("Uploaded by Alice")


def test_an_imports_page_leads_with_the_failure_or_the_revert(mo: Client) -> None:
    [chart] = factories.charts(1)
    failed = factories.an_import(people.alice(), {"score": "x"})
    taken = factories.an_import(people.alice(), factories.score_on(chart))
    revert(taken, RevertRequest(by=people.mo(), reason="not theirs"))

    assert "Failed with status 400:" in seen(mo, failed)
    said = seen(mo, taken)
    assert "Reverted by Mo_ on" in said
    assert ": not theirs" in said
    assert "What it did before the revert" in said
    assert "Worth a look" not in said
    assert "Moderated before 1 time" in said


def test_its_queries_do_not_grow_with_the_import(mo: Client, django_assert_max_num_queries: Any) -> None:
    charts = factories.charts(12)
    for chart in charts:
        factories.an_import(people.bob(), factories.score_on(chart, 9_000_000))
    few = factories.an_import(people.alice(), factories.score_on(charts[0]))
    many = factories.an_import(people.alice(), *(factories.score_on(chart) for chart in charts[1:]))

    with django_assert_max_num_queries(100) as asked:
        seen(mo, few)
    with django_assert_max_num_queries(len(asked)):
        seen(mo, many)


# --- worth a look


@pytest.fixture
def rivals(monkeypatch: pytest.MonkeyPatch) -> list[Chart]:
    """Charts of one level: Bob has a score on each, Alice a usual range of 9.1 to 9.4 million on the first six."""
    charts = factories.charts(8)
    factories.an_import(people.bob(), *(factories.score_on(chart, 8_000_000) for chart in charts))
    usual = [factories.score_on(chart, 9_100_000 + place * 60_000) for place, chart in enumerate(charts[:6])]
    factories.an_import(people.alice(), *usual)
    return charts


def test_scores_at_the_top_are_listed_those_above_the_players_range_first(rivals: list[Chart]) -> None:
    rows = [factories.score_on(rivals[6], 9_200_000), factories.score_on(rivals[7], 9_999_999)]
    job = factories.an_import(people.alice(), *rows)

    lines = top_scores(job)

    assert [(line.title, line.score, line.is_above) for line in lines] == [
        (rivals[7].song.title, "9,999,999", True),
        (rivals[6].song.title, "9,200,000", False),
    ]
    assert {(line.rank.rank, line.rank.out_of, line.usual) for line in lines} == {(1, 2, "9,100,000 to 9,400,000")}


def test_a_score_that_nobody_else_played_or_that_is_below_ten_is_not_worth_a_look(rivals: list[Chart]) -> None:
    alone = factories.a_chart(factories.a_song(99, "Alone"))
    for number in range(10):
        player = User.objects.create_user(f"Player_{number}")
        factories.an_import(player, factories.score_on(rivals[6], 9_900_000))
    low = factories.an_import(people.alice(), factories.score_on(rivals[6], 9_000_000), factories.score_on(alone))

    assert top_scores(low) == []


def test_a_range_needs_several_scores(rivals: list[Chart]) -> None:
    job = factories.an_import(people.bob(), factories.score_on(rivals[0], 9_990_000))
    carol = factories.an_import(User.objects.create_user("Carol"), factories.score_on(rivals[0], 9_995_000))

    assert [line.usual for line in top_scores(job)] == ["8,000,000 to 8,000,000"]
    assert [(line.usual, line.is_above) for line in top_scores(carol)] == [("", False)]


# --- players


def test_the_list_of_users_says_when_they_imported_and_what_failed(mo: Client) -> None:
    factories.an_import(people.alice(), {"score": "x"})
    factories.an_import(people.alice(), {"score": "x"})
    people.bob()

    page = mo.get(reverse("admin:imports_user_changelist"))

    rows = {user.username: user for user in page.context["cl"].result_list}
    assert (rows["Alice"].failures, rows[people.bob().username].failures) == (2, 0)
    assert rows["Alice"].last_import_at is not None
    assert rows[people.bob().username].last_import_at is None
    assert "state=failed" in page.content.decode()


@pytest.mark.parametrize(
    ("role", "names"), [("user", {"Alice"}), ("moderator", {"Mo_"}), ("admin", set()), ("banned", {"Eve"})]
)
def test_users_are_filtered_by_role(role: str, names: set[str], mo: Client) -> None:
    for player in (people.alice(), people.eve()):
        player.save()

    page = mo.get(reverse("admin:imports_user_changelist", query={"role": role}))

    assert {user.username for user in page.context["cl"].result_list} == names
    assert "Select user" not in page.content.decode()


def test_the_list_of_users_costs_the_same_whatever_its_length(mo: Client, django_assert_max_num_queries: Any) -> None:
    url = reverse("admin:imports_user_changelist")
    with django_assert_max_num_queries(100) as few:
        mo.get(url)
    for number in range(9):
        User.objects.create_user(f"Player_{number}")
    with django_assert_max_num_queries(len(few)):
        mo.get(url)


def test_the_page_of_a_player_leads_to_a_revert_of_several_imports(mo: Client) -> None:
    jobs = [factories.an_import(people.alice(), factories.score_on(chart)) for chart in factories.charts(2)]

    said = text_of(mo.get(reverse("admin:imports_user_change", args=[people.alice().pk])))
    assert "Newest imports All imports (2)" in said
    assert "Revert selected…" in said

    data = {"action": "revert_selected", "_selected_action": [job.pk for job in jobs]}
    url = reverse("admin:imports_import_changelist", query={"user__id__exact": people.alice().pk})
    assert "Revert 2 imports of 1 player?" in text_of(mo.post(url, data))


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (18.66, 18.288, ("18.660", "−0.372", "18.288")),
        (18.0, 19.0, ("18", "+1", "19")),
        (None, 0.294, ("none", "+0.294", "0.294")),
        (0.5, None, ("0.5", "−0.5", "none")),
        (14_000.25, 14_000.5, ("14,000.25", "+0.25", "14,000.50")),
    ],
)
def test_ratings_stand_below_one_another(
    before: float | None, after: float | None, shown: tuple[str, str, str]
) -> None:
    line = Transition.of_rating(ValueChange("sdvx", "Single", "VF7", before, after))
    assert (line.before, line.change, line.after) == shown
