"""The stream process in a thread of the tests, with the tests' PostgreSQL and Redis."""

from __future__ import annotations

import asyncio
import os
import socket as sockets
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pytest

from imports.models import Import
from tachi_imports.embedded.paths import DataPaths
from tachi_imports.process.listeners import Listeners
from tachi_imports.streams import process
from tachi_imports.streams.routes import UnixConnection
from tests import people
from tests.factories import charts, queued_import, score_on
from tests.streams.event_stream import TIMEOUT_SECONDS, EventStream, opened

Open = Callable[..., AbstractContextManager[EventStream]]


@pytest.fixture
def socket(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The Unix socket of the stream process, which runs for the duration of a test."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    path = DataPaths(tmp_path).stream_socket
    loop, stop, listeners = asyncio.new_event_loop(), asyncio.Event(), Listeners()
    serving = process.serve([os.dup(listeners.unix(path))], until=_waits_for(stop))
    thread = threading.Thread(target=loop.run_until_complete, args=(serving,), daemon=True)
    thread.start()
    try:
        while not _listens(path):
            assert thread.is_alive()
        yield path
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(TIMEOUT_SECONDS)
        assert not thread.is_alive()
        loop.close()
        listeners.close()


def _listens(path: Path) -> bool:
    with sockets.socket(sockets.AF_UNIX) as probe, suppress(OSError):
        probe.connect(str(path))
        return True
    return False


async def _waits_for(stop: asyncio.Event) -> None:
    await stop.wait()


@pytest.fixture
def stream(socket: Path) -> Open:
    """Returns a function that opens the stream of an import."""
    return lambda import_id, **headers: opened(UnixConnection(socket), f"/api/v1/imports/{import_id}/stream", **headers)


@pytest.fixture
def watch(socket: Path) -> Open:
    """Returns a function that opens the stream of the workers."""
    return lambda: opened(UnixConnection(socket), "/api/v1/status/worker-stream")


@pytest.fixture
def job(transactional_db: None) -> Import:
    """A queued import."""
    return queued_import(people.alice(), score_on(charts(1)[0]))
