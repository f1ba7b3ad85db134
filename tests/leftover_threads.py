"""Fails the last test of a file if the file leaves a thread running, which would run during the tests of other files.

Hypothesis, for example, refuses a strategy while another thread uses `random`, no matter which test started the thread.
Tests of one file may share a thread, so threads are checked at the end of the file.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Generator

import pytest
from django.test.testcases import LiveServerThread
from redis.client import PubSubWorkerThread

GRACE_SECONDS = 10.0  # for threads that are about to end, such as those of servers whose clients have just disconnected
# One of each in a process; they wait for Redis and for Playwright's process to end, and do not use `random`.
ALLOWED = ("import notices", "asyncio-waitpid-")
# Django's own fixture ends the first. rq's workers end the second, which may take a minute to notice.
ALLOWED_KINDS = (LiveServerThread, PubSubWorkerThread, threading._DummyThread)  # Python did not start the last kind

_known: set[threading.Thread] = set()  # those of pytest's plugins, and those that have been reported
_first_seen_after: dict[threading.Thread, str] = {}


def pytest_sessionstart() -> None:
    _known.update(threading.enumerate())


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    yield
    for thread in _leftover():
        _first_seen_after.setdefault(thread, item.nodeid)
    if nextitem is not None and nextitem.path == item.path:
        return
    patience = time.monotonic() + GRACE_SECONDS
    for thread in _leftover():
        thread.join(max(0.0, patience - time.monotonic()))
    threads = _leftover()
    _known.update(threads)
    found = [_described(thread) for thread in threads]
    _first_seen_after.clear()
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def _leftover() -> list[threading.Thread]:
    return [
        thread
        for thread in threading.enumerate()
        if thread not in _known
        and thread is not threading.current_thread()
        and not thread.name.startswith(ALLOWED)
        and not isinstance(thread, ALLOWED_KINDS)
    ]


def _described(thread: threading.Thread) -> str:
    frame = sys._current_frames().get(thread.ident or 0)
    where = "".join(traceback.format_stack(frame)) if frame else ""
    since = _first_seen_after.get(thread, "the fixtures of the file")
    return f"The thread {thread.name} still runs, first seen after {since}:\n{where}"
