"""Runs COPY and judging concurrently: PostgreSQL stores rows and checks foreign keys while the next are judged."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import connection

# The time after which the judging thread yields to the one that writes to PostgreSQL. In Python's default of 5 ms,
# PostgreSQL would empty the socket's buffer.
SWITCH_INTERVAL_SECONDS = 0.001


def copy_while_producing(statement: str, texts: Iterable[bytes], *, between: Callable[[], None]) -> None:
    """Runs one COPY for each text while the next text is produced. Call it inside a transaction.

    Producing a text must not use the database. `between` may: it is called between two COPYs, and an exception in it
    ends the copying. Deferred foreign keys are checked with each COPY, as otherwise COMMIT would check all of them.
    """
    connection.ensure_connection()
    stored: Future[None] | None = None

    def copy(database: Any, text: bytes) -> None:
        # In the other thread, where Django's wrapper of the connection raises an error.
        with database.cursor() as cursor, cursor.copy(statement) as pipe:
            pipe.write(text)

    def wait() -> None:
        if stored is not None:
            with connection.wrap_database_errors:
                stored.result()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="copy") as beside:
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for text in texts:
                wait()
                between()
                stored = beside.submit(copy, connection.connection, text)
            wait()
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    finally:
        sys.setswitchinterval(interval)
