"""Buffers requests and responses, so that slow clients do not occupy worker slots.

The web server passes on a body as it arrives, and a response as fast as the client reads it. A body is therefore
received completely before its request gets a worker slot. A response is buffered in memory or in a file until it is
read: complete, unless the application composes it in parts without a Content-Length. Then sending starts with the first
part, while a thread composes the rest as fast as it can, however fast the client reads. That thread has the connection
of the request until the end, but not its slot: other requests never wait for such documents. Sending holds neither a
slot nor a database connection. Requests over the capacity (tachi_imports/http/capacity.py) get a 503.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Never

from django.db.backends.base.base import BaseDatabaseWrapper

from imports import log_context
from tachi_imports.http import capacity
from tachi_imports.http.worker_slots import WORKER_SLOT, NoFreeSlotError, Slots, WorkerSlot, WorkerSlots
from tachi_imports.monitoring.logs import REQUEST_ID

log = logging.getLogger(__name__)

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
Application = Callable[[Environ, Any], Iterable[bytes]]

CHUNK_BYTES = 1 << 16  # bytes read or sent at a time
MAX_MEMORY_BYTES = 1 << 20  # bytes of a body or a response; larger ones are buffered in a file
BODILESS = ("1", "204", "304")  # statuses of responses without a body and a length
HTTP_10 = "HTTP/1.0"  # has no responses of unknown length on a connection that stays open


class RequestBuffer:
    """A WSGI application before another.

    `max_bytes`: the maximum bytes of a body; a body with a larger Content-Length is not buffered. `is_quick`: whether a
    request never takes long. `refuse` responds with 503. `client_of` returns the client of a request.
    """

    def __init__(
        self,
        application: Application,
        *,
        max_bytes: int,
        refuse: Application,
        is_quick: Callable[[Environ], bool] = lambda _: False,
        client_of: Callable[[Environ], str] = lambda environ: str(environ.get("REMOTE_ADDR", "")),
        worker_slots: int = capacity.WORKER_SLOTS,
        quick_worker_slots: int = capacity.QUICK_WORKER_SLOTS,
        timeout: float = capacity.SLOT_TIMEOUT_SECONDS,
    ) -> None:
        self._application = application
        self._max_bytes = max_bytes
        self._refuse = refuse
        self._is_quick = is_quick
        self._client_of = client_of
        self.receiving = Slots(capacity.MAX_RECEIVING)
        self.worker_slots = WorkerSlots(
            worker_slots, for_quick=quick_worker_slots, timeout=timeout, for_documents=capacity.MAX_DOCUMENTS
        )
        self.sending = Slots(capacity.MAX_SENDING, most_of_one=capacity.MAX_SENDING_PER_CLIENT)

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        try:
            return self._respond(environ, start_response)
        except NoFreeSlotError:
            return self._refuse(environ, start_response)

    def _respond(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        with contextlib.ExitStack() as resources:
            body = self._received(environ)
            if body is not None:
                resources.callback(_close, body)
            # The slot is given up when the response is complete: sending it, however slowly, needs no database.
            slot = resources.enter_context(self.worker_slots.taken(is_quick=self._is_quick(environ)))
            environ[WORKER_SLOT] = slot
            response = _Response(self._application, environ, resources)
            if not response.is_long:
                start_response(response.status, response.headers)
                return [b"".join(response.parts)]
            if response.is_of_known_length or response.is_bodiless:
                spool = response.spool_all()
            elif environ.get("SERVER_PROTOCOL") == HTTP_10:
                with self.worker_slots.composing(slot.leave_to_document()), resources:
                    spool = response.spool_all()
            else:
                spool = _Spool()
                sent = self._sent(spool, environ, is_of_known_length=False)
                try:
                    self._compose_elsewhere(response, spool, slot, resources, environ)
                except BaseException:
                    sent.close()
                    raise
                start_response(response.status, response.headers)
                return sent
        sent = self._sent(spool, environ, is_of_known_length=True)
        if not response.is_of_known_length and not response.is_bodiless:
            response.headers.append(("Content-Length", str(spool.size)))
        start_response(response.status, response.headers)
        return sent

    def _sent(self, spool: _Spool, environ: Environ, *, is_of_known_length: bool) -> _Sent:
        """Returns a response to be sent. Raises NoFreeSlotError if too many long responses are being sent."""
        client = self._client_of(environ)
        try:
            self.sending.enter(client)
        except NoFreeSlotError:
            spool.abandon()
            raise
        return _Sent(spool, leave=lambda: self.sending.leave(client), is_of_known_length=is_of_known_length)

    def _compose_elsewhere(
        self, response: _Response, spool: _Spool, slot: WorkerSlot, resources: contextlib.ExitStack, environ: Environ
    ) -> None:
        """Composes a response in a separate thread. Raises NoFreeSlotError if too many responses wait for that."""
        connection = slot.leave_to_document()
        rest = resources.pop_all()
        thread = threading.Thread(
            target=self._compose, args=(response, spool, connection, rest, environ), name="composer", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:  # no more threads
            with self.worker_slots.composing(connection):
                rest.close()
            raise

    def _compose(
        self,
        response: _Response,
        spool: _Spool,
        connection: BaseDatabaseWrapper,
        resources: contextlib.ExitStack,
        environ: Environ,
    ) -> None:
        is_complete = False
        with log_context.bind_request(environ.get(REQUEST_ID, "")):
            try:
                with self.worker_slots.composing(connection), resources:
                    for piece in response.pieces():
                        if not spool.write(piece):
                            return  # the client has stopped reading
                    is_complete = True
            except Exception:
                is_complete = False
                log.exception(
                    "the response to %s %s failed after %s bytes",
                    environ.get("REQUEST_METHOD"),
                    environ.get("PATH_INFO"),
                    spool.size,
                )
            finally:
                spool.end(is_complete=is_complete)

    def _received(self, environ: Environ) -> IO[bytes] | None:
        given_length = environ.get("CONTENT_LENGTH", "")
        if given_length:
            # Invalid numbers are left for the application to refuse; from more than 4,300 digits int() would raise
            # ValueError.
            length = int(given_length) if given_length.isdecimal() and len(given_length) < 16 else 0
            if length > self._max_bytes:
                return None  # the application refuses it without reading it
        else:
            is_chunked = environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
            length = self._max_bytes if is_chunked else 0
        if not length:
            return None
        with self.receiving.entered():
            return _buffer_body(environ, length)


# --- responses ------------------------------------------------------------------------------------------------


class _Response:
    """A response of an application: the beginning in `parts`, and if it `is_long` a rest that is not composed yet."""

    def __init__(self, application: Application, environ: Environ, resources: contextlib.ExitStack) -> None:
        """The application's iterable is closed together with `resources`."""
        self.status = ""
        self.headers: Headers = []
        self.parts: list[bytes] = []
        self.is_long = False

        def start(status: str, headers: Headers, _exc_info: Any = None) -> None:
            # Called again after an error in the application; as nothing has been sent, the second call replaces all.
            self.status, self.headers = status, headers

        iterable = application(environ, start)
        if hasattr(iterable, "close"):
            resources.callback(iterable.close)
        self._rest = iter(iterable)
        size = 0
        for part in self._rest:
            self.parts.append(part)
            size += len(part)
            if size > capacity.SMALL_RESPONSE_BYTES:
                self.is_long = True
                break
        self.is_bodiless = environ.get("REQUEST_METHOD") == "HEAD" or self.status.startswith(BODILESS)

    @property
    def is_of_known_length(self) -> bool:
        return any(name.lower() == "content-length" for name, _ in self.headers)

    def pieces(self) -> Iterator[bytes]:
        """Yields the complete response in pieces of at least CHUNK_BYTES."""
        parts, self.parts = self.parts, []
        size = sum(map(len, parts))
        if size > CHUNK_BYTES:
            yield b"".join(parts)
            parts, size = [], 0
        for part in self._rest:
            parts.append(part)
            size += len(part)
            if size >= CHUNK_BYTES:
                yield b"".join(parts)
                parts, size = [], 0
        yield b"".join(parts)

    def spool_all(self) -> _Spool:
        """Returns a spool with the complete response. Raises NoFreeSlotError on a full disk."""
        spool = _Spool()
        try:
            for piece in self.pieces():
                spool.write(piece)
        except SpoolError as error:
            spool.abandon()
            log.warning("a response could not be buffered: %s", error)
            raise NoFreeSlotError from None
        except BaseException:
            spool.abandon()
            raise
        spool.end()
        return spool


class SpoolError(Exception):
    """A response cannot be stored."""


class BrokenResponseError(Exception):
    """A response ends prematurely. WSGI servers that can do so abort the connection."""


class _Spool:
    """A response between the thread that composes it and the one that sends it, in memory or an unnamed file."""

    def __init__(self) -> None:
        self._file: IO[bytes] = SpooledTemporaryFile(max_size=MAX_MEMORY_BYTES)  # noqa: SIM115 - `abandon` closes it
        self._changed = threading.Condition()
        self.size = 0
        self._has_ended = False
        self._is_complete = False
        self._is_abandoned = False

    def write(self, piece: bytes) -> bool:
        """Returns whether the client still reads. Raises SpoolError on a full disk."""
        with self._changed:
            if self._is_abandoned:
                return False
            try:
                self._file.seek(0, os.SEEK_END)
                self._file.write(piece)
            except OSError as error:
                raise SpoolError(str(error)) from error
            self.size += len(piece)
            self._changed.notify()
            return True

    def end(self, *, is_complete: bool = True) -> None:
        """Marks the end of the response."""
        with self._changed:
            self._has_ended, self._is_complete = True, is_complete
            self._changed.notify()

    def read(self, position: int) -> bytes:
        """Waits for the next bytes and returns them; empty at the end. Raises BrokenResponseError after a failure."""
        with self._changed:
            self._changed.wait_for(lambda: self.size > position or self._has_ended)
            if self.size > position:
                self._file.seek(position)
                return self._file.read(CHUNK_BYTES)
            if not self._is_complete:
                raise BrokenResponseError(f"after {position} bytes")
            return b""

    def abandon(self) -> None:
        """Discards the response, as the client has stopped reading."""
        with self._changed:
            self._is_abandoned = True
            _close(self._file)


class _Sent:
    """A long response being sent. It ends early if the client is too slow.

    If the response has a Content-Length, ending early closes the connection.
    """

    def __init__(self, spool: _Spool, *, leave: Callable[[], None], is_of_known_length: bool) -> None:
        self._spool = spool
        self._is_of_known_length = is_of_known_length
        self._leave: Callable[[], None] | None = leave

    def __iter__(self) -> Iterator[bytes]:
        sent, waited = 0, 0.0
        while part := self._spool.read(sent):
            begun = time.monotonic()
            yield part
            # Only the time spent waiting for the client: composing takes time, too.
            waited += time.monotonic() - begun
            sent += len(part)
            if waited > capacity.SEND_GRACE_SECONDS + sent / capacity.MIN_READ_BYTES_PER_SECOND:
                log.info("a response was aborted after %s bytes: the reader was too slow", sent)
                if self._is_of_known_length:
                    return
                raise BrokenResponseError(f"after {sent} bytes")

    def close(self) -> None:
        leave, self._leave = self._leave, None
        if leave is not None:
            self._spool.abandon()
            leave()

    def __del__(self) -> None:  # the server drops it without close() if the client is gone
        self.close()


# --- bodies -------------------------------------------------------------------------------------------------


class _UnreadableBody:
    """A substitute for a body that could not be stored: reading it raises the same error."""

    def __init__(self, error: OSError) -> None:
        self._error = error

    def read(self, _size: int = -1) -> Never:
        raise self._error

    readline = read


def _buffer_body(environ: Environ, length: int) -> IO[bytes] | None:
    """Replaces the body by a buffered one, as far as it arrives. Returns the file to be closed, if any."""
    source = environ["wsgi.input"]
    if length <= CHUNK_BYTES:
        environ["wsgi.input"] = BytesIO(source.read(length))
        return None  # nothing to close
    body: IO[bytes] = SpooledTemporaryFile(max_size=MAX_MEMORY_BYTES)  # noqa: SIM115 - closed with the response
    size = 0
    try:
        while size < length and (part := source.read(min(CHUNK_BYTES, length - size))):
            size += body.write(part)
        body.seek(0)
    except OSError as error:
        _close(body)
        environ["wsgi.input"] = _UnreadableBody(error)
        return None
    environ["wsgi.input"] = body
    # A chunked body has no length, and Django treats a request without one as empty.
    environ["CONTENT_LENGTH"] = environ.get("CONTENT_LENGTH") or str(size)
    return body


def _close(body: IO[bytes]) -> None:
    with contextlib.suppress(OSError):  # buffered data that a full disk cannot store
        body.close()
