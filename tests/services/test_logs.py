"""Log lines: as text or JSON, each with its request and import."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any
from unittest.mock import patch

import pytest

from imports import jobs, log_context
from tachi_imports.monitoring import logs
from tachi_imports.monitoring.logs import ContextFilter, JSONFormatter, RepeatFilter, TextFormatter


def record(message: str = "it is %s", *args: Any, **more: Any) -> logging.LogRecord:
    made = logging.LogRecord("imports.jobs", logging.INFO, __file__, 1, message, args or ("done",), None)
    made.created, made.msecs = 1_700_000_000.123, 123.0
    for name, value in more.items():
        setattr(made, name, value)
    ContextFilter().filter(made)
    return made


def broken() -> Any:
    try:
        [].pop()
    except IndexError:
        return sys.exc_info()


def test_a_text_line_contains_time_level_logger_and_message() -> None:
    assert TextFormatter().format(record()) == "2023-11-14T22:13:20.123Z INFO imports.jobs: it is done"


def test_a_text_line_contains_the_ids_of_request_and_import() -> None:
    with log_context.bind_request("r1"):
        assert TextFormatter().format(record()).endswith(": it is done [request=r1]")
    with log_context.bind_import("i1", queued_by="r1"):
        assert TextFormatter().format(record()).endswith(": it is done [import=i1 request=r1]")
    with log_context.bind_import("i1", queued_by=""):
        assert TextFormatter().format(record()).endswith(": it is done [import=i1]")
    assert TextFormatter().format(record()).endswith(": it is done")


def test_the_bound_ids_are_restored_after_nested_blocks() -> None:
    with log_context.bind_request("outer"):
        with log_context.bind_import("i1", queued_by="inner"):
            assert (log_context.request_id(), log_context.import_id()) == ("inner", "i1")
        assert (log_context.request_id(), log_context.import_id()) == ("outer", "")
    assert log_context.request_id() == ""


def test_a_traceback_follows_the_line_of_its_record() -> None:
    first, *others = TextFormatter().format(record(exc_info=broken())).splitlines()
    assert first.endswith("it is done")
    assert others[0] == "Traceback (most recent call last):"
    assert others[-1] == "IndexError: pop from empty list"


def test_each_json_log_line_is_an_object() -> None:
    with log_context.bind_import("i1", queued_by="r1"):
        line = JSONFormatter().format(record("two\nlines of %s", "é"))
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "2023-11-14T22:13:20.123Z",
        "level": "INFO",
        "logger": "imports.jobs",
        "message": "two\nlines of é",
        "import": "i1",
        "request": "r1",
    }
    document = json.loads(JSONFormatter().format(record(exc_info=broken())))
    assert document["exception"].endswith("IndexError: pop from empty list")
    assert "request" not in document


def test_a_job_carries_the_id_of_its_request() -> None:
    with patch("imports.jobs.queue._queue") as queue:
        with log_context.bind_request("r1"):
            jobs.enqueue("i1")
        with log_context.bind_import("i1", queued_by="r1"):
            jobs.enqueue("i2")  # the next of the same player: nobody asked for it just now
        jobs.enqueue("i3")  # as the sweeper does
    carried = [call.kwargs["args"] for call in queue().enqueue_call.call_args_list]
    assert carried == [("i1", "r1"), ("i2", ""), ("i3", "")]


@pytest.mark.parametrize("arguments", [("i1", "r1"), ("i1",)])  # the second was queued by a version before this
def test_a_worker_binds_the_ids_that_the_job_carries(arguments: tuple[str, ...]) -> None:
    seen: list[tuple[str, str]] = []
    with (
        patch("imports.jobs.worker.close_old_connections"),
        patch(
            "imports.jobs.worker.run_import", lambda _: seen.append((log_context.import_id(), log_context.request_id()))
        ),
    ):
        jobs.perform(*arguments)
    assert seen == [("i1", "r1" if len(arguments) == 2 else "")]


def test_a_repeated_message_is_logged_once_a_minute_with_the_number_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 1_000.0
    monkeypatch.setattr("tachi_imports.monitoring.logs.time.monotonic", lambda: clock)
    repeats = RepeatFilter()

    def shown(message: str, **more: Any) -> str | None:
        line = record(message, "x", **more)
        return line.getMessage() if repeats.filter(line) else None

    assert [shown("%s is away", is_repeated=True) for _ in range(4)] == ["x is away", None, None, None]
    assert shown("%s is full", is_repeated=True) == "x is full"
    assert [shown("%s broke") for _ in range(2)] == ["x broke", "x broke"]  # not marked
    clock += logs.REPEAT_SECONDS
    assert shown("%s is away", is_repeated=True) == "x is away (and 3 more like it since the last such line)"
    assert shown("%s is away", is_repeated=True) is None


def test_messages_of_rq_about_a_missing_redis_count_as_repeated() -> None:
    line = logging.LogRecord("rq.worker", logging.ERROR, __file__, 1, "could not connect, in %d s", (1,), None)
    repeats = RepeatFilter()
    assert [repeats.filter(line) for _ in range(3)] == [True, False, False]
