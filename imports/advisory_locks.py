"""PostgreSQL's advisory locks of two parts: the first says what is locked, the second which one of them, or 0.

Locks of one part, a key of 64 bits, stand for imports (`jobs.worker`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db import DatabaseError, InterfaceError, connection

# Each number belongs to one kind of lock: two kinds with one number would keep each other out.
USER_LOCK = 1  # a player, by primary key
CATALOGUE_LOCK = 2  # loads of seeds, one after the other
RERATING_LOCK = 3  # a rerating
CHART_LOCK = 4  # a player's chart, by its hash
HISTORIES_LOCK = 5  # the histories of ratings that an earlier release left out
EXPORT_LOCK = 6  # an export of a player's data
WEBHOOK_LOCK = 7  # sending events to webhooks
MAIL_LOCK = 8  # sending mails


@contextlib.contextmanager
def try_lock(kind: int, key: int = 0) -> Iterator[bool]:
    """Holds a lock on this process's own connection, so that it goes when the process does; yields whether it is held.

    `key` is a primary key; its last 31 bits count, because each part of the lock is an integer of 32 bits.
    """
    numbers = [kind, key % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", numbers)
        is_held = bool(cursor.fetchone()[0])
    try:
        yield is_held
    finally:
        if is_held:
            # A broken connection has let go of the lock already.
            with contextlib.suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", numbers)
