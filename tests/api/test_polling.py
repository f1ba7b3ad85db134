"""GET …/poll-status: never 404 after a 202, never backwards, and next to nothing to compute."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from redis import Redis

from imports.models import Import, Permission, State
from imports.pipeline import progress
from imports.pipeline.progress import Snapshot, Stage
from imports.pipeline.revert import Deed, revert
from tests import people
from tests.api import expected
from tests.api.answers import body, outcome
from tests.builders import NOON, an_import, charts, queued_import, score_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

WAITING = {"description": "Starting up import.", "stage": "queued", "percent": 0, "stages": []}


def address(job: Import) -> str:
    return f"/api/v1/imports/{job.import_id}/poll-status"


def running(attempts: int = 1) -> Import:
    job = queued_import(people.alice())
    Import.objects.filter(pk=job.pk).update(state=State.RUNNING, attempts=attempts)
    return job


def test_a_queued_import_says_how_many_of_its_player_come_first() -> None:
    queued_import(people.bob())
    jobs = [queued_import(people.alice()) for _ in range(3)]
    told = [body(people.guest(), address(job)) for job in jobs]
    assert told == [
        {"importStatus": "ongoing", "progress": {**WAITING, "queuePosition": position}} for position in range(3)
    ]


def test_the_running_import_counts_as_one_that_comes_first() -> None:
    running()
    told = body(people.guest(), address(queued_import(people.alice())))
    assert told["progress"]["queuePosition"] == 1


def test_a_running_import_that_has_not_said_anything_starts_up() -> None:
    assert body(people.guest(), address(running())) == {"importStatus": "ongoing", "progress": WAITING}


def test_a_running_import_tells_all_that_is_known(redis_clean: Redis) -> None:
    job = running()
    snapshot = Snapshot(
        attempt=1, stage=Stage.CHECKING, percent=24, processed=50, total=100, eta=1.5, seconds={"reading": 0.25}
    )
    progress.writer(redis_clean, job.import_id)(snapshot)
    assert body(people.guest(), address(job))["progress"] == {
        "description": "Imported 50 scores.",
        "stage": "checking",
        "percent": 24,
        "processed": 50,
        "total": 100,
        "etaSeconds": 1.5,
        "stages": [{"name": "reading", "seconds": 0.25}],
    }


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_has_a_description_for_those_who_know_no_more(stage: Stage, redis_clean: Redis) -> None:
    job = running()
    progress.writer(redis_clean, job.import_id)(Snapshot(attempt=1, stage=stage))
    told = body(people.guest(), address(job))["progress"]
    assert told["description"].endswith(".")
    assert set(told) == {"description", "stage", "percent", "stages"}


def test_what_an_earlier_attempt_said_does_not_count(redis_clean: Redis) -> None:
    job = running(attempts=2)
    progress.writer(redis_clean, job.import_id)(Snapshot(attempt=1, stage=Stage.BESTS, percent=85))
    assert body(people.guest(), address(job))["progress"] == WAITING


def test_within_an_attempt_nothing_goes_backwards(redis_clean: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """A poll for each snapshot that a real import writes."""
    monkeypatch.setattr(progress, "WRITE_EVERY", 0)
    written: list[Snapshot] = []
    monkeypatch.setattr("imports.jobs._progress_writer", lambda _import_id: written.append)
    job = an_import(people.alice(), *[score_on(chart, timeAchieved=NOON) for chart in charts(20)])
    Import.objects.filter(pk=job.pk).update(state=State.RUNNING)
    told = []
    for snapshot in written:
        progress.writer(redis_clean, job.import_id)(snapshot)
        told.append(body(people.guest(), address(job))["progress"])
    stages = [list(Stage).index(Stage(each["stage"])) for each in told]
    percents = [each["percent"] for each in told]
    assert stages == sorted(stages)
    assert percents == sorted(percents)
    assert percents[0] < percents[-1] <= 100


def test_a_completed_import_comes_with_its_document() -> None:
    job = an_import(people.alice())
    assert outcome(people.guest().get(address(job))) == (200, "Import was completed!")
    assert body(people.guest(), address(job)) == {
        "importStatus": "completed",
        "import": expected.an_import(job, scoreIDs=[], playtypes=[], gptStrings=[]),
    }


def test_the_document_is_that_of_the_import_itself() -> None:
    job = an_import(people.alice(), *[score_on(chart, timeAchieved=NOON) for chart in charts(3)])
    told = body(people.guest(), f"/api/v1/imports/{job.import_id}")
    assert body(people.guest(), address(job))["import"] == told["import"]


def test_a_failed_import_answers_with_its_status_and_message() -> None:
    job = an_import(people.alice(), {"matchType": "nonsense"})
    status, description = outcome(people.guest().get(address(job)))
    assert status == 400
    assert description.startswith("Invalid BATCH-MANUAL: scores[0].score | Expected an integer.")


def test_a_reverted_import_is_gone() -> None:
    job = an_import(people.alice(), score_on(charts(1)[0]))
    revert(job, Deed())
    assert outcome(people.guest().get(address(job))) == (410, "This import has been reverted.")


def test_a_cancelled_import_is_gone() -> None:
    job = queued_import(people.alice())
    Import.objects.filter(pk=job.pk).update(state=State.CANCELLED)
    assert outcome(people.guest().get(address(job))) == (410, "This import was cancelled.")


def test_an_unknown_import_is_not_found() -> None:
    assert outcome(people.guest().get("/api/v1/imports/" + "0" * 40 + "/poll-status")) == (
        404,
        "There is no ongoing import here.",
    )


def test_the_first_poll_after_a_202_finds_the_import() -> None:
    client = people.bearer(people.alice(), Permission.SUBMIT_SCORE)
    answer = client.post("/ir/direct-manual/import", {}, content_type="application/json")
    assert outcome(client.get(json.loads(answer.content)["body"]["url"])) == (200, "Import is ongoing.")


@pytest.mark.parametrize(("state", "again"), [(State.QUEUED, "1"), (State.RUNNING, "1"), (State.COMPLETED, None)])
def test_clients_are_told_when_to_come_back_while_there_is_a_reason_to(state: State, again: str | None) -> None:
    job = an_import(people.alice())
    Import.objects.filter(pk=job.pk).update(state=state)
    assert people.guest().get(address(job)).headers.get("Retry-After") == again


@pytest.fixture
def counted_redis(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys that are read from Redis."""
    read: list[str] = []
    real = progress.read

    def counting(redis: Any, import_id: str) -> Snapshot | None:
        read.append(import_id)
        return real(redis, import_id)

    monkeypatch.setattr("imports.jobs.read", counting)
    return read


def test_a_poll_of_a_running_import_is_one_statement_and_one_read(
    django_assert_num_queries: DjangoAssertNumQueries, counted_redis: list[str]
) -> None:
    job = running()
    client = people.session_of(people.alice())
    with django_assert_num_queries(1):
        client.get(address(job))
    assert counted_redis == [job.import_id]


def test_a_poll_of_a_queued_import_is_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries, counted_redis: list[str]
) -> None:
    job = queued_import(people.alice())
    with django_assert_num_queries(1):
        people.guest().get(address(job))
    assert counted_redis == []


@pytest.mark.parametrize("number", [1, 40])
def test_the_queries_of_the_last_poll_do_not_grow(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    job = an_import(people.alice(), *[score_on(chart, timeAchieved=NOON) for chart in charts(number)])
    with django_assert_num_queries(7):  # the statement, import, scores, parts, problems; savepoint and release
        people.guest().get(address(job))
