"""Long responses: the same bytes as short ones, generated in parts, complete or not at all."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from django.http import HttpResponseBase

from imports.api.core.streaming import StreamedObject, streamed_response
from imports.exports import MAX_MEMORY_BYTES
from tests import people
from tests.api.envelopes import body, summary
from tests.factories import HOUR, NOON, an_import, charts, score_on

pytestmark = pytest.mark.django_db


def bytes_of(response: HttpResponseBase) -> bytes:
    with closing(response):
        return b"".join(response)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": [1, None]}, {"a": [1, None]}),
        (iter([]), []),
        (iter([1]), [1]),
        (iter([{"a": 1}, {"b": "\n"}]), [{"a": 1}, {"b": "\n"}]),
        (StreamedObject([]), {}),
        (StreamedObject([("a", iter([1, 2])), ('"b"', "body"), ("c", StreamedObject([("d", iter([]))]))]),
         {"a": [1, 2], '"b"': "body", "c": {"d": []}}),
    ],
)  # fmt: skip
def test_iterators_become_arrays_and_members_objects(value: Any, expected: Any) -> None:
    response = streamed_response('Found "body".', value)
    assert response.headers["Content-Type"] == "application/json"
    assert json.loads(bytes_of(response)) == {"success": True, "description": 'Found "body".', "body": expected}


def test_members_are_asked_for_when_those_before_them_are_written() -> None:
    seen: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(3):
            seen.append(number)
            yield number

    def pairs() -> Iterator[tuple[str, Any]]:
        yield "numbers", numbers()
        yield "sum", sum(seen)

    assert json.loads(bytes_of(streamed_response("", StreamedObject(pairs()))))["body"] == {
        "numbers": [0, 1, 2],
        "sum": 3,
    }


@pytest.mark.parametrize("size", [1, MAX_MEMORY_BYTES - 100, MAX_MEMORY_BYTES + 1, 5 * MAX_MEMORY_BYTES])
def test_every_length_arrives_whole(size: int) -> None:
    content = bytes_of(streamed_response("", iter(["x" * 1_000] * (size // 1_000) + ["y" * (size % 1_000)])))
    assert sum(map(len, json.loads(content)["body"])) == size


def test_a_long_body_is_never_kept_in_memory() -> None:
    tracemalloc.start()
    try:
        response = streamed_response("", ({"text": "x" * 1_000} for _ in range(50_000)))
        with closing(response):
            length = sum(map(len, response))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert length > 50_000_000
    assert peak < 4 * MAX_MEMORY_BYTES


def test_an_import_in_several_chunks_is_told_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [score_on(chart, timeAchieved=NOON + i * 3 * HOUR) for i, chart in enumerate(charts(7))]
    address = f"/api/v1/imports/{an_import(people.alice(), *rows).import_id}"
    whole = body(people.guest(), address)
    monkeypatch.setattr("imports.api.imports.views.CHUNK", 2)
    assert body(people.guest(), address) == whole
    assert len(whole["scores"]) == len(whole["sessions"]) == 7


def test_an_exception_at_the_beginning_of_a_stream_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    job = an_import(people.alice(), *(score_on(chart) for chart in charts(2)))

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("imports.api.imports.views.score_documents", broken)
    response = people.guest().get(f"/api/v1/imports/{job.import_id}")
    assert summary(response) == (500, "A fatal internal server error has occured.")
