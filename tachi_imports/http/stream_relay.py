"""Relays streams from their process, for installations whose reverse proxy does not connect to it directly.

Each relayed stream holds a sleeping thread, but neither a worker slot nor a database connection.
"""

from __future__ import annotations

import http.client
import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from imports import log_context
from tachi_imports.http import capacity
from tachi_imports.http.request_buffering import Application, Environ
from tachi_imports.http.worker_slots import NoFreeSlotError, Slots
from tachi_imports.streams.routes import IS_RELAYED, PROBE, STREAM_PATH, UnixConnection

log = logging.getLogger(__name__)

CHUNK_BYTES = 1 << 14
OF_THE_CONNECTION = frozenset({"connection", "date", "keep-alive", "server", "transfer-encoding"})
"""Headers that are not passed on."""


class StreamRelay:
    """A WSGI application before another. `socket`: the Unix socket of the stream process."""

    def __init__(
        self, application: Application, *, socket: Path, refuse: Application, client_of: Callable[[Environ], str]
    ) -> None:
        self._application = application
        self._socket = socket
        self._refuse = refuse
        self._client_of = client_of
        self.slots = Slots(capacity.MAX_RELAYED_STREAMS)

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if environ.get("REQUEST_METHOD") not in {"GET", "HEAD"} or not STREAM_PATH.fullmatch(path):
            return self._application(environ, start_response)
        try:
            self.slots.enter()
        except NoFreeSlotError:
            return self._refuse(environ, start_response)
        try:
            relayed = _Relayed(self._socket, environ, path, client=self._client_of(environ), leave=self.slots.leave)
        except (OSError, http.client.HTTPException) as error:
            self.slots.leave()
            log.warning("the stream process cannot be reached: %s", error, extra=log_context.REPEATED)
            return self._refuse(environ, start_response)
        start_response(relayed.status, relayed.headers)
        return relayed


class _Relayed:
    """A response being relayed."""

    _leave: Callable[[], None] | None = None

    def __init__(self, path: Path, environ: Environ, address: str, *, client: str, leave: Callable[[], None]) -> None:
        self._connection = UnixConnection(path)
        try:
            # WSGI passes on the decoded path, and a request line cannot contain every letter. The stream process limits
            # by client, and without the header the client would be this process.
            headers = {"X-Forwarded-For": client, IS_RELAYED: "true"}
            self._connection.request(environ["REQUEST_METHOD"], quote(address), headers=headers)
            self._response = self._connection.getresponse()
        except BaseException:
            self._connection.close()
            raise
        self._leave = leave
        self.status = f"{self._response.status} {self._response.reason}"
        self.headers = [each for each in self._response.getheaders() if each[0].lower() not in OF_THE_CONNECTION]

    def __iter__(self) -> Iterator[bytes]:
        """Ends when the stream process ends the response; clients then reopen the stream."""
        try:
            # read() would wait for the full number of bytes; read1() returns an event as soon as it arrives.
            while part := self._response.read1(CHUNK_BYTES):
                # The server only detects that a client is gone when it is given something to send. An empty chunk is
                # not sent.
                yield b"" if part == PROBE else part
        except (OSError, http.client.HTTPException) as error:
            log.info("a stream was aborted: %s", error)

    def close(self) -> None:
        leave, self._leave = self._leave, None
        if leave is not None:
            self._response.close()
            self._connection.close()
            leave()

    def __del__(self) -> None:  # the server drops it without close() if the client is gone
        self.close()
