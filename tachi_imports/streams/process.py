"""The stream process. It listens on sockets that its parent opened, with their descriptors as arguments: a Unix
socket in DATA_DIR for the web process, and with STREAM_PORT a TCP socket for a reverse proxy.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Any

from aiohttp import web
from django.conf import settings
from redis.asyncio import Redis

from tachi_imports.process.listeners import STREAM_BACKLOG
from tachi_imports.streams.database import Database
from tachi_imports.streams.import_streams import ImportStreams
from tachi_imports.streams.notices import listen
from tachi_imports.streams.server import StreamServer
from tachi_imports.streams.worker_stream import WorkerStream

REDIS_TIMEOUT_SECONDS = 2.0
SHUTDOWN_SECONDS = 0.5
CANCEL_AGAIN_SECONDS = 0.2


def main() -> None:
    asyncio.run(serve([int(argument) for argument in sys.argv[1:]], until=_wait_for_stop_signal()))


async def serve(descriptors: Sequence[int], *, until: Coroutine[Any, Any, None]) -> None:
    """Serves streams until the coroutine ends. Streams open at that time are cut, and their clients reopen them."""
    async with Database() as database, connect() as redis:
        imports, workers = ImportStreams(database, redis), WorkerStream(database, redis)
        async with _listening(StreamServer(imports, workers).application(), descriptors):
            tasks = [imports.watch(), workers.watch(), listen(connect, imports, workers), until]
            running = [asyncio.create_task(task) for task in tasks]
            done, others = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            while others:  # redis-py swallows a cancellation while it connects
                for task in others:
                    task.cancel()
                _, others = await asyncio.wait(others, timeout=CANCEL_AGAIN_SECONDS)
            # Raises the error that ended a task: the supervisor restarts the process.
            for task in done:
                task.result()


def connect() -> Redis:
    return Redis.from_url(
        settings.REDIS_URL, socket_timeout=REDIS_TIMEOUT_SECONDS, socket_connect_timeout=REDIS_TIMEOUT_SECONDS
    )


@contextlib.asynccontextmanager
async def _listening(application: web.Application, descriptors: Sequence[int]) -> AsyncIterator[None]:
    # With cancellation, a handler ends as soon as its client closes the stream, not at the next event. Without a
    # timeout aiohttp would wait a minute for open streams when it stops.
    runner = web.AppRunner(application, handler_cancellation=True, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    # asyncio calls listen() again: with its default of 128, connections beyond that would be refused.
    sites = [
        web.SockSite(runner, socket.socket(fileno=descriptor), backlog=STREAM_BACKLOG) for descriptor in descriptors
    ]
    try:
        for site in sites:
            await site.start()
        yield
    finally:
        await runner.cleanup()


async def _wait_for_stop_signal() -> None:
    stop = asyncio.Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(wanted, stop.set)
    await stop.wait()
