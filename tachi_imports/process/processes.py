"""Child processes that do not outlive their parent and leave no orphans."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import math
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from tachi_imports.embedded.accounts import Account

log = logging.getLogger(__name__)

OPEN_FILES = 65_536
LOOK_EVERY_SECONDS = 0.02
_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def allow_many_open_files() -> None:
    """Raises the limit for this process and its children, as far as the system allows.

    Each connection is an open file, a relayed stream is two, and 1,024 per process are usual.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def spawn(
    argv: Sequence[str | Path],
    *,
    death_signal: signal.Signals = signal.SIGTERM,
    account: Account | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    log: IO[bytes] | None = None,
    descriptors: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Starts a process in a new session, so that Ctrl-C only reaches its parent.

    On Linux it gets `death_signal` when its parent dies. Call it from the main thread only: for Linux the parent is
    the thread. The process writes to `log`, by default to our output, and inherits our open `descriptors`.
    """
    parent = os.getpid()

    def bind_to_parent() -> None:
        # After the change of account, which would reset it.
        if _LIBC is not None:
            _LIBC.prctl(_SET_DEATH_SIGNAL, int(death_signal))
            # If the parent died before the signal was set, it will never be sent.
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
        pass_fds=descriptors,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        preexec_fn=bind_to_parent,  # noqa: PLW1509 - our other threads hold no locks that a fork would copy
    )


@dataclass(frozen=True)
class Command:
    """The command of a child: its arguments, working folder, and inherited descriptors."""

    argv: tuple[str, ...]
    folder: str
    descriptors: tuple[int, ...] = ()

    def spawn(self) -> subprocess.Popen[bytes]:
        return spawn(self.argv, cwd=Path(self.folder), descriptors=self.descriptors)


class AdoptedProcess:
    """A child that was started before this process executed another program. Has the interface of Popen."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Returns the exit code; None while the process runs."""
        if self.returncode is None:
            try:
                ended, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:  # not our child, or reaped before
                self.returncode = 0
            else:
                self.returncode = os.waitstatus_to_exitcode(status) if ended else None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Returns the exit code. Raises TimeoutExpired."""
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() >= deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            time.sleep(LOOK_EVERY_SECONDS)
        return code

    def send_signal(self, wanted: signal.Signals) -> None:
        # The ID of a reaped process may belong to another process.
        if self.poll() is None:
            os.kill(self.pid, wanted)


def kill_session(leader: int) -> None:
    """Kills a process started by `spawn` and all processes of its session."""
    for pid in psutil.pids():  # `leader` itself may have ended
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(pid) == leader:
                os.kill(pid, signal.SIGKILL)


def program_of(pid: int) -> str:
    """Returns the name of a running process's program; empty if there is no such process."""
    try:
        process = psutil.Process(pid)
        return "" if pid == 0 or process.status() == psutil.STATUS_ZOMBIE else process.name()
    except psutil.NoSuchProcess:
        return ""


def stop_leftover(pid: int, *, mark: str, escalation: Sequence[tuple[signal.Signals, float]]) -> bool:
    """Stops a process that a killed run left running. Returns False if it survives the whole `escalation`.

    The escalation lists signals, each with the seconds to wait before the next one. Process IDs are reused, so a
    process whose command line lacks `mark` is another program and is left alone.
    """
    try:
        process = psutil.Process(pid)
        if mark not in process.cmdline():
            return True
        for wanted, seconds in escalation:
            log.info("stopping %s (process %d) with %s", process.name(), pid, wanted.name)
            # Listed before the signal: the children of an ended process can no longer be found.
            children = process.children(recursive=True) if wanted == signal.SIGKILL else []
            process.send_signal(wanted)
            for child in children:
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
            with contextlib.suppress(psutil.TimeoutExpired):
                process.wait(seconds)
                psutil.wait_procs(children, timeout=seconds)
                return True
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
    return False
