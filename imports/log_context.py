"""What the log lines of one request or one import have in common: its ID, wherever in the code they are written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

REPEATED = {"is_repeated": True}
"""`extra` of a message that would come again and again while another server is away: it is shown once a minute."""

_request: ContextVar[str] = ContextVar("request", default="")
_import: ContextVar[str] = ContextVar("import", default="")


@contextmanager
def bind_request(request_id: str) -> Iterator[None]:
    """Until the end of the block, everything happens for this request."""
    mark = _request.set(request_id)
    try:
        yield
    finally:
        _request.reset(mark)


@contextmanager
def bind_import(import_id: str, *, asked_by: str) -> Iterator[None]:
    """Until the end of the block, a worker is at this import. `asked_by`: the request that queued it, if one did."""
    mark = _import.set(import_id)
    try:
        with bind_request(asked_by):
            yield
    finally:
        _import.reset(mark)


def request_id() -> str:
    """The request that this happens for; empty where there is none."""
    return _request.get()


def import_id() -> str:
    """The import that a worker is at; empty elsewhere."""
    return _import.get()


def originating_request_id() -> str:
    """The request that queues something now. What a worker queues after its import, no request asked for."""
    return "" if _import.get() else _request.get()
