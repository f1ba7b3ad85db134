"""Inspects real processes, and waits until they have ended."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

TIMEOUT_SECONDS = 60.0  # a busy machine may need some


def wait_for(what: Callable[[], bool], *, seconds: float = TIMEOUT_SECONDS) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.02)
    return what()


def users_of(folder: Path) -> list[int]:
    """Process IDs of all whose command line names this folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            # PostgreSQL's children are recognized by their parent.
            if any(str(folder) in part for part in process.cmdline()):
                found += [process.pid, *(child.pid for child in process.children(recursive=True))]
    return sorted(set(found))


def lives(pid: int) -> bool:
    """Whether this process runs; one that is dead and not yet collected does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def all_gone(pids: Iterable[int]) -> bool:
    return not any(lives(pid) for pid in pids)


def kill_all(pids: Iterable[int]) -> None:
    """At once, as a power cut would."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
