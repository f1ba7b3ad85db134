"""The data that polls read, through lower layers of the libraries.

The cursors of Django and psycopg, and the commands and the pool of redis-py, would be the largest cost of a poll.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection
from psycopg import Connection
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from redis.exceptions import ConnectionError as RedisConnectionError

from imports import jobs
from imports.pipeline.progress import Snapshot, read


class PollStores:
    """PostgreSQL through the thread's connection, and reused connections to Redis."""

    def __init__(self) -> None:
        # Connection -> its Transformer, and the statements prepared on it.
        self._prepared: WeakKeyDictionary[Connection[Any], tuple[Any, set[str]]] = WeakKeyDictionary()
        self._redis: deque[Any] = deque()

    def query(self, statement: str, *values: str) -> Sequence[Any]:
        """Returns the first row, as a cursor would; () if there are no rows."""
        connection.ensure_connection()
        database = connection.connection
        with connection.wrap_database_errors:
            if database not in self._prepared:
                self._prepared[database] = (Transformer(database), set())
            transformer, prepared = self._prepared[database]
            name = f"poll_{len(values)}".encode()  # the statement with a token has one more value
            if statement not in prepared:
                numbered = statement % tuple(f"${number}" for number in range(1, len(values) + 1))
                result = database.pgconn.prepare(name, numbered.encode())
                if result.status != ExecStatus.COMMAND_OK:
                    raise error_from_result(result)
                prepared.add(statement)
            result = database.pgconn.exec_prepared(name, [value.encode() for value in values])
            if result.status != ExecStatus.TUPLES_OK:
                raise error_from_result(result)
            if not result.ntuples:
                return ()
            transformer.set_pgresult(result)
            row: Sequence[Any] = transformer.load_row(0, tuple)
            return row

    def progress(self, import_id: str) -> Snapshot | None:
        """Returns the last written progress; None if unknown."""
        return read(self, import_id)

    def get(self, key: str) -> Any:
        """Runs Redis's GET. Raises RedisError."""
        try:
            client = self._redis.pop()
        except IndexError:
            client = jobs.redis_pool().make_connection()
        try:
            command = b"*2\r\n$3\r\nGET\r\n$%d\r\n%b\r\n" % (len(key.encode()), key.encode())
            try:
                client.send_packed_command([command], check_health=False)
                return client.read_response(disable_decoding=True)
            except RedisConnectionError:  # Redis was restarted, or closed an idle connection
                client.disconnect()
                client.send_packed_command([command], check_health=False)
                return client.read_response(disable_decoding=True)
        finally:
            self._redis.append(client)
