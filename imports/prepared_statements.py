"""Prepared statements, which PostgreSQL does not plan each time: planning takes longer than running the usual ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from django.db import connection
from django.db.backends.postgresql.base import Cursor, ServerBindingCursor


def prepare_statements() -> AbstractContextManager[None]:
    """Returns a context in which statements are prepared, once per connection, from their second execution on.

    Their values are bound by the server, and after a few executions PostgreSQL uses a generic plan for all values. So
    this is only for statements that use an index for every player (tests/plans/test_prepared_statements.py). A
    connection that is opened within the block does not prepare.

    Outside the block psycopg does not count executions: it would keep the last hundred statements with their values,
    including whole uploads.
    """
    return _with_cursors(ServerBindingCursor, threshold=1)


def plan_each_time() -> AbstractContextManager[None]:
    """Returns a context, within a block of `prepare_statements`, in which statements are planned for their values."""
    return _with_cursors(Cursor, threshold=None)


@contextmanager
def _with_cursors(factory: type[Cursor | ServerBindingCursor], *, threshold: int | None) -> Iterator[None]:
    connection.ensure_connection()
    database = connection.connection
    usual = database.cursor_factory, database.prepare_threshold
    database.cursor_factory, database.prepare_threshold = factory, threshold
    try:
        yield
    finally:
        database.cursor_factory, database.prepare_threshold = usual
