"""Log lines: readable by people or by programs, and each with the request and the import it belongs to."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any
from unittest.mock import patch

import pytest

from imports import jobs, trace
from tachi_imports.logs import JSONLines, Lines, Origin


def record(message: str = "it is %s", *args: Any, **more: Any) -> logging.LogRecord:
    made = logging.LogRecord("imports.jobs", logging.INFO, __file__, 1, message, args or ("done",), None)
    made.created, made.msecs = 1_700_000_000.123, 123.0
    for name, value in more.items():
        setattr(made, name, value)
    Origin().filter(made)
    return made


def broken() -> Any:
    try:
        [].pop()
    except IndexError:
        return sys.exc_info()


def test_a_line_says_when_how_bad_where_and_what() -> None:
    assert Lines().format(record()) == "2023-11-14T22:13:20.123Z INFO imports.jobs: it is done"


def test_a_line_says_for_which_request_and_import_it_is_written() -> None:
    with trace.of_request("r1"):
        assert Lines().format(record()).endswith(": it is done [request=r1]")
    with trace.of_import("i1", asked_by="r1"):
        assert Lines().format(record()).endswith(": it is done [import=i1 request=r1]")
    with trace.of_import("i1", asked_by=""):
        assert Lines().format(record()).endswith(": it is done [import=i1]")
    assert Lines().format(record()).endswith(": it is done")


def test_one_block_ends_where_another_began() -> None:
    with trace.of_request("outer"):
        with trace.of_import("i1", asked_by="inner"):
            assert (trace.request_id(), trace.import_id()) == ("inner", "i1")
        assert (trace.request_id(), trace.import_id()) == ("outer", "")
    assert trace.request_id() == ""


def test_an_exception_follows_its_line() -> None:
    first, *others = Lines().format(record(exc_info=broken())).splitlines()
    assert first.endswith("it is done")
    assert others[0] == "Traceback (most recent call last):"
    assert others[-1] == "IndexError: pop from empty list"


def test_for_programs_each_line_is_an_object() -> None:
    with trace.of_import("i1", asked_by="r1"):
        line = JSONLines().format(record("two\nlines of %s", "é"))
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "2023-11-14T22:13:20.123Z",
        "level": "INFO",
        "logger": "imports.jobs",
        "message": "two\nlines of é",
        "import": "i1",
        "request": "r1",
    }
    told = json.loads(JSONLines().format(record(exc_info=broken())))
    assert told["exception"].endswith("IndexError: pop from empty list")
    assert "request" not in told


def test_the_queue_carries_the_id_of_the_request_that_asked() -> None:
    with patch("imports.jobs.queue._queue") as queue:
        with trace.of_request("r1"):
            jobs.enqueue("i1")
        with trace.of_import("i1", asked_by="r1"):
            jobs.enqueue("i2")  # the next of the same player: nobody asked for it just now
        jobs.enqueue("i3")  # as the sweeper does
    carried = [call.kwargs["args"] for call in queue().enqueue_call.call_args_list]
    assert carried == [("i1", "r1"), ("i2", ""), ("i3", "")]


@pytest.mark.parametrize("arguments", [("i1", "r1"), ("i1",)])  # the second was queued by a version before this
def test_a_worker_is_at_the_import_that_the_queue_carried(arguments: tuple[str, ...]) -> None:
    seen: list[tuple[str, str]] = []
    with (
        patch("imports.jobs.working.close_old_connections"),
        patch("imports.jobs.working.run_import", lambda _: seen.append((trace.import_id(), trace.request_id()))),
    ):
        jobs.perform(*arguments)
    assert seen == [("i1", "r1" if len(arguments) == 2 else "")]
