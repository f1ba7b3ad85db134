"""The database queries of the streams, over at most two connections."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from django.db import connection as django_connection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from imports.models import Import, State, User
from imports.monitoring import QUEUE_POSITION

MAX_CONNECTIONS = 2
QUERY_SECONDS = 5.0
RECONNECT_SECONDS = 2.0  # then the next query tries again; by default the pool's pauses grow
MAX_ACTIVE = 1_000  # imports in one result
DATABASE_ERRORS = (psycopg.Error, PoolTimeout, TimeoutError, OSError)
"""Exceptions of a query while the database is unavailable."""

JOB = f"{Import._meta.db_table} AS job"
IMPORT_STATUSES = f"""
    SELECT job.import_id, job.state, job.attempts, job.error_message, job.time_finished, {QUEUE_POSITION}
    FROM {JOB} WHERE job.import_id = ANY(%s)
"""  # noqa: S608 - only names of our own tables are inserted
ACTIVITY = f"""
    SELECT job.import_id, job.user_id, owner.username, job.import_type, job.state, job.time_started, job.time_finished
    FROM {JOB} JOIN {User._meta.db_table} AS owner ON owner.id = job.user_id
    WHERE job.state = '{State.RUNNING}' OR job.import_id = ANY(%s)
    ORDER BY job.time_started, job.id LIMIT {MAX_ACTIVE}
"""  # noqa: S608
DEPTH = f"""
    SELECT count(*) FROM {JOB} JOIN {User._meta.db_table} AS owner ON owner.id = job.user_id
    WHERE job.state = '{State.QUEUED}' AND NOT owner.is_banned
"""  # noqa: S608


class ImportStatus(NamedTuple):
    """The state of an import. `position`: the number of the player's imports before a waiting one, else None."""

    import_id: str
    state: str
    attempts: int
    message: str
    time_finished: datetime | None
    position: int | None


class Activity(NamedTuple):
    """An import that is running, or has just ended."""

    import_id: str
    user_id: int
    username: str
    import_type: str
    state: str
    time_started: datetime | None
    time_finished: datetime | None


class Database:
    """An asynchronous context manager. Queries raise `DATABASE_ERRORS`."""

    def __init__(self) -> None:
        given = django_connection.get_connection_params()
        # Both are only for Django's synchronous connections.
        options = {name: value for name, value in given.items() if name not in {"context", "cursor_factory"}}
        # Without autocommit a transaction would stay open and keep VACUUM from removing dead rows.
        options |= {"autocommit": True, "application_name": "tachi streams"}
        self._pool = AsyncConnectionPool(
            kwargs=options, min_size=1, max_size=MAX_CONNECTIONS, timeout=QUERY_SECONDS, open=False,
            check=AsyncConnectionPool.check_connection, reconnect_timeout=RECONNECT_SECONDS,
        )  # fmt: skip

    async def __aenter__(self) -> Database:
        await self._pool.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.close(timeout=1)

    async def import_statuses(self, import_ids: Collection[str]) -> list[ImportStatus]:
        """Returns the states of those imports that exist."""
        return [ImportStatus(*row) for row in await self._rows(IMPORT_STATUSES, [list(import_ids)])]

    async def activity(self, ended: Collection[str]) -> tuple[list[Activity], int]:
        """Returns the running imports, those reported as ended, and the number of waiting imports."""
        rows = await self._rows(ACTIVITY, [list(ended)])
        depth = await self._rows(DEPTH, [])
        return [Activity(*row) for row in rows], depth[0][0]

    async def _rows(self, statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
        async with asyncio.timeout(QUERY_SECONDS), self._pool.connection() as connection:
            cursor = await connection.execute(statement.encode(), values)
            return await cursor.fetchall()
