"""Single-score imports of one tool in the list are grouped into runs, with their scores."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from imports.models import Import, State, User
from imports.pages.imports.listing import runs
from tests import factories, people
from tests.pages.html_parsing import text_of, url_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def alices() -> Client:
    return people.session_of(people.alice())


def singles(user: User, count: int, **fields: Any) -> list[Import]:
    """Returns `count` completed imports of one row by a tool, a minute apart, oldest first."""
    facts = {
        "state": State.COMPLETED,
        "import_type": "ir/direct-manual",
        "service": "KsHook",
        "game": "sdvx",
        "row_count": 1,
    }
    start = fields.pop("start", timezone.now() - timedelta(days=1))
    return [
        Import.objects.create(
            user=user,
            **{
                **facts,
                "score_count": 1,
                "time_queued": start + timedelta(minutes=number),
                "time_finished": start + timedelta(minutes=number),
                **fields,
            },
        )
        for number in range(count)
    ]


def row_names(page: Any) -> list[str]:
    """Returns the names of the rows of the list, without those inside a run."""
    body = re.sub(r'<ul class="inner">.*?</ul>', "", page.content.decode(), flags=re.DOTALL)
    return [
        " ".join(html.unescape(re.sub("<[^>]+>", "", name)).split())
        for name in re.findall(r'class="song"[^>]*>(.*?)</(?:a|span)>\s*<span class="artist"', body, re.DOTALL)
    ]


def test_a_run_of_single_scores_is_one_row(alices: Client) -> None:
    singles(people.alice(), 45, best_count=1)
    page = alices.get("/imports/")
    assert row_names(page) == ["KsHook · 45 scores"]
    assert "45 new, 45 new bests" in text_of(page)
    assert "Show all 45 imports" in text_of(page)
    assert "Revert 45…" in text_of(page)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"service": "Barbatos"}, ["KsHook · 3 scores", "Barbatos", "KsHook · 3 scores"]),
        ({"client": "another"}, ["KsHook · 3 scores", "KsHook", "KsHook · 3 scores"]),
        ({"row_count": 2}, ["KsHook · 3 scores", "KsHook", "KsHook · 3 scores"]),
        ({"user_intent": True}, ["KsHook · 3 scores", "KsHook", "KsHook · 3 scores"]),
        (
            {"state": State.REVERTED, "reverted_at": "2026-01-01T00:00Z"},
            ["KsHook · 3 scores", "KsHook", "KsHook · 3 scores"],
        ),
        ({"game": "iidx"}, ["KsHook · 3 scores", "KsHook", "KsHook · 3 scores"]),
        ({"score_count": 0, "duplicate_count": 1}, ["KsHook · 7 scores"]),
        ({"score_count": 0, "problem_count": 1}, ["KsHook · 7 imports"]),
    ],
)
def test_another_kind_of_import_ends_a_run(other: dict[str, Any], expected: list[str], alices: Client) -> None:
    singles(people.alice(), 3)
    singles(people.alice(), 1, **other)
    singles(people.alice(), 3)
    assert row_names(alices.get("/imports/")) == expected


def test_two_imports_are_no_run_and_a_long_pause_ends_a_run(alices: Client) -> None:
    now = timezone.now()
    singles(people.alice(), 2, start=now - timedelta(hours=9))
    singles(people.alice(), 4, start=now - timedelta(hours=5))
    assert row_names(alices.get("/imports/")) == ["KsHook · 4 scores", "KsHook", "KsHook"]


def test_pages_with_runs_show_every_import_once(alices: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "PER_PAGE", 3)
    monkeypatch.setattr(runs, "MAX_READ", 40)
    alice = people.alice()
    for number in range(4):
        singles(alice, 30, service=f"Tool {number}")
        singles(alice, 1, service="Night", row_count=7)
    singles(alice, 95, service="Long")
    forward, address = [], "/imports/"
    while address:
        page = alices.get(address)
        forward.append(row_names(page))
        older = re.search(r'rel="next" href="([^"]*)"', page.content.decode())
        address = f"/imports/{html.unescape(older[1])}" if older else ""
    # A run longer than what a page reads is cut; no import is lost, and none is shown twice.
    assert forward == [
        ["Long · 40 scores"],
        ["Long · 40 scores"],
        ["Long · 15 scores", "Night"],
        ["Tool 3 · 30 scores", "Night"],
        ["Tool 2 · 30 scores", "Night"],
        ["Tool 1 · 30 scores", "Night"],
        ["Tool 0 · 30 scores"],
    ]
    back = []
    while newer := re.search(r'rel="prev" href="([^"]*)"', page.content.decode()):
        page = alices.get(f"/imports/{html.unescape(newer[1])}")
        back.append(row_names(page))
    assert [name for names in back[::-1] for name in names].count("Night") == 4
    assert (
        sum(int(count) for names in [*back, forward[-1]] for name in names for count in re.findall(r"· (\d+)", name))
        == 215
    )


def test_a_run_links_to_a_list_of_its_imports(alices: Client) -> None:
    alice = people.alice()
    hers = singles(alice, 4)
    singles(alice, 1, service="Night", row_count=7)
    page = alices.get("/imports/")
    url = re.search(
        r'href="(/imports/\?run=[^"]*)">Show all', " ".join(page.content.decode().split()).replace('"> Show', '">Show')
    )
    assert url
    listed = alices.get(html.unescape(url[1]))
    assert row_names(listed) == ["KsHook"] * 4
    assert listed.content.decode().count('name="import"') == 4
    assert "Clear all" in text_of(listed)
    preview = alices.get(f"/imports/revert/?run={hers[-1].import_id}-{hers[0].import_id}")
    assert "Revert these 4 imports?" in text_of(preview)


@pytest.mark.parametrize("name", ["", "x", "a" * 81, f"{'a' * 40}-{'b' * 40}", "%00"])
def test_an_invalid_run_matches_no_import(name: str, alices: Client) -> None:
    singles(people.alice(), 3)
    assert alices.get(f"/imports/?run={name}").status_code == 200
    assert alices.get(f"/imports/revert/?run={name}").status_code == 302


def test_the_run_of_another_player_cannot_be_reverted(alices: Client) -> None:
    theirs = singles(people.bob(), 3)
    name = f"{theirs[-1].import_id}-{theirs[0].import_id}"
    assert alices.get(f"/imports/revert/?run={name}").status_code == 403
    assert row_names(alices.get(f"/imports/?run={name}")) == []


def test_a_single_score_import_shows_its_chart_and_score(alices: Client) -> None:
    alice, chart = people.alice(), factories.charts(1)[0]
    for points in (9_000_000, 9_500_000, 9_400_000):
        row = factories.score_on(chart, points, timeAchieved=factories.NOON + points)
        factories.create_import(alice, row, user_intent=True)
    lines = text_of(alices.get("/imports/"))
    assert "Song 1 EXH 16 SOUND VOLTEX, Tests Completed 9,400,000 AA CLEAR −100,000" in lines
    assert "Song 1 EXH 16 SOUND VOLTEX, Tests Completed 9,500,000 AA+ CLEAR New best" in lines
    assert "Song 1 EXH 16 SOUND VOLTEX, Tests Completed 9,000,000 A+ CLEAR First play" in lines


def test_a_run_lists_its_newest_scores_and_its_rating_change(alices: Client) -> None:
    alice, chart = people.alice(), factories.charts(1)[0]
    for points in (9_000_000, 9_500_000, 9_600_000):
        content = factories.score_on(chart, points, timeAchieved=factories.NOON + points)
        factories.create_import(alice, content)
    page = alices.get("/imports/")
    assert row_names(page) == ["Tests · 3 scores"]
    assert "Song 1 EXH 16 9,600,000 AA+ New best +100,000" in text_of(page)
    assert "3 new, 2 new bests 0.297 VOLFORCE" in text_of(page)  # a first rating is shown without a change
    assert page.content.decode().count("strip mini") == 1


@pytest.mark.parametrize("count", [4, 40])
def test_queries_of_the_import_list_do_not_grow_with_runs(
    count: int, alices: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alice = people.alice()
    for number in range(count):
        singles(alice, 4, service=f"Tool {number}")
    with django_assert_num_queries(10):
        page = alices.get("/imports/")
    assert len(row_names(page)) == count


# --- tools whose imports fail --------------------------------------------------------------------------


def failed(user: User, count: int, message: str = "No such game.", **fields: Any) -> list[Import]:
    return singles(user, count, state=State.FAILED, status_code=400, error_message=message, score_count=0, **fields)


def test_a_failing_tool_is_reported_above_the_list(alices: Client) -> None:
    singles(people.alice(), 3)
    last = failed(people.alice(), 2, "Unknown firmware.\nMore of it.")[-1]
    page = alices.get("/imports/")
    text = text_of(page)
    assert "The last 2 imports by" in text
    assert "Unknown firmware. View the last one" in text
    assert f'href="{url_of(last)}">View the last one' in page.content.decode()


def test_a_tool_that_works_again_is_not_reported(alices: Client) -> None:
    failed(people.alice(), 3)
    singles(people.alice(), 1)
    assert "failed." not in text_of(alices.get("/imports/"))


def test_only_the_owner_sees_failing_tools_and_failed_files_are_not_reported(alices: Client) -> None:
    failed(people.alice(), 1)
    failed(people.bob(), 1, user_intent=True)
    assert "The last import by" in text_of(alices.get("/imports/"))
    assert "The last import by" not in text_of(people.session_of(people.mo()).get("/users/Alice/imports/"))
    assert "The last import by" not in text_of(people.session_of(people.bob()).get("/imports/"))
