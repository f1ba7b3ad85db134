"""Spans for tracing, if it is enabled (tachi_imports/monitoring/tracing.py)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

Tracer = Callable[[str, dict[str, str]], AbstractContextManager[object]]
_tracer: Tracer | None = None


def use(tracer: Tracer | None) -> None:
    """Sets the tracer of this process, which is called with a span's name and attributes; None for none."""
    global _tracer  # noqa: PLW0603 - one per process, set before there are threads
    _tracer = tracer


def span(name: str, **attributes: str) -> AbstractContextManager[object]:
    """Returns the context of a span. Attributes are IDs, never names or contents."""
    return nullcontext() if _tracer is None else _tracer(name, attributes)
