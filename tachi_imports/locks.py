"""Locks on files of a data folder. The kernel frees them when their holder dies, however it dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Lock:
    """A lock on one file. Processes that this one forks share it; programs that it executes do not."""

    def __init__(self, path: Path, *, make: bool = True) -> None:
        self._descriptor = os.open(path, os.O_RDWR | (os.O_CREAT if make else 0), 0o600)

    def share(self) -> None:
        """Waits until nobody holds it exclusively."""
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def take(self) -> None:
        """Waits until nobody else holds it."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def try_to_take(self) -> bool:
        """Does not wait; False when somebody else holds it."""
        return self._try(fcntl.LOCK_EX)

    def try_to_share(self) -> bool:
        """Does not wait; False when somebody else holds it exclusively."""
        return self._try(fcntl.LOCK_SH)

    def write(self, text: str) -> None:
        """Leaves a word for those who find it locked."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode("ascii", "replace"), 0)

    def read(self) -> str:
        """The word that its holder left."""
        return os.pread(self._descriptor, 4096, 0).decode("ascii", "replace")

    def close(self) -> None:
        """Lets go."""
        os.close(self._descriptor)

    def _try(self, how: int) -> bool:
        try:
            fcntl.flock(self._descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def taken(path: Path) -> Iterator[None]:
    """Holds a lock for the length of a block."""
    lock = Lock(path)
    try:
        lock.take()
        yield
    finally:
        lock.close()


def is_taken(path: Path) -> bool:
    """Whether somebody holds this lock exclusively now."""
    try:
        lock = Lock(path, make=False)
    except FileNotFoundError:
        return False
    try:
        return not lock.try_to_share()
    finally:
        lock.close()


def wait_until_free(path: Path) -> None:
    """Waits until nobody holds this lock exclusively."""
    with contextlib.suppress(FileNotFoundError), contextlib.closing(Lock(path, make=False)) as lock:
        lock.share()
