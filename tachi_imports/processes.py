"""Child processes that neither outlive their parent nor leave anything behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import psutil

from tachi_imports.accounts import Account

_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def spawn(
    argv: Sequence[str | Path],
    *,
    death_signal: signal.Signals = signal.SIGTERM,
    account: Account | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    log: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Starts a process in a session of its own, so that a Ctrl-C reaches its parent alone.

    On Linux it gets `death_signal` when its parent dies. Call it from the main thread only: what Linux calls the
    parent is the thread. `log` takes what the process writes; without it, it writes where we do.
    """
    parent = os.getpid()

    def bind_to_parent() -> None:
        # After the account has changed, because that change would undo it.
        if _LIBC is not None:
            _LIBC.prctl(_SET_DEATH_SIGNAL, int(death_signal))
            if os.getppid() != parent:
                os._exit(1)

    return subprocess.Popen(
        [str(part) for part in argv],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        env=env,
        cwd=cwd,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        preexec_fn=bind_to_parent,  # noqa: PLW1509 - our other threads hold no lock that a fork could copy
    )


def session_members(leader: int) -> list[int]:
    """Process IDs of all that live in the session of `leader`, whether or not the leader still does."""
    members = []
    for pid in psutil.pids():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(pid) == leader:
                members.append(pid)
    return members


def kill_session(leader: int) -> None:
    """Ends at once all that a process started by `spawn` has started, a worker's work-horse for one."""
    for pid in session_members(leader):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def program_of(pid: int) -> str:
    """What a living process runs; empty when there is no such process."""
    try:
        process = psutil.Process(pid)
        return "" if pid == 0 or process.status() == psutil.STATUS_ZOMBIE else process.name()
    except psutil.NoSuchProcess:
        return ""


def stop_leftover(pid: int, *, mark: str, stop_signal: signal.Signals, seconds: float) -> bool:
    """Stops a process that a killed run left behind; False when it still lives after `seconds`.

    Process IDs are given anew after a while, so one whose command line lacks `mark` is somebody else's: left alone.
    """
    try:
        process = psutil.Process(pid)
        if mark not in process.cmdline():
            return True
        process.send_signal(stop_signal)
        process.wait(seconds)
    except psutil.NoSuchProcess:
        return True
    except (psutil.TimeoutExpired, psutil.AccessDenied):
        return False
    return True
