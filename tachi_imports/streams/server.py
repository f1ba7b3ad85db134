"""The HTTP server: two paths with responses that last for minutes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from itertools import cycle, repeat

from aiohttp import web

from imports.api.core.exceptions import APIError, EndpointNotFound
from imports.api.core.middleware import CORS, EXPOSE_HEADERS
from imports.api.core.renderers import JSON, encode
from imports.formats.text import storable
from tachi_imports.streams.admission import Admission, client_of, throttle
from tachi_imports.streams.frames import EVENT_STREAM, KEEPALIVE, Reader
from tachi_imports.streams.import_streams import ImportStreams, failed
from tachi_imports.streams.routes import IS_RELAYED, OPEN_STREAMS_PATH, PROBE, STREAM_PATH
from tachi_imports.streams.worker_stream import WorkerStream

log = logging.getLogger(__name__)

KEEPALIVE_SECONDS = 25.0
PROBE_SECONDS = 3.0  # after which the web detects that the client of a relayed stream is gone
LIFETIME_SECONDS = 600.0
WRITE_SECONDS = 30.0  # in which a client must read pending data
TIMED_OUT = failed("Import timed out waiting for the worker.")

COMMON_HEADERS = {**CORS, **EXPOSE_HEADERS, "X-Content-Type-Options": "nosniff"}
STREAM_HEADERS = {
    **COMMON_HEADERS,
    "Content-Type": EVENT_STREAM,
    "Cache-Control": "no-cache",
    "Connection": "keep-alive",
    "X-Accel-Buffering": "no",  # disables nginx's buffering
}


class StreamServer:
    """Handles requests for streams."""

    def __init__(self, imports: ImportStreams, workers: WorkerStream) -> None:
        self._imports = imports
        self._workers = workers
        self._admission = Admission()

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._respond)
        return application

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        if request.path == OPEN_STREAMS_PATH:
            return web.json_response({"imports": self._imports.count, "workers": self._workers.count})
        if request.method == "OPTIONS":
            return web.Response(headers=COMMON_HEADERS)
        match = STREAM_PATH.fullmatch(request.path)
        try:
            if match is None or request.method not in {"GET", "HEAD"}:
                raise EndpointNotFound
            client = client_of(request)
            headers = {**STREAM_HEADERS, **await throttle(client)}
            if request.method == "HEAD":
                return web.Response(headers=headers)
            with self._admission.entered(client):
                if match["import_id"] is None:
                    with self._workers.subscribe() as reader:
                        return await _stream(request, reader, headers)
                with self._imports.subscribe(str(storable(match["import_id"]))) as reader:
                    return await _stream(request, reader, headers, farewell=TIMED_OUT)
        except APIError as error:
            headers = {**COMMON_HEADERS, "Cache-Control": "no-store", **error.headers}
            return web.Response(body=encode(error.envelope), status=error.status, headers=headers, content_type=JSON)


async def _stream(
    request: web.Request, reader: Reader, headers: Mapping[str, str], *, farewell: bytes = b""
) -> web.StreamResponse:
    """Sends the reader's frames until the last one or the time limit; cancelled when the client is gone."""
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    now = asyncio.get_running_loop().time
    end = now() + LIFETIME_SECONDS
    every = KEEPALIVE_SECONDS
    silence: Iterator[bytes] = repeat(KEEPALIVE)
    if IS_RELAYED in request.headers:
        probes = int(KEEPALIVE_SECONDS // PROBE_SECONDS) - 1
        every, silence = PROBE_SECONDS, cycle([*repeat(PROBE, probes), KEEPALIVE])
    while not reader.is_done and (left := end - now()) > 0:
        content = await reader.receive(timeout=min(every, left))
        # write() waits while the client does not read, and would otherwise bypass the loop's time limit.
        async with asyncio.timeout(WRITE_SECONDS):
            await response.write(content or next(silence))
    if not reader.is_done:
        async with asyncio.timeout(WRITE_SECONDS):
            await response.write(farewell)
    await response.write_eof()
    return response
