"""Stored scores are looked up while the next rows are converted; the result is the same as in turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from threading import Event
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, DataError, connection, connections

from imports.models import Import
from imports.pipeline.derived.integrity import check_player
from imports.pipeline.scoring import convert, reading
from imports.pipeline.scoring.convert import Chunk, Converted
from imports.pipeline.scoring.lookup_ahead import look_up_ahead
from tests.pipeline.factories import EVENING, HALF_HOUR, catalogue, import_rows, player

SDVX = "sdvx:Single"


def rows(numbers: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {
            "matchType": "tachiSongID", "identifier": str(1 + i % 3), "difficulty": ("NOV", "EXH", "MXM")[i % 3],
            "score": 8_000_000 + i, "lamp": "CLEAR", "timeAchieved": EVENING + i * HALF_HOUR,
        }
        for i in numbers
    ]  # fmt: skip


def counts_and_problems(job: Import) -> tuple[Any, ...]:
    problems = [(each.row, each.type, each.message) for each in job.problems.all()]
    return job.row_count, job.score_count, job.duplicate_count, problems


@pytest.mark.django_db
def test_looking_ahead_stores_the_same_as_looking_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second file repeats scores of the first and of itself, far apart and close together, and has an error."""
    catalogue()
    first, second = rows(range(40)), rows([*range(20, 60), 5, 6, 59, 60, 60, 20])
    second[30] = {**second[30], "identifier": "99"}
    in_turn, ahead = player(), player()
    for user in (in_turn, ahead):
        import_rows(user, SDVX, first)
    expected = import_rows(in_turn, SDVX, second)
    monkeypatch.setattr(convert, "CHUNK_ROWS", 4)
    monkeypatch.setattr(reading, "CHUNK_ROWS", 4)

    found = import_rows(ahead, SDVX, second)

    assert counts_and_problems(found) == counts_and_problems(expected)
    assert (found.score_count, found.duplicate_count, found.problem_count) == (20, 25, 1)
    stored, expected_scores = (
        list(user.scores.order_by("time_achieved").values_list("chart", "score_data", "time_achieved"))
        for user in (ahead, in_turn)
    )
    assert stored == expected_scores
    assert not check_player(ahead)


def converted(started: Sequence[Event] = ()) -> Iterator[Converted]:
    for number in range(3):
        for event in started[:number]:
            event.set()
        yield Converted(Chunk(rows_done=number), [], [])


def test_the_next_rows_are_converted_during_a_look_up() -> None:
    events = [Event(), Event()]
    calls = iter(events)

    def known(_score_ids: Sequence[str]) -> Mapping[str, int | None]:
        event = next(calls, None)
        assert event is None or event.wait(30)
        return {}

    found = [each.chunk.rows_done for each, _ in look_up_ahead(converted(events), known)]

    assert found == [0, 1, 2]


@pytest.mark.django_db
def test_an_error_of_the_database_is_raised_in_the_callers_thread() -> None:
    database = connections[DEFAULT_DB_ALIAS]

    def known(_score_ids: Sequence[str]) -> Mapping[str, int | None]:
        with database.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        return {}

    with pytest.raises(DataError, match="division by zero"):
        list(look_up_ahead(converted(), known))
    assert not connection.allow_thread_sharing
