"""Clients that keep asking while an installation is changed under them."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

PAUSE_SECONDS = 0.02  # between two polls of a thread: the processes that are replaced need processors, too


class Traffic:
    """Requests in threads, each on a connection of its own; what was not answered with 2xx is a failure."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._stop = threading.Event()
        self.answer_count = 0
        self.failures: list[str] = []

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> bytes:
        """The body of the answer; failures are noted, and an empty one is returned."""
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)) as connection:
            try:
                connection.request(
                    method, path, body, {name.replace("_", "-"): value for name, value in headers.items()}
                )
                answer = connection.getresponse()
                found = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(f"{method} {path}: {error!r}")
                return b""
        if answer.status >= 300:
            self.failures.append(f"{method} {path}: {answer.status} {found[:200]!r}")
            return b""
        self.answer_count += 1
        return found

    def poll(self, path: str) -> None:
        """Asks until the end."""
        while not self._stop.wait(PAUSE_SECONDS):
            self.request("GET", path)

    @contextmanager
    def polling(self, *paths: str) -> Iterator[None]:
        """Polls each of these for the length of a block."""
        threads = [threading.Thread(target=self.poll, args=(path,)) for path in paths]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()
