"""The admin's pages of an import and of a player: facts beside Django's fields."""

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


def page_text(mo: Client, job: Import) -> str:
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
def test_a_user_agent_is_shortened_to_a_client_name(user_agent: str, name: str) -> None:
    assert client_name(user_agent) == name


def test_the_import_page_shows_results_sender_and_history(mo: Client) -> None:
    [chart] = factories.charts(1)
    job = factories.create_import(
        people.alice(), factories.score_on(chart), file_name="night.json", client="KsHook/1.2", user_intent=True
    )

    text = page_text(mo, job)

    assert "Completed by Alice SOUND VOLTEX " in text
    assert " from Tests " in text
    assert "VOLFORCE none +0.294 0.294" in text
    assert "new score 1 new bests 0 first play 1 duplicates 0 problems 0" in text
    assert "Client KsHook 1.2" in text
    assert "Started by the player" in text
    assert "Token none" in text
    assert "night.json" in text
    assert "VOLFORCE 0.294, #1 of 1" in text
    assert "Imports 1" in text
    assert "Moderated before never" in text
    assert text.index("Completed 1 new") < text.index("Started first attempt") < text.index("Uploaded by Alice")


def test_the_import_page_begins_with_the_failure_or_the_revert(mo: Client) -> None:
    [chart] = factories.charts(1)
    failed = factories.create_import(people.alice(), {"score": "x"})
    taken = factories.create_import(people.alice(), factories.score_on(chart))
    revert(taken, RevertRequest(by=people.mo(), reason="not theirs"))

    assert "Failed with status 400:" in page_text(mo, failed)
    text = page_text(mo, taken)
    assert "Reverted by Mo_ on" in text
    assert ": not theirs" in text
    assert "What it did before the revert" in text
    assert "Worth a look" not in text
    assert "Moderated before 1 time" in text


@pytest.mark.slow
def test_the_number_of_queries_of_the_import_page_is_constant(mo: Client, django_assert_max_num_queries: Any) -> None:
    charts = factories.charts(12)
    for chart in charts:
        factories.create_import(people.bob(), factories.score_on(chart, 9_000_000))
    few = factories.create_import(people.alice(), factories.score_on(charts[0]))
    many = factories.create_import(people.alice(), *(factories.score_on(chart) for chart in charts[1:]))

    with django_assert_max_num_queries(100) as queries:
        page_text(mo, few)
    with django_assert_max_num_queries(len(queries)):
        page_text(mo, many)


# --- scores worth a look


@pytest.fixture
def rivals(monkeypatch: pytest.MonkeyPatch) -> list[Chart]:
    """Charts of one level: Bob has a score on each, Alice has a usual range of 9.1 to 9.4 million on the first six."""
    charts = factories.charts(8)
    factories.create_import(people.bob(), *(factories.score_on(chart, 8_000_000) for chart in charts))
    usual = [factories.score_on(chart, 9_100_000 + place * 60_000) for place, chart in enumerate(charts[:6])]
    factories.create_import(people.alice(), *usual)
    return charts


def test_top_scores_above_the_players_usual_range_are_listed_first(rivals: list[Chart]) -> None:
    rows = [factories.score_on(rivals[6], 9_200_000), factories.score_on(rivals[7], 9_999_999)]
    job = factories.create_import(people.alice(), *rows)

    lines = top_scores(job)

    assert [(line.title, line.score, line.is_above) for line in lines] == [
        (rivals[7].song.title, "9,999,999", True),
        (rivals[6].song.title, "9,200,000", False),
    ]
    assert {(line.rank.rank, line.rank.out_of, line.usual) for line in lines} == {(1, 2, "9,100,000 to 9,400,000")}


@pytest.mark.slow
def test_scores_without_rivals_or_below_the_top_ten_are_not_listed(rivals: list[Chart]) -> None:
    alone = factories.create_chart(factories.create_song(99, "Alone"))
    for number in range(10):
        player = User.objects.create_user(f"Player_{number}")
        factories.create_import(player, factories.score_on(rivals[6], 9_900_000))
    low = factories.create_import(people.alice(), factories.score_on(rivals[6], 9_000_000), factories.score_on(alone))

    assert top_scores(low) == []


def test_the_usual_range_needs_several_scores(rivals: list[Chart]) -> None:
    job = factories.create_import(people.bob(), factories.score_on(rivals[0], 9_990_000))
    carol = factories.create_import(User.objects.create_user("Carol"), factories.score_on(rivals[0], 9_995_000))

    assert [line.usual for line in top_scores(job)] == ["8,000,000 to 8,000,000"]
    assert [(line.usual, line.is_above) for line in top_scores(carol)] == [("", False)]


# --- players


def test_the_list_of_users_shows_last_imports_and_recent_failures(mo: Client) -> None:
    factories.create_import(people.alice(), {"score": "x"})
    factories.create_import(people.alice(), {"score": "x"})
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


def test_the_number_of_queries_of_the_list_of_users_is_constant(mo: Client, django_assert_max_num_queries: Any) -> None:
    url = reverse("admin:imports_user_changelist")
    with django_assert_max_num_queries(100) as few:
        mo.get(url)
    for number in range(9):
        User.objects.create_user(f"Player_{number}")
    with django_assert_max_num_queries(len(few)):
        mo.get(url)


def test_several_imports_can_be_reverted_from_a_players_page(mo: Client) -> None:
    jobs = [factories.create_import(people.alice(), factories.score_on(chart)) for chart in factories.charts(2)]

    text = text_of(mo.get(reverse("admin:imports_user_change", args=[people.alice().pk])))
    assert "Newest imports All imports (2)" in text
    assert "Revert selected…" in text

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
def test_ratings_before_and_after_have_the_same_number_of_decimals(
    before: float | None, after: float | None, shown: tuple[str, str, str]
) -> None:
    line = Transition.of_rating(ValueChange("sdvx", "Single", "VF7", before, after))
    assert (line.before, line.change, line.after) == shown
