"""How log lines look, and what they say of where they come from: the request and the import (`imports.trace`)."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from imports import trace

PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
REQUEST_ID = "tachi.request_id"
"""Where a request's variables hold its ID, for lines that Django writes once the request is over."""


class Origin(logging.Filter):
    """Notes on each record for which request and import it is written. Lets everything pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        variables = getattr(getattr(record, "request", None), "META", {})
        record.request_id = trace.request_id() or variables.get(REQUEST_ID, "")
        record.import_id = trace.import_id()
        return True


class NoProbes(logging.Filter):
    """Whoever asks a probe reads the answer; it need not fill the log as well."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(getattr(record, "request", None), "path", "") not in PROBES


class Lines(logging.Formatter):
    """For people: `2026-11-23T19:00:00Z INFO imports.jobs: import … completed [import=… request=…]`."""

    def format(self, record: logging.LogRecord) -> str:
        origin = " ".join(f"{name}={value}" for name, value in origin_of(record).items())
        first = f"{_time_of(record)} {record.levelname} {record.name}: {record.getMessage()}"
        return "\n".join([f"{first} [{origin}]" if origin else first, *_trouble(self, record)])


class JSONLines(logging.Formatter):
    """For programs: an object a line with `time`, `level`, `logger`, `message`, `import`, `request`, `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _time_of(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **origin_of(record),
        }
        trouble = _trouble(self, record)
        return json.dumps({**line, "exception": "\n".join(trouble)} if trouble else line)


def origin_of(record: logging.LogRecord) -> dict[str, str]:
    """What is known of it."""
    known = {"import": getattr(record, "import_id", ""), "request": getattr(record, "request_id", "")}
    return {name: value for name, value in known.items() if value}


def _time_of(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{int(record.msecs):03}Z"


def _trouble(formatter: logging.Formatter, record: logging.LogRecord) -> list[str]:
    exception = [formatter.formatException(record.exc_info)] if record.exc_info else []
    return exception + ([formatter.formatStack(record.stack_info)] if record.stack_info else [])
