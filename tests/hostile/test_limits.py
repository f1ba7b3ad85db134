"""The limits of one import and one player, and their messages."""

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
def bounds(settings: Settings, redis_clean: Redis) -> None:
    settings.TACHI_MAX_ROWS = 2
    settings.TACHI_MAX_STORED_BYTES_PER_USER = 2**20


def rows(count: int) -> list[dict[str, Any]]:
    return [factories.score_on(chart) for chart in factories.charts(count)]


def sent(client: Client, path: str, *scores: dict[str, Any]) -> tuple[int, str]:
    response = client.post(path, json.dumps(factories.batch_manual(*scores)), content_type="application/json")
    return response.status_code, response.json()["description"]


@pytest.mark.parametrize(("count", "state", "expected"), [(2, State.COMPLETED, ""), (3, State.FAILED, ROWS)])
def test_an_import_may_have_so_many_rows(count: int, state: State, expected: str) -> None:
    job = factories.an_import(people.alice(), *rows(count))
    assert (job.state, job.error_message, job.status_code) == (state, expected, 413 if expected else None)
    assert Score.objects.count() == (0 if expected else count)


def test_a_check_says_so_before_anything_is_imported() -> None:
    client = people.bearer(people.alice(), Permission.SUBMIT_SCORE)
    assert sent(client, "/api/v1/import/check", *rows(3)) == (413, ROWS)


def test_the_page_says_so(client: Client) -> None:
    client.force_login(people.alice())
    content = json.dumps(factories.batch_manual(*rows(3)))
    response = client.post("/import/", {"importType": "file/batch-manual", "pasted": content})
    assert ROWS in response.content.decode()


def fill() -> None:
    """Alice has no room left."""
    job = factories.queued_import(people.alice())
    ImportInput.objects.filter(job=job).update(content=bytes(2**20))


def test_a_player_may_keep_so_many_bytes(settings: Settings, redis_clean: Redis) -> None:
    fill()
    redis_clean.flushdb()
    client = people.bearer(people.alice(), Permission.SUBMIT_SCORE)
    for _ in range(2):
        assert sent(client, "/ir/direct-manual/import") == (413, ROOM)
    assert Import.objects.count() == 1
    assert sent(people.bearer(people.bob(), Permission.SUBMIT_SCORE), "/ir/direct-manual/import")[0] == 202


def test_pages_and_commands_say_so(client: Client, settings: Settings, redis_clean: Redis, tmp_path: Any) -> None:
    fill()
    redis_clean.flushdb()
    client.force_login(people.alice())
    content = json.dumps(factories.batch_manual(*rows(1)))
    response = client.post("/import/", {"importType": "file/batch-manual", "pasted": content, "do": "import"})
    assert (response.status_code, ROOM in response.content.decode()) == (413, True)
    file = tmp_path / "scores.json"
    file.write_text(content)
    with pytest.raises(Exception, match=ROOM[:20]):
        run("import_scores", "alice", str(file))


def test_the_sum_is_kept_up_without_looking_at_earlier_uploads(django_assert_max_num_queries: Any) -> None:
    factories.queued_import(people.alice())
    with django_assert_max_num_queries(6) as found:
        factories.queued_import(people.alice())
    assert not [query for query in found.captured_queries if "SUM(" in query["sql"]]


@pytest.mark.django_db(transaction=True)
def test_an_upload_that_is_not_saved_takes_up_no_room(redis_clean: Redis) -> None:
    alice, content = people.alice(), json.dumps(factories.batch_manual(*rows(1))).encode()
    upload = jobs.Upload(content=content, import_type="file/batch-manual")
    with transaction.atomic():
        jobs.submit(alice, upload)
        transaction.set_rollback(True)  # as the later one of two identical submissions ends
    before = redis_clean.get(f"tachi:stored:{alice.pk}")
    jobs.submit(alice, upload)
    after = redis_clean.get(f"tachi:stored:{alice.pk}")
    assert int(before or 0) == 0 < int(after or 0)


def test_zero_sets_no_bound(settings: Settings) -> None:
    settings.TACHI_MAX_STORED_BYTES_PER_USER = 0
    fill()
    assert factories.queued_import(people.alice()).state == State.QUEUED


@pytest.mark.slow
def test_a_request_without_redis_is_counted(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    fill()
    gone = Redis(host="127.0.0.1", port=1)
    monkeypatch.setattr("imports.jobs.queue.redis", lambda: gone)
    with pytest.raises(jobs.QuotaExceeded):
        factories.queued_import(people.alice())
