"""A parent and its children: starts them, starts again one that dies, stops them in order."""

from __future__ import annotations

import logging
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from types import FrameType

from tachi_imports.processes import kill_session

SHORTEST_PAUSE = 0.25  # seconds before the first restart; each further one takes twice as long
LONGEST_PAUSE = 15.0
SETTLED = 60.0  # seconds after which a child counts as well again

log = logging.getLogger(__name__)


@dataclass
class Child:
    """One child. `rank` says when it stops: rank 0 first, those of one rank together."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    rank: int = 0
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0  # seconds from the stop signal to SIGKILL
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    pause: float = SHORTEST_PAUSE
    begun: float = 0.0
    due: float = 0.0  # when to start it again, of time.monotonic()

    def begin(self) -> None:
        self.begun = time.monotonic()
        self.process = self.start()

    def notice_death(self) -> None:
        """Collects a child that has died and plans its restart."""
        if self.process is None or self.process.poll() is None:
            return
        now = time.monotonic()
        self.deaths += 1
        kill_session(self.process.pid)
        if now - self.begun > SETTLED:
            self.pause = SHORTEST_PAUSE
        log.warning("%s %s; again in %.2g s", self.name, _ending(self.process.returncode), self.pause)
        self.process, self.due, self.pause = None, now + self.pause, min(self.pause * 2, LONGEST_PAUSE)

    def kill(self) -> None:
        if self.process is not None:
            kill_session(self.process.pid)


class Family:
    """Children under one parent, which has to be the main thread of its process."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self._stop_asked = False
        self._ear, self._mouth = os.pipe()
        os.set_blocking(self._mouth, False)
        os.set_blocking(self._ear, False)

    def adopt(self, children: Iterable[Child]) -> None:
        """Takes them in; they start as soon as the family is tended."""
        self.children = sorted([*self.children, *children], key=lambda child: child.rank)

    def listen(self) -> None:
        """From now on SIGTERM, SIGINT and SIGHUP ask to stop; a second one stops at once."""
        for wanted in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(wanted, self._on_stop_signal)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(self._mouth, warn_on_full_buffer=False)

    def ask_to_stop(self) -> None:
        """May be called from any thread."""
        self._stop_asked = True
        os.write(self._mouth, b"!")

    @property
    def stop_asked(self) -> bool:
        return self._stop_asked

    def tend(self, *, also: Callable[[], None] = lambda: None, every: float | None = None) -> None:
        """Keeps the children alive until someone asks to stop, and calls `also` at least each `every` seconds."""
        while not self._stop_asked:
            self._revive()
            self._sleep(at_most=every)
            also()

    def stop(self) -> None:
        """Stops them all, rank after rank."""
        self._stop_asked = True
        for _, rank in groupby(self.children, key=lambda child: child.rank):
            _stop_together([child for child in rank if child.process is not None])

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> bool:
        """Tends for a while: True once `ready`, False when time is up or a stop is asked."""
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
                child.begin()

    def _sleep(self, at_most: float | None = None) -> None:
        """Until a signal, a word from another thread, or the next restart."""
        waits = [child.due - time.monotonic() for child in self.children if child.process is None]
        if at_most is not None:
            waits.append(at_most)
        readable, _, _ = select.select([self._ear], [], [], max(0.0, min(waits)) if waits else None)
        if readable:
            os.read(self._ear, 4096)

    def _on_stop_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._stop_asked:
            for child in self.children:
                child.kill()
        self._stop_asked = True


def _stop_together(children: list[Child]) -> None:
    """Asks first, then waits: all have their grace at the same time. What remains of them is killed."""
    begun = time.monotonic()
    for child, process in _living(children):
        process.send_signal(child.stop_signal)
    for child, process in _living(children):
        try:
            process.wait(max(0.0, begun + child.grace - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("%s did not stop within %.0f s and was killed", child.name, child.grace)
        kill_session(process.pid)
        process.wait()


def _living(children: Iterable[Child]) -> Iterator[tuple[Child, subprocess.Popen[bytes]]]:
    return ((child, child.process) for child in children if child.process is not None)


def _ending(code: int) -> str:
    return f"ended with code {code}" if code >= 0 else f"was killed by {signal.Signals(-code).name}"
