"""Statements that PostgreSQL shall not plan anew each time: to plan the usual ones takes it longer than to run them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor


@contextmanager
def prepare_statements() -> Iterator[None]:
    """In the block, statements are planned once a connection: from their second time on they are prepared ones.

    Their values travel beside their text, and after a few times the plan serves all values alike: one made for the
    average player. So this is for what is found by a unique key, not for a player's scores. A connection that is made
    in the block does without.

    Outside of it no statement is counted: psycopg would keep the last hundred with their values, whole
    uploads among them.
    """
    connection.ensure_connection()
    database = connection.connection
    usual = database.cursor_factory, database.prepare_threshold
    database.cursor_factory, database.prepare_threshold = ServerBindingCursor, 1
    try:
        yield
    finally:
        database.cursor_factory, database.prepare_threshold = usual
