"""Fails the last test of a file whose tests leave a thread running, which would go on beside the tests of other files.

Hypothesis, for example, refuses a strategy beside which another thread draws from `random`, whoever started the thread.
Threads may outlive a test that shares them with others of its file, so only the end of a file counts.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Generator

import pytest
from django.test.testcases import LiveServerThread

GRACE_SECONDS = 10.0  # for threads that are about to end: of servers whose clients have just gone
ALLOWED = ("import notices",)  # one in each process, which waits for Redis

_first_seen_after: dict[threading.Thread, str] = {}
_before_any_test = frozenset(threading.enumerate())  # pytest-xdist's


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    yield
    for thread in _leftover():
        _first_seen_after.setdefault(thread, item.nodeid)
    if nextitem is None or nextitem.path != item.path:
        threads, patience = _leftover(), time.monotonic() + GRACE_SECONDS
        for thread in threads:
            thread.join(max(0.0, patience - time.monotonic()))
        if any(thread.is_alive() for thread in threads):
            pytest.fail("\n".join(map(_described, filter(threading.Thread.is_alive, threads))), pytrace=False)
        _first_seen_after.clear()


def _leftover() -> list[threading.Thread]:
    return [
        thread
        for thread in threading.enumerate()
        if thread not in _before_any_test
        and thread is not threading.current_thread()
        and thread.name not in ALLOWED
        and not isinstance(thread, LiveServerThread)
    ]


def _described(thread: threading.Thread) -> str:
    frame = sys._current_frames().get(thread.ident or 0)
    where = "".join(traceback.format_stack(frame)) if frame else ""
    return f"{thread.name} was left running, first seen after {_first_seen_after[thread]}:\n{where}"
