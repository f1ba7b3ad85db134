"""A client of server-sent events."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any

TIMEOUT_SECONDS = 30.0  # the machine may be busy


@dataclass
class EventStream:
    """The events received so far; `finished` is set when the connection has ended."""

    response: HTTPResponse
    events: list[tuple[str, Any]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    finished: threading.Event = field(default_factory=threading.Event)

    def read(self) -> None:
        """Reads events. Only complete events count, as for clients."""
        event, data = "", ""
        try:
            while line := self.response.readline().decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if not line.strip():
                    if event:
                        self.events.append((event, json.loads(data)))
                    event, data = "", ""
                elif not name:
                    self.comments.append(value)
                elif name == "event":
                    event = value
                elif name == "data":
                    data = value
        except (OSError, HTTPException, ValueError):
            pass  # cut, or closed by the test
        finally:
            self.finished.set()

    def until(self, *names: str) -> Any:
        """Waits for the first event with one of these names and returns its data."""
        self.wait_for(lambda: any(name in names for name, _ in self.events))
        return next(data for name, data in self.events if name in names)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not condition():
            assert time.monotonic() < deadline, self.events
            time.sleep(0.005)

    def end(self) -> tuple[str, Any]:
        """Waits until the server has closed the connection, and returns the last event."""
        assert self.finished.wait(TIMEOUT_SECONDS), self.events
        return self.events[-1]

    @property
    def descriptions(self) -> list[str]:
        return [data["description"] for name, data in self.events if name == "progress"]


@contextmanager
def opened(connection: HTTPConnection, path: str, **headers: str) -> Iterator[EventStream]:
    """Opens a stream that a thread reads for the duration of the block."""
    connection.request("GET", path, headers=headers)
    made = EventStream(connection.getresponse())
    thread = threading.Thread(target=made.read, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        if connection.sock is not None:
            connection.sock.shutdown(2)
        thread.join(TIMEOUT_SECONDS)
        made.response.close()
        connection.close()
