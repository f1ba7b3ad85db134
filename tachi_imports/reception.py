"""Takes a request's body in before the request gets one of the few places at which Django works.

The web server hands out a body as it comes in, and whoever reads it waits for its sender. So there are many threads to
wait in, which cost little, and few places to work at, each with a connection to the database, which is lent to the
thread whose turn it is. Without this two slow senders would keep everybody else waiting.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from queue import SimpleQueue
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Never

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]
Places = SimpleQueue[BaseDatabaseWrapper]

PLACES = 2
"""The second answers polls while the first waits for the database (a large revert). More gain nothing, as Python runs
one at a time, and each keeps a connection."""

PIECE = 1 << 16  # bytes read at a time
IN_MEMORY = 1 << 20  # bytes of a body; what is larger waits in a file


class Reception:
    """A WSGI application in front of another. `most`: bytes of a body; one that says it is larger is not taken in."""

    def __init__(self, application: Application, *, most: int, places: int = PLACES) -> None:
        self._application = application
        self._most = most
        self._places: Places = SimpleQueue()
        for _ in range(places):
            connection = connections.create_connection(DEFAULT_DB_ALIAS)
            connection.inc_thread_sharing()  # one thread after another, never two at a time
            self._places.put(connection)

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        length = _expected(environ, most=self._most)
        body = _take_in(environ, length) if length else None
        return _Answer(self._application, environ, start_response, places=self._places, body=body)


class _Answer:
    """Keeps its place until all is sent, or nobody wants it any more: then the server closes it, or forgets it."""

    def __init__(
        self,
        application: Application,
        environ: Environ,
        start_response: Any,
        *,
        places: Places,
        body: IO[bytes] | None,
    ) -> None:
        self._places: Places | None = places
        self._body = body
        self._connection = places.get()
        connections[DEFAULT_DB_ALIAS] = self._connection
        try:
            self._answer = application(environ, start_response)
        except BaseException:
            self._leave()
            raise

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._answer)

    def close(self) -> None:
        try:
            if hasattr(self._answer, "close"):
                self._answer.close()
        finally:
            self._leave()

    def __del__(self) -> None:
        self._leave()

    def _leave(self) -> None:
        places, self._places = self._places, None
        if places is None:
            return
        if self._connection in connections.all(initialized_only=True):  # what was forgotten, another thread may find
            del connections[DEFAULT_DB_ALIAS]
        places.put(self._connection)
        if self._body is not None:
            _close(self._body)


class _NoRoom:
    """In place of a body that could not be kept: reading it fails as keeping it did."""

    def __init__(self, error: OSError) -> None:
        self._error = error

    def read(self, _size: int = -1) -> Never:
        raise self._error

    readline = read


def _expected(environ: Environ, *, most: int) -> int:
    """How many bytes to take in at most; 0 where there is no body, or one that nobody will want to read."""
    said = environ.get("CONTENT_LENGTH", "")
    if said:
        return int(said) if said.isdecimal() and len(said) < 16 and int(said) <= most else 0
    return most if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked" else 0


def _take_in(environ: Environ, length: int) -> IO[bytes] | None:
    """Puts the body, as far as it comes, in the place of the one that is still to come; None where it has no room."""
    source = environ["wsgi.input"]
    if length <= PIECE:
        environ["wsgi.input"] = BytesIO(source.read(length))
        return None  # nothing to let go of
    body: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - it goes with the answer
    try:
        size = _copy(source, body, length)
        body.seek(0)
    except OSError as error:
        _close(body)
        environ["wsgi.input"] = _NoRoom(error)
        return None
    environ["wsgi.input"] = body
    environ["CONTENT_LENGTH"] = environ.get("CONTENT_LENGTH") or str(size)
    return body


def _close(body: IO[bytes]) -> None:
    with contextlib.suppress(OSError):  # what a full disk could not take
        body.close()


def _copy(source: IO[bytes], target: IO[bytes], most: int) -> int:
    """Returns how many bytes came."""
    size = 0
    while size < most and (part := source.read(min(PIECE, most - size))):
        size += target.write(part)
    return size
