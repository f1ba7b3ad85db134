"""Long answers: the same bytes as short ones, made without holding them all, and whole or not at all."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from django.http import HttpResponseBase

from imports.api.large import Members, long_success
from imports.downloads import IN_MEMORY
from tests import people
from tests.api.answers import body, outcome
from tests.builders import HOUR, NOON, an_import, charts, score_on

pytestmark = pytest.mark.django_db


def bytes_of(answer: HttpResponseBase) -> bytes:
    with closing(answer):
        return b"".join(answer)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"a": [1, None]}, {"a": [1, None]}),
        (iter([]), []),
        (iter([1]), [1]),
        (iter([{"a": 1}, {"b": "\n"}]), [{"a": 1}, {"b": "\n"}]),
        (Members([]), {}),
        (Members([("a", iter([1, 2])), ('"b"', "body"), ("c", Members([("d", iter([]))]))]),
         {"a": [1, 2], '"b"': "body", "c": {"d": []}}),
    ],
)  # fmt: skip
def test_iterators_become_arrays_and_members_objects(value: Any, told: Any) -> None:
    answer = long_success('Found "body".', value)
    assert answer.headers["Content-Type"] == "application/json"
    assert json.loads(bytes_of(answer)) == {"success": True, "description": 'Found "body".', "body": told}


def test_members_are_asked_for_when_those_before_them_are_written() -> None:
    seen: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(3):
            seen.append(number)
            yield number

    def pairs() -> Iterator[tuple[str, Any]]:
        yield "numbers", numbers()
        yield "sum", sum(seen)

    assert json.loads(bytes_of(long_success("", Members(pairs()))))["body"] == {"numbers": [0, 1, 2], "sum": 3}


@pytest.mark.parametrize("size", [1, IN_MEMORY - 100, IN_MEMORY + 1, 5 * IN_MEMORY])
def test_every_length_arrives_whole(size: int) -> None:
    content = bytes_of(long_success("", iter(["x" * 1_000] * (size // 1_000) + ["y" * (size % 1_000)])))
    assert sum(map(len, json.loads(content)["body"])) == size


def test_what_is_long_is_never_in_memory() -> None:
    tracemalloc.start()
    try:
        answer = long_success("", ({"text": "x" * 1_000} for _ in range(50_000)))
        with closing(answer):
            length = sum(map(len, answer))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert length > 50_000_000
    assert peak < 4 * IN_MEMORY


def test_an_import_in_several_chunks_is_told_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [score_on(chart, timeAchieved=NOON + i * 3 * HOUR) for i, chart in enumerate(charts(7))]
    address = f"/api/v1/imports/{an_import(people.alice(), *rows).import_id}"
    whole = body(people.guest(), address)
    monkeypatch.setattr("imports.api.imports.CHUNK", 2)
    assert body(people.guest(), address) == whole
    assert len(whole["scores"]) == len(whole["sessions"]) == 7


def test_what_breaks_on_the_way_is_an_error_and_not_half_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    job = an_import(people.alice(), *(score_on(chart) for chart in charts(2)))

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("imports.api.imports.score_document", broken)
    answer = people.guest().get(f"/api/v1/imports/{job.import_id}")
    assert outcome(answer) == (500, "A fatal internal server error has occured.")
