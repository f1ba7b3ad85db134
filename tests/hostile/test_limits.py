"""The limits of an import and of a player, and their messages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import Settings
from redis import Redis

from imports import jobs
from imports.models import Import, ImportInput, Permission, Score, State
from tests import factories, people
from tests.commands.command_runner import run

pytestmark = pytest.mark.django_db
ROWS = "This file has 3 rows. One import may have 2: split it into several files."
ROOM = "Your uploads that are kept here fill the 1 MB that a player may have. Each goes 90 days after it came."


@pytest.fixture(autouse=True)
def limits(settings: Settings, redis_clean: Redis) -> None:
    settings.TACHI_MAX_ROWS = 2
    settings.TACHI_MAX_STORED_BYTES_PER_USER = 2**20


def rows(count: int) -> list[dict[str, Any]]:
    return [factories.score_on(chart) for chart in factories.charts(count)]


def post_scores(client: Client, path: str, *scores: dict[str, Any]) -> tuple[int, str]:
    response = client.post(path, json.dumps(factories.batch_manual(*scores)), content_type="application/json")
    return response.status_code, response.json()["description"]


@pytest.mark.parametrize(("count", "state", "expected"), [(2, State.COMPLETED, ""), (3, State.FAILED, ROWS)])
def test_an_import_with_too_many_rows_fails(count: int, state: State, expected: str) -> None:
    job = factories.create_import(people.alice(), *rows(count))
    assert (job.state, job.error_message, job.status_code) == (state, expected, 413 if expected else None)
    assert Score.objects.count() == (0 if expected else count)


def test_a_check_reports_too_many_rows() -> None:
    client = people.bearer(people.alice(), Permission.SUBMIT_SCORE)
    assert post_scores(client, "/api/v1/import/check", *rows(3)) == (413, ROWS)


def test_the_upload_page_reports_too_many_rows(client: Client) -> None:
    client.force_login(people.alice())
    content = json.dumps(factories.batch_manual(*rows(3)))
    response = client.post("/import/", {"importType": "file/batch-manual", "pasted": content})
    assert ROWS in response.content.decode()


def use_up_quota() -> None:
    """Uses up Alice's quota."""
    job = factories.queued_import(people.alice())
    ImportInput.objects.filter(job=job).update(content=bytes(2**20))


def test_an_upload_beyond_the_players_quota_is_refused(settings: Settings, redis_clean: Redis) -> None:
    use_up_quota()
    redis_clean.flushdb()
    client = people.bearer(people.alice(), Permission.SUBMIT_SCORE)
    for _ in range(2):
        assert post_scores(client, "/ir/direct-manual/import") == (413, ROOM)
    assert Import.objects.count() == 1
    assert post_scores(people.bearer(people.bob(), Permission.SUBMIT_SCORE), "/ir/direct-manual/import")[0] == 202


def test_the_upload_page_and_the_command_report_a_used_up_quota(
    client: Client, settings: Settings, redis_clean: Redis, tmp_path: Any
) -> None:
    use_up_quota()
    redis_clean.flushdb()
    client.force_login(people.alice())
    content = json.dumps(factories.batch_manual(*rows(1)))
    response = client.post("/import/", {"importType": "file/batch-manual", "pasted": content, "do": "import"})
    assert (response.status_code, ROOM in response.content.decode()) == (413, True)
    file = tmp_path / "scores.json"
    file.write_text(content)
    with pytest.raises(Exception, match=ROOM[:20]):
        run("import_scores", "alice", str(file))


def test_the_used_quota_is_updated_without_adding_up_earlier_uploads(django_assert_max_num_queries: Any) -> None:
    factories.queued_import(people.alice())
    with django_assert_max_num_queries(6) as found:
        factories.queued_import(people.alice())
    assert not [query for query in found.captured_queries if "SUM(" in query["sql"]]


@pytest.mark.django_db(transaction=True)
def test_an_upload_that_is_not_saved_does_not_count_against_the_quota(redis_clean: Redis) -> None:
    alice, content = people.alice(), json.dumps(factories.batch_manual(*rows(1))).encode()
    upload = jobs.Upload(content=content, import_type="file/batch-manual")
    with transaction.atomic():
        jobs.submit(alice, upload)
        transaction.set_rollback(True)  # as for the second of two identical submissions
    before = redis_clean.get(f"tachi:stored:{alice.pk}")
    jobs.submit(alice, upload)
    after = redis_clean.get(f"tachi:stored:{alice.pk}")
    assert int(before or 0) == 0 < int(after or 0)


def test_a_quota_of_zero_is_unlimited(settings: Settings) -> None:
    settings.TACHI_MAX_STORED_BYTES_PER_USER = 0
    use_up_quota()
    assert factories.queued_import(people.alice()).state == State.QUEUED


@pytest.mark.slow
def test_the_quota_is_enforced_without_redis(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    use_up_quota()
    gone = Redis(host="127.0.0.1", port=1)
    monkeypatch.setattr("imports.jobs.queue.redis", lambda: gone)
    with pytest.raises(jobs.QuotaExceeded):
        factories.queued_import(people.alice())
