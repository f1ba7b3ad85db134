"""Server-sent events as bytes, and the pending frames of an open stream."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any

import msgspec

EVENT_STREAM = "text/event-stream"
KEEPALIVE = b": keepalive\n\n"


def frame(event: str, data: Mapping[str, Any]) -> bytes:
    """Returns an event with its data as one line of JSON."""
    return b"event: %s\ndata: %s\n\n" % (event.encode(), msgspec.json.encode(data))


class Reader:
    """The pending frames of an open stream. If it reads too slowly, only the newest `limit` frames are stored."""

    __slots__ = ("_frames", "_has_ended", "_wake")

    def __init__(self, *, limit: int) -> None:
        self._frames: deque[bytes] = deque(maxlen=limit)
        self._wake = asyncio.Event()
        self._has_ended = False

    def send(self, content: bytes, *, is_last: bool = False) -> None:
        """Appends a frame. After the last one nothing is sent any more."""
        if self._has_ended:
            return
        self._has_ended = is_last
        self._frames.append(content)
        self._wake.set()

    @property
    def is_done(self) -> bool:
        """Whether the last frame has been received."""
        return self._has_ended and not self._frames

    async def receive(self, *, timeout: float) -> bytes:
        """Returns all pending frames, as soon as there are any; empty after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                await self._wake.wait()
        except TimeoutError:
            return b""
        content = b"".join(self._frames)
        self._frames.clear()
        self._wake.clear()
        return content
