"""Buffers requests and responses, so that slow clients do not occupy worker slots.

The web server passes on a body as it arrives, and a response as fast as the client reads it. So a body is received
completely before its request gets a worker slot. A response waits in memory or in a file for its reader: complete,
unless the application composes it in parts without telling its length. Then it is sent from the first part on, while
a thread composes the rest as fast as it can, however fast the client reads; that thread has the slot until the end.
So sending holds neither a slot nor a database connection. Requests over the capacity (tachi_imports/http/capacity.py)
get a 503.
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

from django.db import DEFAULT_DB_ALIAS, connections
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
MAX_MEMORY_BYTES = 1 << 20  # bytes of a body or an answer; what is larger waits in a file
BODILESS = ("1", "204", "304")  # statuses of responses without a body and a length
HTTP_10 = "HTTP/1.0"  # knows no response whose end is not told by a length


class RequestBuffer:
    """A WSGI application in front of another.

    `most`: the maximum bytes of a body; one with a larger Content-Length is not buffered. `is_quick`: whether a request
    never takes long. `refuse` responds with 503. `client_of` returns the client of a request.
    """

    def __init__(
        self,
        application: Application,
        *,
        most: int,
        refuse: Application,
        is_quick: Callable[[Environ], bool] = lambda _: False,
        client_of: Callable[[Environ], str] = lambda environ: str(environ.get("REMOTE_ADDR", "")),
        worker_slots: int = capacity.WORKER_SLOTS,
        quick_worker_slots: int = capacity.QUICK_WORKER_SLOTS,
        timeout: float = capacity.SLOT_TIMEOUT_SECONDS,
    ) -> None:
        self._application = application
        self._most = most
        self._refuse = refuse
        self._is_quick = is_quick
        self._client_of = client_of
        self.receiving = Slots(capacity.MAX_RECEIVING)
        self.worker_slots = WorkerSlots(worker_slots, for_quick=quick_worker_slots, timeout=timeout)
        self.sending = Slots(capacity.MAX_SENDING, most_of_one=capacity.MAX_SENDING_PER_CLIENT)

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        try:
            return self._respond(environ, start_response)
        except NoFreeSlotError:
            return self._refuse(environ, start_response)

    def _respond(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        with contextlib.ExitStack() as held:
            body = self._received(environ)
            if body is not None:
                held.callback(_close, body)
            # The slot is given back once the answer is complete: sending it, however slowly, needs no database.
            slot = held.enter_context(self.worker_slots.taken(is_quick=self._is_quick(environ)))
            environ[WORKER_SLOT] = slot
            answer = _Answer(self._application, environ, held)
            if not answer.is_long:
                start_response(answer.status, answer.headers)
                return [b"".join(answer.parts)]
            if answer.is_of_known_length or answer.is_bodiless or environ.get("SERVER_PROTOCOL") == HTTP_10:
                spool = answer.complete()
            else:
                spool = _Spool()
                sent = self._sent(spool, environ, is_of_known_length=False)
                _compose_elsewhere(answer, spool, slot, held.pop_all(), environ)
                start_response(answer.status, answer.headers)
                return sent
        sent = self._sent(spool, environ, is_of_known_length=True)
        if not answer.is_of_known_length and not answer.is_bodiless:
            answer.headers.append(("Content-Length", str(spool.size)))
        start_response(answer.status, answer.headers)
        return sent

    def _sent(self, spool: _Spool, environ: Environ, *, is_of_known_length: bool) -> _Sent:
        """Raises NoFreeSlotError if too many long responses are being sent."""
        client = self._client_of(environ)
        try:
            self.sending.enter(client)
        except NoFreeSlotError:
            spool.abandon()
            raise
        return _Sent(spool, leave=lambda: self.sending.leave(client), is_of_known_length=is_of_known_length)

    def _received(self, environ: Environ) -> IO[bytes] | None:
        said = environ.get("CONTENT_LENGTH", "")
        if said:
            # Anything but a plain number is left for the application to refuse; from more than 4,300 digits int() would
            # raise ValueError.
            length = int(said) if said.isdecimal() and len(said) < 16 else 0
            if length > self._most:
                return None  # it will be refused for its size, so it will not be read
        else:
            is_chunked = environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
            length = self._most if is_chunked else 0
        if not length:
            return None
        with self.receiving.entered():
            return _buffer_body(environ, length)


# --- answers ------------------------------------------------------------------------------------------------


class _Answer:
    """What an application answers: its beginning, `parts`, and what is still to be composed of one that `is_long`."""

    def __init__(self, application: Application, environ: Environ, held: contextlib.ExitStack) -> None:
        """The application's answer is closed together with `held`."""
        self.status = ""
        self.headers: Headers = []
        self.parts: list[bytes] = []
        self.is_long = False

        def start(status: str, headers: Headers, _exc_info: Any = None) -> None:
            # Called again after an error in the application; nothing has been sent, so the second call replaces all.
            self.status, self.headers = status, headers

        found = application(environ, start)
        if hasattr(found, "close"):
            held.callback(found.close)
        self._rest = iter(found)
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
        """The whole of it, in pieces that are worth being written."""
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

    def complete(self) -> _Spool:
        """Raises NoFreeSlotError on a full disk."""
        spool = _Spool()
        try:
            for piece in self.pieces():
                spool.write(piece)
        except SpoolError as error:
            spool.abandon()
            log.warning("an answer could not be kept: %s", error)
            raise NoFreeSlotError from None
        except BaseException:
            spool.abandon()
            raise
        spool.end()
        return spool


def _compose_elsewhere(
    answer: _Answer, spool: _Spool, slot: WorkerSlot, held: contextlib.ExitStack, environ: Environ
) -> None:
    """Composes an answer in a thread of its own, which has the slot and the connection of the request until the end."""
    connection = slot.leave_thread()
    thread = threading.Thread(
        target=_compose, args=(answer, spool, connection, held, environ), name="composer", daemon=True
    )
    try:
        thread.start()
    except RuntimeError:  # no more threads
        connections[DEFAULT_DB_ALIAS] = connection
        held.close()
        raise


def _compose(
    answer: _Answer, spool: _Spool, connection: BaseDatabaseWrapper, held: contextlib.ExitStack, environ: Environ
) -> None:
    connections[DEFAULT_DB_ALIAS] = connection
    is_complete = False
    with log_context.bind_request(environ.get(REQUEST_ID, "")):
        try:
            with held:
                for piece in answer.pieces():
                    if not spool.write(piece):
                        return  # nobody reads it any more
                is_complete = True
        except Exception:
            is_complete = False
            log.exception(
                "the answer to %s %s broke after %s bytes",
                environ.get("REQUEST_METHOD"),
                environ.get("PATH_INFO"),
                spool.size,
            )
        finally:
            spool.end(is_complete=is_complete)


class SpoolError(Exception):
    """There is no room for an answer."""


class BrokenAnswerError(Exception):
    """An answer ends before its end. A WSGI server that can do so breaks off the connection."""


class _Spool:
    """An answer on its way from the thread that composes it to the one that sends it, in memory or an unnamed file."""

    def __init__(self) -> None:
        self._file: IO[bytes] = SpooledTemporaryFile(max_size=MAX_MEMORY_BYTES)  # noqa: SIM115 - `abandon` closes it
        self._changed = threading.Condition()
        self.size = 0
        self._has_ended = False
        self._is_complete = False
        self._is_abandoned = False

    def write(self, piece: bytes) -> bool:
        """Returns whether anybody still wants it. Raises SpoolError on a full disk."""
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
        """Nothing more comes."""
        with self._changed:
            self._has_ended, self._is_complete = True, is_complete
            self._changed.notify()

    def read(self, position: int) -> bytes:
        """Waits for what follows; nothing at the end. Raises BrokenAnswerError where the rest could not be composed."""
        with self._changed:
            self._changed.wait_for(lambda: self.size > position or self._has_ended)
            if self.size > position:
                self._file.seek(position)
                return self._file.read(CHUNK_BYTES)
            if not self._is_complete:
                raise BrokenAnswerError(f"after {position} bytes")
            return b""

    def abandon(self) -> None:
        """Nobody reads it any more."""
        with self._changed:
            self._is_abandoned = True
            _close(self._file)


class _Sent:
    """A long response being sent. If the client is too slow it ends early.

    Where the client was told the length, that closes the connection.
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
            # Only the time in which the client was waited for: it may have to wait for us, too.
            waited += time.monotonic() - begun
            sent += len(part)
            if waited > capacity.SEND_GRACE_SECONDS + sent / capacity.MIN_READ_BYTES_PER_SECOND:
                log.info("an answer was cut after %s bytes: its reader was too slow", sent)
                if self._is_of_known_length:
                    return
                raise BrokenAnswerError(f"after {sent} bytes")

    def close(self) -> None:
        leave, self._leave = self._leave, None
        if leave is not None:
            self._spool.abandon()
            leave()

    def __del__(self) -> None:  # the server forgets one that nobody wants any more
        self.close()


# --- bodies -------------------------------------------------------------------------------------------------


class _UnreadableBody:
    """Replaces a body that could not be stored: reading it raises the same error."""

    def __init__(self, error: OSError) -> None:
        self._error = error

    def read(self, _size: int = -1) -> Never:
        raise self._error

    readline = read


def _buffer_body(environ: Environ, length: int) -> IO[bytes] | None:
    """Replaces the body by a buffered one, as far as it arrives; None if it could not be stored."""
    source = environ["wsgi.input"]
    if length <= CHUNK_BYTES:
        environ["wsgi.input"] = BytesIO(source.read(length))
        return None  # nothing to let go of
    body: IO[bytes] = SpooledTemporaryFile(max_size=MAX_MEMORY_BYTES)  # noqa: SIM115 - it goes with the answer
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
    # A chunked body came without a length, and Django takes a request without one for empty.
    environ["CONTENT_LENGTH"] = environ.get("CONTENT_LENGTH") or str(size)
    return body


def _close(body: IO[bytes]) -> None:
    with contextlib.suppress(OSError):  # what a full disk could not take
        body.close()
