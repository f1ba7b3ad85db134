"""Rows of a player without scores are judged during COPY; the result is the same as without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from imports import jobs
from imports.models import Import, PersonalBest, Score, Session, State, User
from imports.pipeline.derived import bests
from imports.pipeline.derived.integrity import check_player
from imports.pipeline.progress import Snapshot, Stage
from imports.pipeline.scoring import convert, store
from imports.pipeline.scoring.concurrent_copy import copy_while_producing
from tests.pipeline.factories import EVENING, HALF_HOUR, catalogue, import_rows, player, state_of, submit_rows

SDVX = "sdvx:Single"
COPY = "COPY imports_scoreblacklist (user_id, score_id, score, time_added) FROM STDIN"


def rows(count: int) -> list[dict[str, Any]]:
    known = [
        {
            "matchType": "tachiSongID", "identifier": str(1 + i % 3), "difficulty": ("NOV", "EXH", "MXM")[i % 3],
            "score": 8_000_000 + i, "lamp": "CLEAR", "timeAchieved": EVENING + i * HALF_HOUR,
        }
        for i in range(count)
    ]  # fmt: skip
    return [*known, {**known[0], "identifier": "99"}, known[-1]]


@pytest.fixture
def small_thresholds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lowers the thresholds, so that fifty rows are copied concurrently."""
    monkeypatch.setattr(store, "BULK_THRESHOLD", 50)
    monkeypatch.setattr(store, "MAX_CHUNKS_PER_COPY", 2)
    monkeypatch.setattr(convert, "FIRST_IMPORT_CHUNK_ROWS", 4)
    monkeypatch.setattr(bests, "COPY_THRESHOLD", 2)


def counts(job: Import) -> tuple[int, int, int, int]:
    return job.row_count, job.score_count, job.duplicate_count, job.problem_count


@pytest.mark.django_db
def test_a_concurrent_copy_stores_the_same_as_a_sequential_one(request: pytest.FixtureRequest) -> None:
    catalogue()
    order = player()
    before = import_rows(order, SDVX, rows(90))
    request.getfixturevalue("small_thresholds")
    at_once = player()
    job = import_rows(at_once, SDVX, rows(90))
    assert counts(job) == counts(before) == (92, 90, 1, 1)
    assert [(p.row, p.type, p.message) for p in job.problems.all()] == [
        (p.row, p.type, p.message) for p in before.problems.all()
    ]
    assert shape(at_once) == shape(order)
    assert check_player(at_once) == []


@pytest.mark.django_db
@pytest.mark.usefixtures("small_thresholds")
def test_first_rows_of_a_second_game_are_judged_during_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue()
    user = player()
    chunithm = {"matchType": "tachiSongID", "identifier": "1", "difficulty": "MASTER", "score": 1_000_000}
    import_rows(user, "chunithm:Single", [{**chunithm, "clearLamp": "CLEAR", "noteLamp": "NONE"}])
    chunks: list[Iterator[bytes]] = []
    real = copy_while_producing

    def noting(statement: str, texts: Iterator[bytes], *, between: Callable[[], None]) -> None:
        chunks.append(texts)
        real(statement, texts, between=between)

    monkeypatch.setattr(store, "copy_while_producing", noting)
    job = import_rows(user, SDVX, rows(90))
    assert len(chunks) == 1
    assert counts(job) == (92, 90, 1, 1)
    assert check_player(user) == []


def shape(user: User) -> list[Any]:
    """Returns the values that two players with the same rows share: all except names and IDs."""
    scores = Score.objects.filter(user=user).order_by("chart_id", "time_achieved")
    sessions = Session.objects.filter(user=user).order_by("time_started")
    bests = PersonalBest.objects.filter(user=user).order_by("chart_id")
    return [
        list(scores.values_list("chart_id", "time_achieved", "score_data", "calculated_data", "best_keys")),
        list(sessions.values_list("time_started", "time_ended", "score_count", "calculated_data")),
        list(bests.values_list("chart_id", "score_data", "calculated_data", "rank_keys")),
    ]


@pytest.mark.django_db
@pytest.mark.usefixtures("small_thresholds")
def test_progress_covers_storing_and_never_decreases(monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue()
    monkeypatch.setattr("imports.pipeline.progress.WRITE_INTERVAL_SECONDS", 0)
    monkeypatch.setattr("imports.pipeline.progress.INITIAL_WRITE_DELAY_SECONDS", 0)
    written: list[Snapshot] = []
    monkeypatch.setattr("imports.jobs.progress_status.progress_writer", lambda _import_id: written.append)
    import_rows(player(), SDVX, rows(200))
    percents = [snapshot.percent for snapshot in written]
    assert percents == sorted(percents)
    checking = [snapshot.percent for snapshot in written if snapshot.stage == Stage.CHECKING]
    assert (checking[0], checking[-1]) == (10, 78)
    assert len(set(checking)) > 20


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("small_thresholds")
def test_an_import_is_cancelled_between_two_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue()
    user = player()
    job = submit_rows(user, SDVX, rows(400))
    stored: list[int] = []
    real = copy_while_producing

    def cancelling(statement: str, texts: Iterator[bytes], *, between: Callable[[], None]) -> None:
        def cancel_after_third() -> None:
            stored.append(Score.objects.filter(user=user).count())
            if len(stored) == 3:
                execute_on_another_connection("UPDATE imports_import SET state = 'cancelled' WHERE state = 'running'")
            between()

        real(statement, texts, between=cancel_after_third)

    monkeypatch.setattr(store, "copy_while_producing", cancelling)
    jobs.run_import(job.import_id)
    job.refresh_from_db()
    assert stored == [0, 4, 12]  # one chunk first, then two for each COPY
    assert job.state == State.CANCELLED
    assert state_of(user) == state_of(player())


def execute_on_another_connection(statement: str) -> None:
    """Runs a statement on a separate connection, as another process would."""
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        other.execute(statement.encode())


# --- copy_while_producing ---------------------------------------------------------------------------


def line(user: User, number: int) -> bytes:
    return f"{user.pk}\tT{number}\t{{}}\tnow\n".encode()


def stored_ids(user: User) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT score_id FROM imports_scoreblacklist WHERE user_id = %s ORDER BY id", [user.pk])
        return [score_id for (score_id,) in cursor.fetchall()]


@pytest.mark.django_db
@pytest.mark.parametrize("count", [0, 1, 5])
def test_rows_are_copied_in_order(count: int) -> None:
    user = player()
    looks: list[int] = []
    copy_while_producing(COPY, (line(user, n) for n in range(count)), between=lambda: looks.append(1))
    assert stored_ids(user) == [f"T{n}" for n in range(count)]
    assert len(looks) == count


@pytest.mark.django_db
def test_a_database_error_is_raised_as_a_django_error() -> None:
    user = player()
    with pytest.raises(IntegrityError), transaction.atomic():
        copy_while_producing(COPY, iter([line(user, 1), line(user, 1), line(user, 2)]), between=lambda: None)
    assert stored_ids(user) == []


@pytest.mark.django_db
def test_a_broken_foreign_key_is_raised_immediately() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        copy_while_producing(COPY, iter([b"999999\tT1\t{}\tnow\n"]), between=lambda: None)


@pytest.mark.django_db
def test_an_exception_of_the_producer_ends_the_copy() -> None:
    user = player()

    def texts() -> Iterator[bytes]:
        yield line(user, 1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        copy_while_producing(COPY, texts(), between=lambda: None)
    assert stored_ids(user) == []
