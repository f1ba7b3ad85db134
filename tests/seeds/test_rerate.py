"""After charts change, derived data is as if they had never been different."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from redis import Redis

from imports import jobs
from imports.models import Chart, GameStats, PersonalBest, Rerating, Score, Session, User
from imports.seeds import rerate
from imports.seeds.load import Loaded, load
from imports.seeds.rows import SeedsBroken
from tests import factories, people
from tests.seeds.factories import chart, song, write

pytestmark = pytest.mark.django_db

COUNT = 12  # a session's rating needs ten scores with times


def rows(**changed: Any) -> dict[str, Any]:
    numbers = range(1, COUNT + 1)
    return {"songs_sdvx": [song(n) for n in numbers], "charts_sdvx": [chart(n, **changed) for n in numbers]}


def play(user: User) -> None:
    """Imports a score on each chart, by version, so that the charts need not be primary."""
    scores = [
        factories.score_on(each, 9_000_000 + number, timeAchieved=factories.NOON + number * factories.MINUTE)
        for number, each in enumerate(Chart.objects.order_by("song__song_id"))
    ]
    meta = {"game": "sdvx", "playtype": "Single", "service": "Tests", "version": "booth"}
    assert factories.create_import(user, *scores, parts={"meta": meta}).score_count == COUNT


def changed(folder: Path, **files: Any) -> Rerating:
    """Loads the files; returns the rerating, which has not started."""
    return left_by(load(write(folder, **files)))


def left_by(loaded: Loaded) -> Rerating:
    [left] = loaded.reratings
    return left


def harder(level: int = 18) -> dict[str, Any]:
    return rows(level=str(level), levelNum=level)


def forget(user: User) -> None:
    for model in (Score, PersonalBest, Session, GameStats):
        model.objects.filter(user=user).delete()


def state(user: User) -> list[Any]:
    """Returns all derived data, without primary keys."""
    return [
        dict(Score.objects.filter(user=user).values_list("score_id", "calculated_data")),
        dict(PersonalBest.objects.filter(user=user).values_list("score_id", "calculated_data")),
        list(PersonalBest.objects.filter(user=user).values_list("is_primary", flat=True)),
        list(Session.objects.filter(user=user).values_list("calculated_data", "score_count")),
        list(GameStats.objects.filter(user=user).values_list("ratings", "classes")),
    ]


@pytest.mark.parametrize("fields", [{"level": "18", "levelNum": 18}, {"isPrimary": False}])
def test_a_rerating_gives_the_same_data_as_an_import_on_the_changed_chart(
    tmp_path: Path, fields: dict[str, Any]
) -> None:
    alice = people.alice()
    load(write(tmp_path, **rows()))
    play(alice)
    before = state(alice)

    left = changed(tmp_path, **rows(**fields))
    assert left.player_count == 1
    rerate.work(left.pk)

    after = state(alice)
    assert after != before
    forget(alice)
    play(alice)
    assert state(alice) == after


def test_new_versions_and_titles_cause_no_rerating(tmp_path: Path) -> None:
    load(write(tmp_path, **rows()))
    play(people.alice())
    renamed = rows(versions=["booth", "inf"])
    renamed["songs_sdvx"] = [row | {"title": f"New {row['id']}"} for row in renamed["songs_sdvx"]]

    loaded = load(write(tmp_path, **renamed))

    assert not loaded.reratings


def test_a_rerating_counts_the_players_and_scores_of_a_changed_chart(tmp_path: Path) -> None:
    load(write(tmp_path, **rows()))
    for user in (people.alice(), people.bob()):
        play(user)
    one_harder = rows()
    one_harder["charts_sdvx"][0] |= {"level": "20", "levelNum": 20}

    left = changed(tmp_path, **one_harder)
    rerate.work(left.pk)

    left.refresh_from_db()
    assert (left.player_count, left.players_done, left.scores_changed) == (2, 2, 2)
    assert left.time_finished is not None


def test_a_broken_load_plans_no_rerating(tmp_path: Path) -> None:
    load(write(tmp_path, **rows()))
    play(people.alice())

    with pytest.raises(SeedsBroken):
        load(write(tmp_path, **harder() | {"songs_sdvx": [song(1, title=None)]}))

    assert not Rerating.objects.exists()


# --- interrupted and continued --------------------------------------------------------------------------


class Killed(Exception):
    """Simulates the death of a worker."""


def kill(_: Rerating) -> None:
    raise Killed


def both_play(folder: Path) -> tuple[User, User]:
    load(write(folder, **rows()))
    alice, bob = people.alice(), people.bob()
    for user in (alice, bob):
        play(user)
    return alice, bob


def test_a_rerating_continues_where_a_killed_worker_stopped(tmp_path: Path) -> None:
    alice, bob = both_play(tmp_path)
    before = state(bob)
    left = changed(tmp_path, **harder())

    with pytest.raises(Killed):
        rerate.work(left.pk, on_player_done=kill)

    half = state(alice)
    assert (half != before, state(bob)) == (True, before)
    left.refresh_from_db()
    assert (left.players_done, left.last_user, left.time_finished) == (1, alice.pk, None)
    actual: list[int] = []
    assert not rerate.work(left.pk, on_player_done=lambda now: actual.append(now.last_user))
    assert actual == [bob.pk]
    assert state(alice) == half
    assert state(bob)[2:] == half[2:]


def test_a_failed_rerating_of_a_player_is_rolled_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, _ = both_play(tmp_path)
    before = state(alice)
    left = changed(tmp_path, **harder())

    def broken(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("imports.seeds.rating.refresh", broken)
        with pytest.raises(Killed):
            rerate.work(left.pk)

    left.refresh_from_db()
    assert (state(alice), left.players_done) == (before, 0)
    rerate.work(left.pk)
    assert state(alice) != before


def test_a_finished_rerating_is_not_repeated(tmp_path: Path) -> None:
    both_play(tmp_path)
    left = changed(tmp_path, **harder())
    rerate.work(left.pk)

    actual: list[Rerating] = []
    assert not rerate.work(left.pk, on_player_done=actual.append)
    assert actual == []


def test_a_second_rerating_changes_nothing(tmp_path: Path) -> None:
    alice, bob = both_play(tmp_path)
    left = changed(tmp_path, **harder())
    rerate.work(left.pk)
    after = [state(alice), state(bob)]

    Rerating.objects.filter(pk=left.pk).update(time_finished=None, last_user=0, scores_changed=0)
    rerate.work(left.pk)

    left.refresh_from_db()
    assert ([state(alice), state(bob)], left.scores_changed) == (after, 0)


def test_a_rerating_job_queues_itself_again_after_its_time_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, redis_clean: Redis
) -> None:
    both_play(tmp_path)
    left = changed(tmp_path, **harder())
    later: list[int] = []
    monkeypatch.setattr("imports.jobs.queue.enqueue_rerating", later.append)
    monkeypatch.setattr("imports.jobs.worker.RERATE_SECONDS", -1)
    monkeypatch.setattr("imports.jobs.worker.close_old_connections", lambda: None)

    jobs.perform_rerating(left.pk)
    assert later == [left.pk]

    monkeypatch.setattr("imports.jobs.worker.RERATE_SECONDS", 60)
    jobs.perform_rerating(left.pk)
    assert later == [left.pk]
    left.refresh_from_db()
    assert left.players_done == 2


@pytest.mark.django_db(transaction=True)
def test_a_worker_executes_a_queued_rerating(
    tmp_path: Path, redis_clean: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_play(tmp_path)
    left = changed(tmp_path, **harder())
    monkeypatch.setattr("imports.jobs.worker.close_old_connections", lambda: None)

    jobs.enqueue_rerating(left.pk)
    jobs.work(burst=True)

    left.refresh_from_db()
    assert left.time_finished is not None


def test_the_sweeper_queues_a_stalled_rerating_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both_play(tmp_path)
    left = changed(tmp_path, **harder())
    later: list[int] = []
    monkeypatch.setattr("imports.jobs.queue.enqueue_rerating", later.append)

    jobs.sweep_reratings()
    assert later == []
    Rerating.objects.update(time_touched=left.time_touched - timedelta(seconds=31))
    jobs.sweep_reratings()
    jobs.sweep_reratings()
    assert later == [left.pk]


@pytest.mark.django_db(transaction=True)
def test_one_of_two_workers_rerates_and_the_other_returns(tmp_path: Path) -> None:
    both_play(tmp_path)
    left = changed(tmp_path, **harder())
    others: list[bool] = []

    def meanwhile(_: Rerating) -> None:
        with ThreadPoolExecutor(1) as pool:
            others.append(pool.submit(in_another_thread).result())

    def in_another_thread() -> bool:
        try:
            return rerate.work(left.pk, on_player_done=kill)
        finally:
            connection.close()

    rerate.work(left.pk, on_player_done=meanwhile)

    left.refresh_from_db()
    assert (others, left.players_done) == ([False, False], 2)


def test_a_best_gets_its_primary_flag_back_with_its_chart(tmp_path: Path) -> None:
    alice = people.alice()
    load(write(tmp_path, **rows()))
    play(alice)
    before = state(alice)

    rerate.work(changed(tmp_path, **rows(isPrimary=False)).pk)
    assert GameStats.objects.get(user=alice).ratings == {"VF6": None, "VF7": None}
    rerate.work(changed(tmp_path, **rows()).pk)

    assert state(alice) == before
