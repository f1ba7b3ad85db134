"""`import_scores USER FILE [--type T] [--wait]`"""

from __future__ import annotations

import json
import threading
import time
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError, OutputWrapper
from django.db import connection
from redis import Redis

from imports import jobs
from imports.management import progress_bar
from imports.models import Import, Score, State, User
from imports.pipeline.progress import Snapshot, Stage
from tests import factories, people
from tests.commands.command_runner import Terminal, run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_clean")]


@pytest.fixture
def alice() -> User:
    return people.alice()


def file_with(folder: Path, *rows: dict[str, Any], **parts: Any) -> Path:
    path = folder / "scores.json"
    path.write_text(json.dumps(factories.batch_manual(*rows, **parts)))
    return path


def test_the_command_queues_the_file_for_the_workers(tmp_path: Path, alice: User) -> None:
    [line] = run("import_scores", "alice", file_with(tmp_path))

    job = Import.objects.get()
    assert line == f"Import {job.import_id} of Alice is queued."
    assert (job.user, job.state, job.import_type, job.user_intent) == (alice, State.QUEUED, "file/batch-manual", True)
    assert job.input.file_name == "scores.json"


@pytest.mark.usefixtures("alice")
def test_the_wait_option_runs_the_import_itself_without_a_worker(tmp_path: Path) -> None:
    chart, other = factories.charts(2)
    rows = [
        factories.score_on(chart),
        factories.score_on(other, lamp="PERFECT ULTIMATE CHAIN"),
        factories.unknown_score(),
    ]

    too_perfect = "Cannot have a PERFECT ULTIMATE CHAIN without a perfect score."

    lines = run("import_scores", "Alice", file_with(tmp_path, *rows, classes={"dan": "DAN_4"}), "--wait")

    assert lines[1] == "No worker is running; working here."
    assert lines[-5:] == [  # after the stages that lasted long enough to be printed
        "Completed: 1 new score, 1 first play, 0 new bests, 0 duplicates, 2 problems.",
        "  dan: none -> DAN_4",
        "  vfClass: none -> SIENNA_I",
        f"  row 1: InvalidDatapoint: Got 1 error when validating score: {too_perfect}",
        "  row 2: SongOrChartNotFound: Cannot find chart tachiSongID:999999.",
    ]


@pytest.mark.usefixtures("alice")
def test_the_command_prints_the_first_ten_problems(tmp_path: Path) -> None:
    rows = [factories.unknown_score(score=number) for number in range(12)]

    lines = run("import_scores", "Alice", file_with(tmp_path, *rows), "--wait")

    assert [line.split(":")[0].strip() for line in lines[-11:]] == [f"row {number}" for number in range(10)] + [
        "and 2 more problems"
    ]


@pytest.mark.usefixtures("alice")
def test_earlier_imports_of_the_player_are_run_first(tmp_path: Path, alice: User) -> None:
    [chart] = factories.charts(1)
    earlier = factories.queued_import(alice, factories.score_on(chart))

    lines = run("import_scores", "Alice", file_with(tmp_path, factories.score_on(chart)), "--wait")

    earlier.refresh_from_db()
    assert (earlier.state, earlier.score_count) == (State.COMPLETED, 1)
    assert lines[-1] == "Completed: 0 new scores, 0 first plays, 0 new bests, 1 duplicate, 0 problems."


@pytest.mark.usefixtures("alice")
def test_a_failed_import_ends_the_command_with_an_error(tmp_path: Path) -> None:
    path = tmp_path / "scores.json"
    path.write_text("{}")

    with pytest.raises(CommandError) as failed:
        run("import_scores", "Alice", path, "--wait")

    expected = "Nothing was imported (400): Could not retrieve meta.game - is this valid BATCH-MANUAL?"
    assert (str(failed.value), failed.value.returncode) == (expected, 1)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nobody", "scores.json"], "There is no user nobody."),
        (["Alice", "nowhere.json"], "nowhere.json cannot be read (No such file or directory)."),
        (["Alice", "scores.json", "--type", "file/what"], "invalid choice: 'file/what'"),
    ],
)
@pytest.mark.usefixtures("alice")
def test_an_invalid_file_is_not_queued(arguments: list[str], expected: str) -> None:
    with pytest.raises(CommandError, match=r".") as failed:
        run("import_scores", *arguments)

    assert expected in str(failed.value)
    assert not Import.objects.exists()


@pytest.mark.usefixtures("alice")
def test_the_command_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    content = json.dumps(factories.batch_manual()).encode()
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(content)))

    run("import_scores", "Alice", "-", "--wait")

    assert Import.objects.get().state == State.COMPLETED


def register_a_worker(redis: Redis) -> None:
    """Registers a worker in Redis that never runs a job."""
    redis.sadd("rq:workers", "rq:worker:asleep")
    redis.hset("rq:worker:asleep", mapping={"birth": "2025-01-01T00:00:00Z", "queues": "default", "state": "idle"})


@pytest.mark.usefixtures("alice")
def test_the_command_runs_the_import_itself_if_no_worker_starts_it(
    tmp_path: Path, redis_clean: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_bar, "WORKER_WAIT_SECONDS", 0.3)
    register_a_worker(redis_clean)

    lines = run("import_scores", "Alice", file_with(tmp_path), "--wait")

    assert lines[1] == "waiting for a worker"
    assert lines[-1].startswith("Completed: 0 new scores")


@pytest.mark.usefixtures("alice")
def test_the_command_waits_for_a_worker_that_runs_the_import(
    tmp_path: Path, redis_clean: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_bar, "WORKER_WAIT_SECONDS", 60.0)
    register_a_worker(redis_clean)
    [chart] = factories.charts(1)

    def work() -> None:
        while (job := Import.objects.first()) is None:
            time.sleep(0.02)
        jobs.run_import(job.import_id)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    lines = run("import_scores", "Alice", file_with(tmp_path, factories.score_on(chart)), "--wait")
    worker.join()

    assert "No worker is running; working here." not in lines
    assert lines[-1].startswith("Completed: 1 new score") or lines[-1].startswith("  vfClass")
    assert Score.objects.count() == 1


@pytest.mark.parametrize(
    ("snapshot", "before", "shown"),
    [
        (None, 0, "[                              ]   0%  waiting for a worker"),
        (None, 2, "[                              ]   0%  waiting for 2 other imports of this player"),
        (
            Snapshot(attempt=1, stage=Stage.SAVING, percent=50, processed=12_000, total=20_000, eta=3.2),
            0,
            "[###############               ]  50%  saving  12,000 of 20,000  about 3 s left",
        ),
        (
            Snapshot(attempt=1, stage=Stage.FINDING_CHARTS, percent=8),
            0,
            "[##                            ]   8%  finding charts",
        ),
    ],
)
def test_a_progress_bar_moves_in_a_terminal(snapshot: Snapshot | None, before: int, shown: str) -> None:
    terminal = Terminal()

    progress_bar.ProgressBar(OutputWrapper(terminal)).show(snapshot, before=before)

    assert terminal.getvalue().rstrip() == f"\r{shown}".rstrip()


@pytest.mark.usefixtures("alice")
def test_the_progress_bar_is_cleared_before_the_result(tmp_path: Path) -> None:
    terminal = Terminal()

    run("import_scores", "Alice", file_with(tmp_path), "--wait", output=terminal)

    *_, last = terminal.getvalue().replace("\r", "\n").strip().split("\n")
    assert last == "Completed: 0 new scores, 0 first plays, 0 new bests, 0 duplicates, 0 problems."


def test_a_file_of_a_banned_player_is_refused(tmp_path: Path, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_banned=True)

    with pytest.raises(CommandError, match="Alice is banned: an import would wait"):
        run("import_scores", "alice", file_with(tmp_path))
    assert not Import.objects.exists()
