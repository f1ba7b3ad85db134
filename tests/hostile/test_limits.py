"""What one import and one player may take up, and how it is said that this is too much."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from redis import Redis

from imports import jobs
from imports.models import Import, ImportInput, Permission, Score, State
from tests import builders, people
from tests.commands.running import run

pytestmark = pytest.mark.django_db
ROWS = "This file has 3 rows. One import may have 2: split it into several files."
ROOM = "Your uploads that are kept here fill the 1 MB that a player may have. Each goes 90 days after it came."


@pytest.fixture(autouse=True)
def bounds(settings: Settings, redis_clean: Redis) -> None:
    settings.TACHI_RATE_LIMITS = False
    settings.TACHI_MAX_ROWS = 2
    settings.TACHI_MAX_STORED_BYTES_PER_USER = 2**20


def rows(count: int) -> list[dict[str, Any]]:
    return [builders.score_on(chart) for chart in builders.charts(count)]


def sent(client: Client, path: str, *scores: dict[str, Any]) -> tuple[int, str]:
    answer = client.post(path, json.dumps(builders.batch_manual(*scores)), content_type="application/json")
    return answer.status_code, answer.json()["description"]


@pytest.mark.parametrize(("count", "state", "told"), [(2, State.COMPLETED, ""), (3, State.FAILED, ROWS)])
def test_an_import_may_have_so_many_rows(count: int, state: State, told: str) -> None:
    job = builders.an_import(people.alice(), *rows(count))
    assert (job.state, job.error_message, job.status_code) == (state, told, 413 if told else None)
    assert Score.objects.count() == (0 if told else count)


def test_a_check_says_so_before_anything_is_imported() -> None:
    client = people.bearer(people.alice(), Permission.SUBMIT_SCORE)
    assert sent(client, "/api/v1/import/check", *rows(3)) == (413, ROWS)


def test_the_page_says_so(client: Client) -> None:
    client.force_login(people.alice())
    content = json.dumps(builders.batch_manual(*rows(3)))
    answer = client.post("/import/", {"importType": "file/batch-manual", "pasted": content})
    assert ROWS in answer.content.decode()


def fill() -> None:
    """Alice has no room left."""
    job = builders.queued_import(people.alice())
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
    content = json.dumps(builders.batch_manual(*rows(1)))
    answer = client.post("/import/", {"importType": "file/batch-manual", "pasted": content, "do": "import"})
    assert (answer.status_code, ROOM in answer.content.decode()) == (413, True)
    file = tmp_path / "scores.json"
    file.write_text(content)
    with pytest.raises(Exception, match=ROOM[:20]):
        run("import_scores", "alice", str(file))


def test_the_sum_is_kept_up_without_looking_at_earlier_uploads(django_assert_max_num_queries: Any) -> None:
    builders.queued_import(people.alice())
    with django_assert_max_num_queries(6) as found:
        builders.queued_import(people.alice())
    assert not [query for query in found.captured_queries if "SUM(" in query["sql"]]


def test_zero_sets_no_bound(settings: Settings) -> None:
    settings.TACHI_MAX_STORED_BYTES_PER_USER = 0
    fill()
    assert builders.queued_import(people.alice()).state == State.QUEUED


def test_without_redis_it_is_counted(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    fill()
    gone = Redis(host="127.0.0.1", port=1)
    monkeypatch.setattr("imports.jobs.queue.redis", lambda: gone)
    with pytest.raises(jobs.NoRoom):
        builders.queued_import(people.alice())
