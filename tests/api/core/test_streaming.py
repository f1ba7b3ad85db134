"""Long responses have the same bytes as short ones; they are generated in parts and sent completely or not at all."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack, closing, nullcontext
from typing import Any

import pytest
from django.http import HttpResponseBase

from imports.api.core.streaming import StreamedObject, complete_response, streamed_response
from imports.exports import MAX_MEMORY_BYTES
from tachi_imports.http.capacity import SMALL_RESPONSE_BYTES
from tests import people
from tests.api.envelopes import body, summary
from tests.factories import HOUR, NOON, charts, create_import, score_on

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
def test_iterators_are_encoded_as_arrays_and_streamed_objects_as_objects(value: Any, expected: Any) -> None:
    response = complete_response('Found "body".', value)
    assert response.headers["Content-Type"] == "application/json"
    assert json.loads(bytes_of(response)) == {"success": True, "description": 'Found "body".', "body": expected}


def test_a_member_is_computed_after_the_previous_members_are_written() -> None:
    seen: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(3):
            seen.append(number)
            yield number

    def pairs() -> Iterator[tuple[str, Any]]:
        yield "numbers", numbers()
        yield "sum", sum(seen)

    assert json.loads(bytes_of(complete_response("", StreamedObject(pairs()))))["body"] == {
        "numbers": [0, 1, 2],
        "sum": 3,
    }


def resources(seen: list[str]) -> ExitStack:
    """Returns a stack that appends "closed" to `seen` when it is closed."""
    stack = ExitStack()
    stack.callback(seen.append, "closed")
    return stack


@pytest.mark.parametrize("count", [1, 50, 5_000])
def test_the_resources_of_a_document_stay_open_until_it_is_composed(count: int) -> None:
    """A short document is composed immediately and is not streamed."""
    seen: list[str] = []
    rows = [{"text": "x" * 1_000}] * count
    response = streamed_response("", iter(rows), until_composed=resources(seen))
    is_short = 1_000 * count < SMALL_RESPONSE_BYTES
    assert (response.streaming, seen) == (not is_short, ["closed"] if is_short else [])
    assert json.loads(bytes_of(response))["body"] == rows
    assert seen == ["closed"]


@pytest.mark.parametrize("chunks_read", [0, 1, 3])
def test_a_document_that_is_not_read_to_the_end_closes_its_resources(chunks_read: int) -> None:
    seen: list[str] = []
    rows = ({"text": "x" * 1_000} for _ in range(5_000))
    response = streamed_response("", rows, until_composed=resources(seen))
    chunks = iter(response)
    for _ in range(chunks_read):
        next(chunks)
    response.close()
    assert seen == ["closed"]


@pytest.mark.parametrize("at", [0, 10, 3_000])
def test_an_exception_in_a_document_is_raised_at_once_or_while_the_response_is_read(at: int) -> None:
    seen: list[str] = []

    def rows() -> Iterator[Any]:
        for number in range(5_000):
            if number == at:
                raise ZeroDivisionError
            yield "x" * 1_000

    is_late = 1_000 * at > SMALL_RESPONSE_BYTES
    with pytest.raises(ZeroDivisionError) if not is_late else nullcontext():
        response = streamed_response("", rows(), until_composed=resources(seen))
    if is_late:
        with pytest.raises(ZeroDivisionError), closing(response):
            b"".join(response)
    assert seen == ["closed"]


@pytest.mark.parametrize("size", [1, MAX_MEMORY_BYTES - 100, MAX_MEMORY_BYTES + 1, 5 * MAX_MEMORY_BYTES])
def test_a_response_of_every_length_is_complete(size: int) -> None:
    content = bytes_of(complete_response("", iter(["x" * 1_000] * (size // 1_000) + ["y" * (size % 1_000)])))
    assert sum(map(len, json.loads(content)["body"])) == size


@pytest.mark.slow
def test_a_long_response_is_never_held_in_memory() -> None:
    tracemalloc.start()
    try:
        response = complete_response("", ({"text": "x" * 1_000} for _ in range(50_000)))
        with closing(response):
            length = sum(map(len, response))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert length > 50_000_000
    assert peak < 4 * MAX_MEMORY_BYTES


def test_an_import_document_is_the_same_in_several_chunks_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [score_on(chart, timeAchieved=NOON + i * 3 * HOUR) for i, chart in enumerate(charts(7))]
    address = f"/api/v1/imports/{create_import(people.alice(), *rows).import_id}"
    whole = body(people.guest(), address)
    monkeypatch.setattr("imports.api.imports.views.CHUNK", 2)
    assert body(people.guest(), address) == whole
    assert len(whole["scores"]) == len(whole["sessions"]) == 7


def test_an_exception_at_the_beginning_of_a_stream_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    job = create_import(people.alice(), *(score_on(chart) for chart in charts(2)))

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("imports.api.imports.views.score_documents", broken)
    response = people.guest().get(f"/api/v1/imports/{job.import_id}")
    assert summary(response) == (500, "A fatal internal server error has occured.")
