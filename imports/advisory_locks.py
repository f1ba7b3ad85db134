"""PostgreSQL's advisory locks with two keys: the first is the kind of object, the second its primary key, or 0.

Locks with one 64-bit key are those of imports (`jobs.worker`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db import DatabaseError, InterfaceError, connection

# Each number is of one kind of lock: two kinds with the same number would block each other.
USER_LOCK = 1  # a player, by primary key
CATALOGUE_LOCK = 2  # loads of seeds, one after the other
RERATING_LOCK = 3  # a rerating
CHART_LOCK = 4  # a player's chart, by its hash
HISTORIES_LOCK = 5  # the rating histories that an earlier release did not store
EXPORT_LOCK = 6  # an export of a player's data
WEBHOOK_LOCK = 7  # sending events to webhooks
MAIL_LOCK = 8  # sending emails


@contextlib.contextmanager
def try_lock(kind: int, key: int = 0) -> Iterator[bool]:
    """Tries to hold a lock on this process's connection, which ends with the process; yields whether it is held.

    `key` is a primary key; only its last 31 bits are used, as each key of the lock is a 32-bit integer.
    """
    numbers = [kind, key % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", numbers)
        is_held = bool(cursor.fetchone()[0])
    try:
        yield is_held
    finally:
        if is_held:
            # A broken connection has released the lock already.
            with contextlib.suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", numbers)
