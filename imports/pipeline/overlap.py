"""COPY beside judging: while PostgreSQL stores some rows and checks their foreign keys, the next are being judged."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection

HAND_OVER = 0.001  # seconds until a thread that computes lets the one that feeds PostgreSQL have its turn


def copy_beside(statement: str, texts: Iterable[bytes], *, between: Callable[[], None]) -> None:
    """One COPY a text, each running while the next text is being made. Call it inside a transaction.

    Making a text must not use the database. `between` may: it is called between two COPYs, and what it raises ends
    everything. Deferred foreign keys are checked with each COPY, as otherwise COMMIT alone would do all of that.
    """
    connection.ensure_connection()
    stored: Future[None] | None = None
    with _quick_turns(), _checked_at_once(), ThreadPoolExecutor(1, thread_name_prefix="copy") as beside:
        for text in texts:
            _wait(stored)
            between()
            stored = beside.submit(_copy, connection.connection, statement, text)
        _wait(stored)


def _copy(database: Any, statement: str, text: bytes) -> None:
    """In the other thread; Django's own wrapper of the connection belongs to the first."""
    with database.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(text)


def _wait(stored: Future[None] | None) -> None:
    if stored is not None:
        with connection.wrap_database_errors:
            stored.result()


@contextmanager
def _checked_at_once() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def _quick_turns() -> Iterator[None]:
    """Python's usual 5 ms are longer than PostgreSQL has work for in the socket's buffer."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(HAND_OVER)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
