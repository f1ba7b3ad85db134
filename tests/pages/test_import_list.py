"""A player's imports, as they and others see them."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from redis import Redis

from imports.models import Import, ImportInput, State
from imports.pipeline.progress import Snapshot, Stage, writer
from imports.pipeline.revert import Deed, revert
from tests import builders, people
from tests.pages.reading import heading_of, in_state, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def alices() -> Client:
    return people.session_of(people.alice())


def test_without_imports_the_list_says_what_will_be_here(alices: Client) -> None:
    page = alices.get("/imports/")
    assert "Nothing here yet Every import you make is kept here" in text_of(page)
    assert 'href="/import/">Upload your first scores' in page.content.decode()
    assert alices.get("/")["Location"] == "/import/"


def test_every_state_has_its_line(alices: Client) -> None:
    alice, charts = people.alice(), builders.charts(3)
    rows = [builders.score_on(chart, timeAchieved=builders.NOON) for chart in charts]
    builders.an_import(alice, *rows, file_name="first.json")
    builders.an_import(alice, rows[0], builders.unknown_score(), file_name="again.json")
    taken = builders.an_import(alice, {**rows[1], "score": 1}, {**rows[2], "score": 1}, rows[0], file_name="taken.json")
    revert(taken, Deed(by=alice))
    builders.an_import(alice, {"lamp": "CLEAR"}, file_name="broken.json")
    in_state(alice, State.CANCELLED)
    builders.queued_import(alice, file_name="waits.json")
    said = text_of(alices.get("/imports/"))
    lines = [
        "waits.json Batch-Manual file Queued 0 %",
        "scores.json Batch-Manual file Cancelled Stopped before anything was saved",
        "broken.json Batch-Manual file Failed",
        "taken.json SOUND VOLTEX, Tests Reverted 2 scores taken back as before",
        "again.json SOUND VOLTEX, Tests Completed Nothing new, 1 duplicate, 1 problem no change",
        "first.json SOUND VOLTEX, Tests Completed 3 new 0.882 VOLFORCE",
    ]
    assert [line for line in lines if line not in said] == []
    assert sorted(lines, key=said.index) == lines  # newest first


def test_the_chips_count_and_choose(alices: Client) -> None:
    for state in (State.CANCELLED, State.FAILED, State.FAILED, State.QUEUED, State.QUEUED, State.RUNNING):
        in_state(people.alice(), state)
    assert "All 6 Running 3 Failed 2 Cancelled 1" in text_of(alices.get("/imports/"))
    failed = text_of(alices.get("/imports/?state=failed"))
    assert failed.count("No scores.") == 2
    assert "Stopped before" not in failed
    assert "None of these" in text_of(alices.get("/imports/?state=reverted"))
    assert "All 6" in text_of(alices.get("/imports/?state=nonsense%00"))


def test_fifty_stand_on_a_page(alices: Client) -> None:
    alice = people.alice()
    done = {"state": State.COMPLETED, "import_type": "file/batch-manual", "time_finished": "2026-01-01T00:00Z"}
    Import.objects.bulk_create(Import(user=alice, score_count=number, **done) for number in range(120))
    assert "1 to 50 of 120" in text_of(alices.get("/imports/"))
    last = text_of(alices.get("/imports/?state=completed&page=3"))
    assert "101 to 120 of 120" in last
    assert "19 new" in last
    assert "state=completed&amp;page=2" in alices.get("/imports/?state=completed&page=3").content.decode()


@pytest.mark.parametrize("count", [5, 50])
def test_queries_do_not_grow_with_the_list(
    count: int, alices: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alice = people.alice()
    for number in range(count):
        in_state(alice, [State.FAILED, State.REVERTED, State.QUEUED][number % 3])
    with django_assert_num_queries(6):
        page = alices.get("/imports/")
    assert text_of(page).count("scores.json") == count


def test_a_running_import_shows_how_far_it_is(alices: Client, redis_clean: Redis) -> None:
    job = in_state(people.alice(), State.RUNNING)
    writer(redis_clean, job.import_id)(Snapshot(attempt=1, stage=Stage.BESTS, percent=85))
    page = alices.get("/imports/")
    assert "Running 85 %" in text_of(page)
    assert (
        page.content.decode().count(f'data-poll="/api/v1/imports/{job.import_id}/poll-status"') == 2
    )  # and the header's
    assert '<meta http-equiv="refresh"' in page.content.decode()


def test_only_the_first_few_that_wait_are_asked_about(alices: Client) -> None:
    for _ in range(20):
        builders.queued_import(people.alice())
    page = alices.get("/imports/").content.decode()
    assert page.count('data-end="swap"') == 3


def test_what_is_done_is_not_asked_about(alices: Client) -> None:
    in_state(people.alice(), State.FAILED)
    page = alices.get("/imports/").content.decode()
    assert "data-poll" not in page
    assert "http-equiv" not in page


def test_others_see_what_is_in_or_under_way(alices: Client) -> None:
    builders.an_import(people.alice(), builders.unknown_score(), file_name="secret.json")
    in_state(people.alice(), State.REVERTED)
    for client in (people.guest(), people.session_of(people.bob())):
        page = client.get("/users/alice/imports/")
        assert heading_of(page) == "Imports of Alice"
        assert "Tests SOUND VOLTEX Completed" in text_of(page)
        assert "secret" not in text_of(page)
        assert "Reverted" not in text_of(page)
    seen = text_of(people.session_of(people.mo()).get("/users/alice/imports/"))
    assert "Reverted" in seen
    assert "secret.json" in seen


def test_an_import_without_a_file_is_named_by_what_sent_it(alices: Client) -> None:
    builders.an_import(people.alice(), builders.unknown_score(), file_name="gone.json")
    ImportInput.objects.all().delete()
    assert "Tests SOUND VOLTEX Completed" in text_of(alices.get("/imports/"))
