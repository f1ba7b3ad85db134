"""File locks in a data folder. The kernel releases them when the holder ends, even if it is killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Lock:
    """A lock on a file. Forked child processes share it; executed programs do not."""

    def __init__(self, path: Path, *, create: bool = True, inherited: int | None = None) -> None:
        """`inherited` is the descriptor of a lock that this process held before it executed another program."""
        # Python opens files so that executed programs do not inherit them (PEP 446): a child must not keep the lock.
        flags = os.O_RDWR | (os.O_CREAT if create else 0)
        self._descriptor = os.open(path, flags, 0o600) if inherited is None else inherited
        os.set_inheritable(self._descriptor, False)

    @property
    def descriptor(self) -> int:
        return self._descriptor

    def acquire_shared(self) -> None:
        """Waits until no process holds the lock exclusively, and shares it."""
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def acquire(self) -> None:
        """Waits until no other process holds the lock, and holds it exclusively."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def try_acquire(self) -> bool:
        """Returns whether the lock could be acquired, without waiting."""
        return self._try(fcntl.LOCK_EX)

    def try_acquire_shared(self) -> bool:
        """Returns whether the lock could be shared, without waiting."""
        return self._try(fcntl.LOCK_SH)

    def write(self, text: str) -> None:
        """Replaces the text that other processes can read while this one holds the lock."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode("ascii", "replace"), 0)

    def read(self) -> str:
        """Returns the text that the holder wrote."""
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
    """Holds a lock for the duration of a block."""
    lock = Lock(path)
    try:
        lock.acquire()
        yield
    finally:
        lock.close()


def is_held(path: Path) -> bool:
    """Returns whether a process holds this lock exclusively."""
    try:
        lock = Lock(path, create=False)
    except FileNotFoundError:
        return False
    try:
        # A shared lock: two concurrent checks must not take each other for the holder.
        return not lock.try_acquire_shared()
    finally:
        lock.close()


def wait_until_free(path: Path) -> None:
    """Waits until no process holds this lock exclusively."""
    with contextlib.suppress(FileNotFoundError), contextlib.closing(Lock(path, create=False)) as lock:
        lock.acquire_shared()
