"""The format of log lines, with the IDs of their request and import (`imports.log_context`)."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import threading
import time
from datetime import UTC, datetime
from typing import TextIO

from imports import log_context

REPEAT_SECONDS = 60.0
REPEATING_LOGGERS = frozenset({"rq.worker"})
"""rq retries Redis forever, in two threads of each worker, and logs each attempt."""
THREADS_WARNING = "Configuration allows spawning"
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
REQUEST_ID = "tachi.request_id"
"""The key in request.META with the ID, for lines that Django writes after the request has ended."""


class ContextFilter(logging.Filter):
    """Adds the IDs of the request and the import to every record. Drops no record."""

    def filter(self, record: logging.LogRecord) -> bool:
        variables = getattr(getattr(record, "request", None), "META", {})
        record.request_id = log_context.request_id() or variables.get(REQUEST_ID, "")
        record.import_id = log_context.import_id()
        return True


class SkipProbeFilter(logging.Filter):
    """Drops the records of probes, which are frequent; their callers read the response."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(getattr(record, "request", None), "path", "") not in PROBES


class IntendedFilter(logging.Filter):
    """Drops granian's warning about many threads: most of them wait for clients (tachi_imports/http/capacity.py)."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.name != "_granian" or THREADS_WARNING not in str(record.msg)


class RepeatFilter(logging.Filter):
    """Passes a message marked as repeated (`log_context.REPEATED`) once a minute, with the number of dropped ones, so
    that an unreachable server does not fill the disk."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._shown: dict[tuple[str, str], tuple[float, int]] = {}  # time of the last line, and number dropped since

    def filter(self, record: logging.LogRecord) -> bool:
        if not (getattr(record, "is_repeated", False) or record.name in REPEATING_LOGGERS):
            return True
        key, now = (record.name, str(record.msg)), time.monotonic()
        with self._lock:
            shown, dropped = self._shown.get(key, (-REPEAT_SECONDS, 0))
            is_due = now - shown >= REPEAT_SECONDS
            self._shown[key] = (now, 0) if is_due else (shown, dropped + 1)
        if is_due and dropped:
            record.msg = f"{record.msg} (and {dropped} more like it since the last such line)"
        return is_due


class TextFormatter(logging.Formatter):
    """Text for people: `2026-11-23T19:00:00Z INFO imports.jobs: import … completed [import=… request=…]`."""

    def format(self, record: logging.LogRecord) -> str:
        origin = " ".join(f"{name}={value}" for name, value in origin_of(record).items())
        first = f"{_time_of(record)} {record.levelname} {record.name}: {record.getMessage()}"
        return "\n".join([f"{first} [{origin}]" if origin else first, *_exception_text(self, record)])


class JSONFormatter(logging.Formatter):
    """JSON lines with `time`, `level`, `logger`, `message`, `import`, `request`, `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _time_of(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **origin_of(record),
        }
        lines = _exception_text(self, record)
        return json.dumps({**line, "exception": "\n".join(lines)} if lines else line)


class JSONHandler(logging.StreamHandler[TextIO]):
    """Writes an object even for a record whose arguments do not fit its message."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - its name in `logging`
        substitute = logging.makeLogRecord(
            {**record.__dict__, "msg": str(record.msg), "args": (), "exc_info": sys.exc_info()}
        )
        # If the stream is closed, the error cannot be reported either.
        with contextlib.suppress(OSError, ValueError):
            self.stream.write(JSONFormatter().format(substitute) + self.terminator)
            self.flush()


def origin_of(record: logging.LogRecord) -> dict[str, str]:
    """Returns the known IDs of a record's import and request."""
    known = {"import": getattr(record, "import_id", ""), "request": getattr(record, "request_id", "")}
    return {name: value for name, value in known.items() if value}


def _time_of(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{int(record.msecs):03}Z"


def _exception_text(formatter: logging.Formatter, record: logging.LogRecord) -> list[str]:
    lines = [formatter.formatException(record.exc_info)] if record.exc_info else []
    return lines + ([formatter.formatStack(record.stack_info)] if record.stack_info else [])
