"""Seeds that are loaded during an import leave ratings of the new charts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.db import connection, connections
from redis import Redis

from imports import jobs
from imports.models import Import, OrphanScore, Rerating, Score, State, User
from imports.pipeline import orphans as orphan_stage
from imports.pipeline import run as running
from imports.pipeline.derived.integrity import check_player
from imports.pipeline.orphans import reprocess
from imports.pipeline.scoring import reading
from imports.pipeline.scoring.chart_loading import load_catalogue
from imports.pipeline.undo import carried_scores
from imports.seeds import rerate
from imports.seeds.load import load
from tests.pipeline.factories import player, submit_rows
from tests.seeds.factories import chart, song, write

pytestmark = pytest.mark.django_db(transaction=True)
SDVX = "sdvx:Single"
COUNT = 6
A_MOMENT = 0.3  # seconds; enough for a load and its rerating, unless they wait for the import


def files(count: int = COUNT, **changed: Any) -> dict[str, Any]:
    numbers = range(1, count + 1)
    return {"songs_sdvx": [song(n) for n in numbers], "charts_sdvx": [chart(n, **changed) for n in numbers]}


def row(number: int, score: int = 9_000_000) -> dict[str, Any]:
    return {
        "matchType": "tachiSongID", "identifier": str(number), "difficulty": "EXH", "score": score, "lamp": "CLEAR",
        "timeAchieved": 1_700_000_000_000 + number * 60_000,
    }  # fmt: skip


@pytest.fixture
def beside(transactional_db: None, redis_clean: Redis) -> Iterator[ThreadPoolExecutor]:
    """Yields a thread pool whose thread has a separate database connection."""
    with ThreadPoolExecutor(1) as pool:
        yield pool
        pool.submit(connections.close_all).result()


class Loading:
    """Loads harder charts and rerates, in another thread, at a moment of an import."""

    def __init__(self, pool: ThreadPoolExecutor, folder: Path, **changed: Any) -> None:
        self._pool, self._folder, self._changed = pool, folder, changed
        self._done: Future[None] | None = None

    def __call__(self) -> None:
        if self._done is None:
            self._done = self._pool.submit(self._load)
            time.sleep(A_MOMENT)

    def _load(self) -> None:
        loaded = load(write(self._folder, **files(**self._changed)))
        [left] = loaded.reratings
        rerate.work(left.pk)

    def finish(self) -> None:
        """Waits for the load, and executes the reratings that the sweeper would queue."""
        assert self._done is not None
        self._done.result(timeout=60)
        for left in rerate.unfinished():
            rerate.work(left.pk)
        assert not rerate.unfinished().exists()


def _after(module: ModuleType, name: str) -> Callable[[pytest.MonkeyPatch, Callable[[], None]], None]:
    """Returns a function that patches this part of an import to call an operation when it is done."""

    def patch(monkeypatch: pytest.MonkeyPatch, operation: Callable[[], None]) -> None:
        stage = getattr(module, name)

        def then(*args: Any, **more: Any) -> Any:
            result = stage(*args, **more)
            operation()
            return result

        monkeypatch.setattr(module, name, then)

    return patch


MOMENTS = {
    "after its charts are loaded": _after(reading, "load_catalogue"),
    "after its rows are judged": _after(running, "judge"),
    "after its scores are stored": _after(carried_scores, "save"),
    "after derived data is refreshed": _after(running, "refresh"),
}


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS.keys())
@pytest.mark.parametrize("has_history", [False, True], ids=["first import", "player with scores"])
@pytest.mark.parametrize("changed", [{"level": "18", "levelNum": 18}, {"isPrimary": False}], ids=["level", "primary"])
def test_seeds_loaded_during_an_import_rerate_its_scores(
    moment: Callable[..., None],
    has_history: bool,
    changed: dict[str, Any],
    *,
    beside: ThreadPoolExecutor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user = player()
    load(write(tmp_path, **files()))
    if has_history:
        jobs.run_import(submit_rows(user, SDVX, [row(1), row(2)]).import_id)
    job = submit_rows(user, SDVX, [row(number, 9_100_000) for number in range(1, COUNT + 1)])
    loading = Loading(beside, tmp_path, **changed)
    moment(monkeypatch, loading)

    jobs.run_import(job.import_id)
    loading.finish()

    assert (Import.objects.get(pk=job.pk).state, job.scores.count()) == (State.COMPLETED, COUNT)
    assert check_player(user) == []


@pytest.mark.slow
def test_seeds_loaded_during_a_retry_of_orphans_rerate_their_scores(
    beside: ThreadPoolExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scores are not stored yet when the load looks for players with scores."""
    user = player()
    jobs.run_import(submit_rows(user, SDVX, [row(number) for number in range(1, COUNT + 1)]).import_id)
    load(write(tmp_path, **files()))
    loading = Loading(beside, tmp_path, level="18", levelNum=18)

    def found(*args: Any) -> Any:
        catalogue = load_catalogue(*args)
        loading()
        return catalogue

    monkeypatch.setattr(orphan_stage, "load_catalogue", found)

    assert reprocess(user, jobs.enabled_games()).rescued == COUNT
    loading.finish()

    assert not OrphanScore.objects.exists()
    assert check_player(user) == []


@pytest.mark.slow
def test_two_concurrent_loads_leave_the_ratings_of_the_later_one(beside: ThreadPoolExecutor, tmp_path: Path) -> None:
    """The first rerating must not continue with the charts that it read before the second load."""
    users = [player() for _ in range(2)]
    load(write(tmp_path / "seeds", **files()))
    for user in users:
        jobs.run_import(submit_rows(user, SDVX, [row(number) for number in range(1, COUNT + 1)]).import_id)
    [left] = load(write(tmp_path / "seeds", **files(level="18", levelNum=18))).reratings
    assert left is not None
    loading = Loading(beside, tmp_path / "later", level="19", levelNum=19)

    rerate.work(left.pk, on_player_done=lambda _: loading())
    loading.finish()

    assert [check_player(user) for user in users] == [[], []]


def test_a_rerating_does_not_wait_for_an_import_whose_worker_died(tmp_path: Path, redis_clean: Redis) -> None:
    """The import starts again, with the current charts."""
    user = player()
    load(write(tmp_path, **files()))
    job = submit_rows(user, SDVX, [row(1)])
    Import.objects.filter(pk=job.pk).update(state=State.RUNNING)

    [left] = load(write(tmp_path, **files(level="18", levelNum=18))).reratings
    assert left is not None
    rerate.work(left.pk)

    left.refresh_from_db()
    assert left.time_finished is not None
    jobs.run_import(job.import_id)
    assert check_player(user) == []


def test_a_rerating_ends_after_the_import_that_it_waits_for(tmp_path: Path, redis_clean: Redis) -> None:
    user = player()
    load(write(tmp_path, **files()))
    job = submit_rows(user, SDVX, [row(1)])
    other_connection = connection.copy()
    try:
        with other_connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [job.pk])
        [left] = load(write(tmp_path, **files(level="18", levelNum=18))).reratings
        assert left is not None

        assert not rerate.work(left.pk), "it can only wait"
        left.refresh_from_db()
        assert (left.busy_imports, left.time_finished) == ([job.pk], None)
    finally:
        other_connection.close()
    _wait_until_unlocked(job)
    rerate.work(left.pk)

    left.refresh_from_db()
    assert (left.busy_imports, left.time_finished is not None) == ([], True)


def _wait_until_unlocked(job: Import) -> None:
    deadline = time.monotonic() + 60
    while (1, job.pk) in rerate._held():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.slow
def test_concurrent_imports_and_loads_leave_ratings_of_the_current_charts(
    beside: ThreadPoolExecutor, tmp_path: Path
) -> None:
    """Seeds are loaded repeatedly while players import; in the end every rating is of the current charts."""
    load(write(tmp_path, **files()))
    users: list[User] = []
    stop = threading.Event()

    def load_again_and_again() -> int:
        level = 0
        while not stop.is_set():
            level += 1
            load(write(tmp_path, **files(level=str(1 + level % 20), levelNum=1 + level % 20)))
            for left in rerate.unfinished():
                rerate.work(left.pk)
        return level

    loads = beside.submit(load_again_and_again)
    try:
        for number in range(40):
            if number % 3 == 0:
                users.append(player())
            rows = [row(n, 9_000_000 + number) for n in range(1, COUNT + 1)]
            jobs.run_import(submit_rows(users[-1], SDVX, rows).import_id)
    finally:
        stop.set()
        assert loads.result(timeout=60) > 3
    for left in rerate.unfinished():
        rerate.work(left.pk)

    assert not Rerating.objects.filter(time_finished=None).exists()
    assert Score.objects.count() == 40 * COUNT
    assert [difference for user in users for difference in check_player(user)] == []
