"""Limited numbers of requests: slots of any kind, and the worker slots of requests that Django processes."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from threading import Lock

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from tachi_imports.http import capacity

WORKER_SLOT = "tachi.worker_slot"
"""The variable of a request with its `WorkerSlot`."""


class NoFreeSlotError(Exception):
    """All slots are taken."""


class Slots:
    """A number of slots, of which one client may hold `most_of_one`."""

    def __init__(self, count: int, *, most_of_one: int | None = None) -> None:
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(count):
            self._free.put(None)
        self._most_of_one = most_of_one
        self._lock = Lock()
        self._of: Counter[str] = Counter()

    def enter(self, client: str = "", *, timeout: float = 0) -> None:
        """Waits for a slot for so many seconds. Raises NoFreeSlotError."""
        # Counted before waiting, so that one client cannot occupy the whole queue.
        if self._most_of_one is not None:
            with self._lock:
                if self._of[client] >= self._most_of_one:
                    raise NoFreeSlotError
                self._of[client] += 1
        try:
            self._free.get(block=timeout > 0, timeout=timeout or None)
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
    def entered(self, *, timeout: float = 0) -> Iterator[None]:
        self.enter(timeout=timeout)
        try:
            yield
        finally:
            self.leave()


class WorkerSlots:
    """The slots in which requests are processed, each with a database connection."""

    def __init__(self, count: int, *, for_quick: int, timeout: float) -> None:
        self._connections: SimpleQueue[BaseDatabaseWrapper] = SimpleQueue()
        for _ in range(count):
            connection = connections.create_connection(DEFAULT_DB_ALIAS)
            connection.inc_thread_sharing()  # used by one thread after another, never by two at a time
            self._connections.put(connection)
        self._waiting = Slots(capacity.MAX_WAITING)
        self._others = Slots(count - for_quick)
        self._timeout = timeout
        self.away = Slots(capacity.MAX_WAITING_FOR_IMPORTS)

    @property
    def free(self) -> int:
        return self._connections.qsize()

    def close(self) -> None:
        """Closes the connections of all free slots."""
        for _ in range(self.free):
            connection = self._connections.get()
            connection.close()
            self._connections.put(connection)

    @contextlib.contextmanager
    def taken(self, *, is_quick: bool) -> Iterator[WorkerSlot]:
        """Raises NoFreeSlotError if too many requests wait, or this one has waited for too long."""
        with contextlib.ExitStack() as held:
            # Requests that may take long leave `for_quick` slots to the others, so that polls continue during exports.
            if not is_quick:
                with self._waiting.entered():
                    self._others.enter(timeout=self._timeout)
                held.callback(self._others.leave)
            held.enter_context(self.connected(timeout=self._timeout))
            yield WorkerSlot(self, held)

    @contextlib.contextmanager
    def connected(self, *, timeout: float | None) -> Iterator[None]:
        """Provides a connection for the block, after waiting for so many seconds at most. Raises NoFreeSlotError."""
        try:
            connection = self._connections.get(timeout=timeout)
        except Empty:
            raise NoFreeSlotError from None
        # Django has a connection for each thread. There are many threads here, so the slot provides one instead.
        connections[DEFAULT_DB_ALIAS] = connection
        try:
            yield
        finally:
            del connections[DEFAULT_DB_ALIAS]
            self._connections.put(connection)


class WorkerSlot:
    """The slot of a request."""

    def __init__(self, slots: WorkerSlots, held: contextlib.ExitStack) -> None:
        self._slots = slots
        self._held = held

    def leave_thread(self) -> BaseDatabaseWrapper:
        """Takes the connection away from this thread, for another one to go on with. That one gives up the slot."""
        connection = connections[DEFAULT_DB_ALIAS]
        del connections[DEFAULT_DB_ALIAS]
        return connection

    @contextlib.contextmanager
    def released(self) -> Iterator[None]:
        """Gives the slot up for the block, in which the database must not be used.

        Raises NoFreeSlotError at the beginning if too many slots are given up; the slot is then kept. At the end it
        waits for a slot without a time limit: the requests that do so are bounded and need it for a moment only, and no
        request that has a slot waits for them.
        """
        with self._slots.away.entered():
            self._held.close()
            try:
                yield
            finally:
                self._held.enter_context(self._slots.connected(timeout=None))
                connections[DEFAULT_DB_ALIAS].close_if_unusable_or_obsolete()  # as at the start of a request
