"""Where pieces of work begin and end, for tracing if that is on (tachi_imports/monitoring/tracing.py)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

Tracer = Callable[[str, dict[str, str]], AbstractContextManager[object]]
_tracer: Tracer | None = None


def use(tracer: Tracer | None) -> None:
    """Passes this process's spans to a tracer, which gets their names and attributes."""
    global _tracer  # noqa: PLW0603 - one a process, set before there are threads
    _tracer = tracer


def span(name: str, **attributes: str) -> AbstractContextManager[object]:
    """A block that is one piece of work. Attributes are IDs, never names or contents."""
    return nullcontext() if _tracer is None else _tracer(name, attributes)
