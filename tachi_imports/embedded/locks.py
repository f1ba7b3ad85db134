"""Locks on files of a data folder. The kernel releases them when the holder ends, even if it is killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Lock:
    """A lock on one file. Processes that this one forks share it; programs that it executes do not."""

    def __init__(self, path: Path, *, create: bool = True, inherited: int | None = None) -> None:
        """`inherited` is the descriptor of a lock that this process held before it executed another program."""
        # Python opens files so that no executed program inherits them (PEP 446): a child must not keep the lock.
        flags = os.O_RDWR | (os.O_CREAT if create else 0)
        self._descriptor = os.open(path, flags, 0o600) if inherited is None else inherited
        os.set_inheritable(self._descriptor, False)

    @property
    def descriptor(self) -> int:
        return self._descriptor

    def acquire_shared(self) -> None:
        """Waits until nobody holds it exclusively."""
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def acquire(self) -> None:
        """Waits until nobody else holds it."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def try_acquire(self) -> bool:
        """Does not wait; False when somebody else holds it."""
        return self._try(fcntl.LOCK_EX)

    def try_acquire_shared(self) -> bool:
        """Does not wait; False when somebody else holds it exclusively."""
        return self._try(fcntl.LOCK_SH)

    def write(self, text: str) -> None:
        """Replaces the text that others can read while this process holds the lock."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode("ascii", "replace"), 0)

    def read(self) -> str:
        """The text that the holder wrote."""
        return os.pread(self._descriptor, 4096, 0).decode("ascii", "replace")

    def close(self) -> None:
        """Releases the lock."""
        os.close(self._descriptor)

    def _try(self, how: int) -> bool:
        try:
            fcntl.flock(self._descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Holds a lock for the length of a block."""
    lock = Lock(path)
    try:
        lock.acquire()
        yield
    finally:
        lock.close()


def is_held(path: Path) -> bool:
    """Whether somebody holds this lock exclusively now."""
    try:
        lock = Lock(path, create=False)
    except FileNotFoundError:
        return False
    try:
        # A shared lock: two processes that ask at once must not take each other for the holder.
        return not lock.try_acquire_shared()
    finally:
        lock.close()


def wait_until_free(path: Path) -> None:
    """Waits until nobody holds this lock exclusively."""
    with contextlib.suppress(FileNotFoundError), contextlib.closing(Lock(path, create=False)) as lock:
        lock.acquire_shared()
