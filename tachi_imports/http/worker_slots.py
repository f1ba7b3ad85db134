"""Limits on concurrent requests: slots of any kind, and the worker slots of requests that Django processes."""

from __future__ import annotations

import contextlib
from collections import Counter, deque
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from threading import Lock

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from tachi_imports.http import capacity

WORKER_SLOT = "tachi.worker_slot"
"""The key of a request's `WorkerSlot` in the WSGI environment."""


class NoFreeSlotError(Exception):
    """All slots are taken."""


class Slots:
    """A number of slots, of which one client may hold at most `most_of_one`."""

    def __init__(self, count: int, *, most_of_one: int | None = None) -> None:
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(count):
            self._free.put(None)
        self._most_of_one = most_of_one
        self._lock = Lock()
        self._of: Counter[str] = Counter()

    def enter(self, client: str = "", *, timeout: float | None = 0) -> None:
        """Takes a slot, waiting up to `timeout` seconds, or without limit for None. Raises NoFreeSlotError."""
        # Counted before waiting, so that a single client cannot fill the queue.
        if self._most_of_one is not None:
            with self._lock:
                if self._of[client] >= self._most_of_one:
                    raise NoFreeSlotError
                self._of[client] += 1
        try:
            self._free.get(block=timeout != 0, timeout=timeout)
        except Empty:
            self._forget(client)
            raise NoFreeSlotError from None

    def leave(self, client: str = "") -> None:
        self._forget(client)
        self._free.put(None)

    def _forget(self, client: str) -> None:
        if self._most_of_one is not None:
            with self._lock:
                self._of[client] -= 1
                if not self._of[client]:
                    del self._of[client]

    @property
    def free(self) -> int:
        return self._free.qsize()

    @contextlib.contextmanager
    def entered(self, *, timeout: float | None = 0) -> Iterator[None]:
        self.enter(timeout=timeout)
        try:
            yield
        finally:
            self.leave()


class WorkerSlots:
    """The slots in which requests are processed, each with a database connection.

    In addition, up to `for_documents` long documents are composed, one at a time, without a slot.
    """

    def __init__(self, count: int, *, for_quick: int, timeout: float, for_documents: int = 0) -> None:
        # The last used connection is taken first: those for documents are only opened if that many are needed.
        self._connections: deque[BaseDatabaseWrapper] = deque()
        for _ in range(count + for_documents):
            connection = connections.create_connection(DEFAULT_DB_ALIAS)
            connection.inc_thread_sharing()  # used by different threads, but never by two at a time
            self._connections.append(connection)
        self._slots = Slots(count)
        self._waiting = Slots(capacity.MAX_WAITING)
        self._others = Slots(count - for_quick)
        self._timeout = timeout
        self.away = Slots(capacity.MAX_WAITING_FOR_IMPORTS)
        self.documents = Slots(for_documents)
        self._composing = Slots(1)

    @property
    def free(self) -> int:
        return self._slots.free

    def close(self) -> None:
        """Closes the unused connections."""
        for connection in list(self._connections):
            connection.close()

    @contextlib.contextmanager
    def taken(self, *, is_quick: bool) -> Iterator[WorkerSlot]:
        """Holds a slot for the block. Raises NoFreeSlotError if too many requests wait, or after too long a wait."""
        with contextlib.ExitStack() as resources:
            # Possibly slow requests leave `for_quick` slots to the others, so that polls continue during exports.
            if not is_quick:
                with self._waiting.entered():
                    self._others.enter(timeout=self._timeout)
                resources.callback(self._others.leave)
            resources.enter_context(self.connected(timeout=self._timeout))
            yield WorkerSlot(self, resources)

    @contextlib.contextmanager
    def connected(self, *, timeout: float | None) -> Iterator[None]:
        """Provides a connection for the block, after waiting up to `timeout` seconds. Raises NoFreeSlotError."""
        with self._slots.entered(timeout=timeout):
            # Django has a connection per thread. There are many threads here, so slots provide connections instead.
            self.take_connection()
            try:
                yield
            finally:
                self.put_connection()

    def take_connection(self) -> None:
        """Assigns a free connection to this thread. There is one for each slot and each document."""
        connections[DEFAULT_DB_ALIAS] = self._connections.pop()

    def put_connection(self) -> None:
        """Returns this thread's connection to the free ones."""
        connection = connections[DEFAULT_DB_ALIAS]
        del connections[DEFAULT_DB_ALIAS]
        self._connections.append(connection)

    @contextlib.contextmanager
    def composing(self, connection: BaseDatabaseWrapper) -> Iterator[None]:
        """Composes a document in the block, with the connection from `WorkerSlot.leave_to_document`.

        Waits for earlier documents: in Python, composing two concurrently is not faster than one after the other.
        """
        connections[DEFAULT_DB_ALIAS] = connection
        try:
            with self._composing.entered(timeout=None):
                yield
        finally:
            self.put_connection()
            self.documents.leave()


class WorkerSlot:
    """The slot of a request."""

    def __init__(self, slots: WorkerSlots, resources: contextlib.ExitStack) -> None:
        self._slots = slots
        self._resources = resources

    def leave_to_document(self) -> BaseDatabaseWrapper:
        """Gives up the slot but not its connection, which it returns for `WorkerSlots.composing`.

        Raises NoFreeSlotError and keeps the slot if too many documents are composed or waiting.
        """
        self._slots.documents.enter()
        connection = connections[DEFAULT_DB_ALIAS]
        self._slots.take_connection()  # the slot is given up with another one
        self._resources.close()
        return connection

    @contextlib.contextmanager
    def released(self) -> Iterator[None]:
        """Gives up the slot for the block, in which the database must not be used.

        Raises NoFreeSlotError and keeps the slot if too many slots are given up. At the end it waits for a slot without
        a time limit: the number of such requests is limited, they need the slot only briefly, and no request with a
        slot waits for them.
        """
        with self._slots.away.entered():
            self._resources.close()
            try:
                yield
            finally:
                self._resources.enter_context(self._slots.connected(timeout=None))
                connections[DEFAULT_DB_ALIAS].close_if_unusable_or_obsolete()  # as at the start of a request
