"""A group of child processes: starts them, restarts those that die, and stops them in order."""

from __future__ import annotations

import logging
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from types import FrameType

from tachi_imports.process.processes import AdoptedProcess, Command, kill_session

MIN_PAUSE_SECONDS = 0.25  # before the first restart; doubled for each further one
MAX_PAUSE_SECONDS = 15.0
SETTLED_SECONDS = 60.0  # after running this long, a child is restarted with the shortest pause again

log = logging.getLogger(__name__)


@dataclass
class Child:
    """A child process. Children stop in the order of their ranks, 0 first; those of one rank stop together."""

    name: str
    spawn: Callable[[], subprocess.Popen[bytes]]
    rank: int = 0
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0  # seconds from the stop signal to SIGKILL
    retire_signal: signal.Signals = signal.SIGTERM  # to finish its current work and end
    kill_after: float = 120.0  # seconds from that signal to SIGKILL
    command: Command | None = None  # what `spawn` runs, for children that another program must be able to restart
    process: subprocess.Popen[bytes] | AdoptedProcess | None = None
    deaths: int = 0
    pause: float = MIN_PAUSE_SECONDS
    begun: float = 0.0
    due: float = 0.0  # when to restart or kill it, in time.monotonic()

    def start(self) -> None:
        self.begun = time.monotonic()
        self.process = self.spawn()

    def notice_death(self) -> None:
        """Reaps the process if it has died, and schedules its restart."""
        if self.process is None or self.process.poll() is None:
            return
        now = time.monotonic()
        self.deaths += 1
        # Processes started by the child would hold ports and files that its successor needs.
        kill_session(self.process.pid)
        if now - self.begun > SETTLED_SECONDS:
            self.pause = MIN_PAUSE_SECONDS
        code: int = self.process.wait()
        reason = f"ended with code {code}" if code >= 0 else f"was killed by {signal.Signals(-code).name}"
        log.warning("%s %s; again in %.2g s", self.name, reason, self.pause)
        self.process, self.due, self.pause = None, now + self.pause, min(self.pause * 2, MAX_PAUSE_SECONDS)

    def kill(self) -> None:
        if self.process is not None:
            kill_session(self.process.pid)


class ProcessGroup:
    """The children of this process. Use it from the main thread only."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self.retiring: list[Child] = []
        self.handover_asked = False
        self._stop_asked = False
        self._wakeup_r, self._wakeup_w = os.pipe()
        os.set_blocking(self._wakeup_w, False)
        os.set_blocking(self._wakeup_r, False)

    def add(self, children: Iterable[Child]) -> None:
        """Adds children; `run` or `wait_until` starts them."""
        self.children = sorted([*self.children, *children], key=lambda child: child.rank)

    def retire(self, children: Iterable[Child]) -> None:
        """Lets children finish their current work. They are not restarted, and killed after `kill_after` seconds."""
        for child in children:
            self.children.remove(child)
            if child.process is not None:
                child.process.send_signal(child.retire_signal)
                child.due = time.monotonic() + child.kill_after
                self.retiring.append(child)

    def remove(self, children: Iterable[Child]) -> None:
        """Kills children and removes them from the group."""
        for child in children:
            self.children.remove(child)
            child.kill()
            if child.process is not None:
                child.process.wait()

    def listen(self) -> None:
        """Handles SIGTERM, SIGINT and SIGHUP: the first signal stops the group, a second one kills it.

        On SIGUSR2 `run` returns with `handover_asked` set.
        """

        def handle(_number: int, _frame: FrameType | None) -> None:
            if self._stop_asked:
                for child in self.children:
                    child.kill()
            self._stop_asked = True

        for stop_signal in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(stop_signal, handle)

        def ask_for_handover(_number: int, _frame: FrameType | None) -> None:
            self.handover_asked = True

        signal.signal(signal.SIGUSR2, ask_for_handover)
        # A handler without effect: without one Python writes nothing to the pipe when a child dies.
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        # No warning on a full pipe, as it wakes `_sleep` as well.
        signal.set_wakeup_fd(self._wakeup_w, warn_on_full_buffer=False)

    def ask_to_stop(self) -> None:
        """Makes `run` return. May be called from any thread."""
        self._stop_asked = True
        os.write(self._wakeup_w, b"!")  # wakes `_sleep`

    @property
    def stop_asked(self) -> bool:
        return self._stop_asked

    def run(self, *, also: Callable[[], None] = lambda: None, every: float | None = None) -> None:
        """Keeps the children running until a stop or a handover is requested.

        Calls `also` at least every `every` seconds.
        """
        while not self._stop_asked and not self.handover_asked:
            self._revive()
            self._sleep(at_most=every)
            also()

    def stop(self) -> None:
        """Stops the children rank by rank, and kills those that outlast their grace period."""
        self._stop_asked = True
        # Retiring children have their signal already, and get the stop signal, too: they must not delay the stop.
        self.add(self.retiring)
        self.retiring = []
        for _, children in groupby(self.children, key=lambda child: child.rank):
            living = [(child, child.process) for child in children if child.process is not None]
            begun = time.monotonic()
            # All are signalled before the first is waited for, so that their grace periods run at the same time.
            for child, process in living:
                process.send_signal(child.stop_signal)
            for child, process in living:
                try:
                    process.wait(max(0.0, begun + child.grace - time.monotonic()))
                except subprocess.TimeoutExpired:
                    log.warning("%s did not stop within %.0f s and was killed", child.name, child.grace)
                # Processes started by the child must not outlive it, even if it stopped in time.
                kill_session(process.pid)
                process.wait()

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> bool:
        """Runs the children until `ready` returns true. Returns False on a timeout or if a stop is requested."""
        deadline = time.monotonic() + seconds
        while not self._stop_asked and time.monotonic() < deadline:
            if ready():
                return True
            self._revive()
            self._sleep(at_most=0.02)
        return False

    def _revive(self) -> None:
        for child in self.children:
            child.notice_death()
            if child.process is None and time.monotonic() >= child.due and not self._stop_asked:
                child.start()
        for child in self.retiring.copy():
            is_late = time.monotonic() >= child.due
            if child.process is not None and (child.process.poll() is not None or is_late):
                if is_late:
                    log.warning("%s did not finish within %.0f s and was killed", child.name, child.kill_after)
                child.kill()
                child.process.wait()
                self.retiring.remove(child)

    def _sleep(self, at_most: float | None = None) -> None:
        """Waits for a signal, a request from another thread, or the time of the next restart or kill."""
        pending = [child for child in self.children if child.process is None]
        waits = [child.due - time.monotonic() for child in pending + self.retiring]
        if at_most is not None:
            waits.append(at_most)
        readable, _, _ = select.select([self._wakeup_r], [], [], max(0.0, min(waits)) if waits else None)
        if readable:
            os.read(self._wakeup_r, 4096)
