"""The ID of the current request or import, which is added to all its log lines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

REPEATED = {"is_repeated": True}
"""`extra` of a message that would be repeated while another server is unavailable: it is logged once a minute."""

_request: ContextVar[str] = ContextVar("request", default="")
_import: ContextVar[str] = ContextVar("import", default="")


@contextmanager
def bind_request(request_id: str) -> Iterator[None]:
    """Sets the current request within the block."""
    mark = _request.set(request_id)
    try:
        yield
    finally:
        _request.reset(mark)


@contextmanager
def bind_import(import_id: str, *, queued_by: str) -> Iterator[None]:
    """Sets the import that a worker processes within the block. `queued_by`: the request that queued it, or ""."""
    mark = _import.set(import_id)
    try:
        with bind_request(queued_by):
            yield
    finally:
        _import.reset(mark)


def request_id() -> str:
    """Returns the current request's ID; "" if there is none."""
    return _request.get()


def import_id() -> str:
    """Returns the ID of the import that a worker processes; "" elsewhere."""
    return _import.get()


def originating_request_id() -> str:
    """Returns the ID of the request that queues a job now; "" for jobs that a worker queues after its import."""
    return "" if _import.get() else _request.get()
