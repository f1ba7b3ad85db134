"""Buffers requests and responses, so that slow clients do not occupy worker slots.

The web server passes on a body as it arrives, and a response as fast as the client reads it. So a body is received
completely before its request gets a worker slot, and a response is complete before it is sent: meanwhile the request
holds neither a slot nor a database connection. Requests over the capacity (tachi_imports/http/capacity.py) get a 503.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Never

from tachi_imports.http import capacity
from tachi_imports.http.worker_slots import WORKER_SLOT, NoFreeSlotError, Slots, WorkerSlots

log = logging.getLogger(__name__)

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
Application = Callable[[Environ, Any], Iterable[bytes]]

CHUNK_BYTES = 1 << 16  # bytes read or sent at a time
MAX_MEMORY_BYTES = 1 << 20  # bytes of a body or an answer; what is larger waits in a file
BODILESS = ("1", "204", "304")  # statuses of responses without a body and a length


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
            body = self._received(environ)
            try:
                # The slot is given back once the answer is complete: sending it, however slowly, needs no database.
                with self.worker_slots.taken(is_quick=self._is_quick(environ)) as slot:
                    environ[WORKER_SLOT] = slot
                    answer = _Response(self._application, environ)
            finally:
                if body is not None:
                    _close(body)
            return answer.sent(start_response, self.sending, client=self._client_of(environ))
        except NoFreeSlotError:
            return self._refuse(environ, start_response)

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


class _Response:
    """A complete answer, in memory or in a file without a name. Raises NoFreeSlotError on a full disk."""

    def __init__(self, application: Application, environ: Environ) -> None:
        self._is_bodiless = environ.get("REQUEST_METHOD") == "HEAD"
        self._status = ""
        self._headers: Headers = []
        self._small = b""
        self._file: IO[bytes] | None = None

        def start(status: str, headers: Headers, _exc_info: Any = None) -> None:
            # Called again after an error in the application; nothing has been sent, so the second call replaces all.
            self._status, self._headers = status, headers

        try:
            with contextlib.ExitStack() as afterwards:
                found = application(environ, start)
                if hasattr(found, "close"):
                    afterwards.callback(found.close)
                self._gather(found)
        except BaseException:
            self._drop()
            raise

    def _drop(self) -> None:
        if self._file is not None:
            _close(self._file)

    def _gather(self, answer: Iterable[bytes]) -> None:
        parts: list[bytes] = []
        size = 0
        rest = iter(answer)
        for part in rest:
            parts.append(part)
            size += len(part)
            if size > capacity.SMALL_RESPONSE_BYTES:
                break
        else:
            self._small = b"".join(parts)
            return
        self._file = SpooledTemporaryFile(max_size=MAX_MEMORY_BYTES)  # noqa: SIM115 - it is closed when it is sent
        for part in chain(parts, rest):
            # Only the writing: an OSError in the application is a bug, not a full disk.
            try:
                self._file.write(part)
            except OSError as error:
                log.warning("an answer could not be kept: %s", error)
                raise NoFreeSlotError from None

    def sent(self, start_response: Any, slots: Slots, *, client: str) -> Iterable[bytes]:
        """Returns what the web server sends. Raises NoFreeSlotError if too many long responses are being sent."""
        if self._file is None:
            start_response(self._status, self._headers)
            return [self._small]
        size = self._file.tell()
        try:
            slots.enter(client)
        except NoFreeSlotError:
            self._drop()
            raise
        if not self._is_bodiless and not self._status.startswith(BODILESS):
            named = {name.lower() for name, _ in self._headers}
            self._headers += [] if "content-length" in named else [("Content-Length", str(size))]
        start_response(self._status, self._headers)
        return _Sent(self._file, leave=lambda: slots.leave(client))


class _Sent:
    """A long response being sent. If the client is too slow it ends early, which closes the connection."""

    def __init__(self, file: IO[bytes], *, leave: Callable[[], None]) -> None:
        self._file = file
        self._leave: Callable[[], None] | None = leave

    def __iter__(self) -> Iterator[bytes]:
        begun, sent = time.monotonic(), 0
        self._file.seek(0)
        while part := self._file.read(CHUNK_BYTES):
            if time.monotonic() - begun > capacity.SEND_GRACE_SECONDS + sent / capacity.MIN_READ_BYTES_PER_SECOND:
                log.info("an answer was cut after %s bytes: its reader was too slow", sent)
                return
            yield part
            sent += len(part)

    def close(self) -> None:
        leave, self._leave = self._leave, None
        if leave is not None:
            _close(self._file)
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
