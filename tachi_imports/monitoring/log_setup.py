"""Logging of a process from its start. Does not import Django, so that it works before settings are read.

With TACHI_LOG_FORMAT=json every line that Python writes is a JSON object: log records, printed text, tracebacks. Only
crashes of the interpreter and the logs of PostgreSQL and Valkey have their own format.
"""

from __future__ import annotations

import io
import logging
import logging.config
import sys
import threading
from types import TracebackType
from typing import Any, TextIO

from tachi_imports import env

FORMATS = ("text", "json")
HANDLERS = {
    "text": {"class": "logging.StreamHandler"},
    # Not sys.stderr, which `set_up` replaces by a stream that writes log records itself.
    "json": {"class": "tachi_imports.monitoring.logs.JSONHandler", "stream": "ext://sys.__stderr__"},
}

log = logging.getLogger(__name__)


def log_format() -> str:
    """Returns TACHI_LOG_FORMAT: `text` or `json`."""
    return env.choice("TACHI_LOG_FORMAT", default="text", options=FORMATS)


def configuration(style: str) -> dict[str, Any]:
    """Returns the configuration of `logging` for one of the FORMATS."""
    return {
        "version": 1,
        "disable_existing_loggers": False,  # modules imported earlier have created theirs already
        "formatters": {
            "text": {"()": "tachi_imports.monitoring.logs.TextFormatter"},
            "json": {"()": "tachi_imports.monitoring.logs.JSONFormatter"},
        },
        "filters": {
            "no_probes": {"()": "tachi_imports.monitoring.logs.SkipProbeFilter"},
            "intended": {"()": "tachi_imports.monitoring.logs.IntendedFilter"},
            "repeats": {"()": "tachi_imports.monitoring.logs.RepeatFilter"},
            "origin": {"()": "tachi_imports.monitoring.logs.ContextFilter"},
        },
        "handlers": {
            "stderr": {
                "formatter": style,
                "filters": ["no_probes", "intended", "repeats", "origin"],
                **HANDLERS[style],
            }
        },
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "imports": {"level": "INFO"},
            "tachi_imports": {"level": "INFO"},
            "printed": {"level": "INFO"},
            "django": {"handlers": []},  # its own handlers would duplicate every line as plain text
            "django.request": {"level": "ERROR"},  # not the errors of clients
            "_granian": {"handlers": [], "level": "WARNING", "propagate": True},
        },
    }


def set_up() -> None:
    """Configures the logging of this process. Called before anything else."""
    style = log_format()
    logging.config.dictConfig(configuration(style))
    if style != "json":
        return
    sys.stdout, sys.stderr = PrintedLines(sys.stdout, logging.INFO), PrintedLines(sys.stderr, logging.ERROR)
    sys.excepthook = log_uncaught
    threading.excepthook = lambda failed: log_uncaught(failed.exc_type, failed.exc_value, failed.exc_traceback)


def log_uncaught(kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None) -> None:
    """Logs an uncaught exception in one line."""
    # Ctrl-C and `sys.exit` are regular ends, not failures.
    if error is not None and not issubclass(kind, KeyboardInterrupt | SystemExit):
        log.critical("uncaught exception: %s", error, exc_info=(kind, error, traceback))


class ThreadState(threading.local):
    """Text that a thread has printed without ending its line, and whether it is being logged."""

    pending = ""
    is_logging = False


class PrintedLines(io.TextIOBase):
    """A stream that converts printed text to log records: one for each `print`."""

    def __init__(self, original: TextIO, level: int) -> None:
        self._original = original
        self._level = level
        self._own = ThreadState()

    def write(self, text: str) -> int:
        if self._own.is_logging:  # the error message of a failed handler would fail again as a record
            return self._original.write(text)
        self._own.pending += text
        if text.endswith("\n"):
            self.flush()
        return len(text)

    def flush(self) -> None:
        text, self._own.pending = self._own.pending.strip("\n"), ""
        if not text.strip():
            return
        self._own.is_logging = True
        try:
            logging.getLogger("printed").log(self._level, "%s", text)
        finally:
            self._own.is_logging = False

    def fileno(self) -> int:
        return self._original.fileno()

    def writable(self) -> bool:
        return True
