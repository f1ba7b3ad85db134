"""The open streams of imports and their events."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from imports import log_context
from imports.access.failure_reasons import CANCELLED, public_reason
from imports.api.core.endpoints import Tag, endpoint
from imports.api.core.exceptions import IMPORT_REVERTED
from imports.models import State
from imports.pipeline.progress import Snapshot, key_of, ongoing_facts, queued_facts, snapshot_facts
from tachi_imports.streams.database import DATABASE_ERRORS, Database, ImportStatus
from tachi_imports.streams.exceptions import REFUSALS
from tachi_imports.streams.frames import EVENT_STREAM, Reader, frame

log = logging.getLogger(__name__)

POLL_INTERVAL_SECONDS = 2.0  # of all followed imports, as notices may get lost
RETRY_SECONDS = 0.5  # while PostgreSQL is unavailable

DONE = frame("done", {})


def failed(description: str) -> bytes:
    return frame("import:failed", {"description": description})


class _Topic:
    """An import with its readers and the last event, which later readers receive immediately."""

    def __init__(self) -> None:
        self.readers: set[Reader] = set()
        self.last = b""
        self.is_known = False  # checks and retries of orphans also write progress, which is not public
        self._reached = (0, 0)
        self._percent = 0

    def show(self, snapshot: Snapshot) -> None:
        """Sends the progress of a worker, unless it is older than the last event."""
        reached = (snapshot.attempt, snapshot.percent)
        if reached >= self._reached:
            self._reached = reached
            self.send_progress(snapshot_facts(snapshot))

    def send_progress(self, progress: dict[str, Any]) -> None:
        # After its worker died, an import waits for its next attempt, which starts at zero: the bar must not go back.
        self._percent = max(self._percent, progress["percent"])
        content = frame("progress", {**progress, "percent": self._percent})
        if content != self.last:
            self.last = content
            self._send(content)

    def end(self, content: bytes) -> None:
        self._send(content, is_last=True)

    def _send(self, content: bytes, *, is_last: bool = False) -> None:
        for reader in self.readers:
            reader.send(content, is_last=is_last)


class ImportStreams:
    """All open streams of imports. `watch` updates them."""

    def __init__(self, database: Database, redis: Redis) -> None:
        self._database = database
        self._redis = redis
        self._topics: dict[str, _Topic] = {}
        self._wanted: set[str] = set()
        self._wake = asyncio.Event()

    @endpoint(
        id="streamImport",
        tag=Tag.IMPORTS,
        returns=None,
        message="",
        files=(EVENT_STREAM,),
        raises=REFUSALS,
        is_stream=True,
    )
    @contextlib.contextmanager
    def subscribe(self, import_id: str) -> Iterator[Reader]:
        """Streams the progress of an import as server-sent events.

        Events: `progress` with the `progress` object of `poll-status`, `description` first; finally `done` with `{}`,
        or `import:failed` with `{description}`, as polled without a token. The latest event is sent when the stream
        opens. The stream of an unknown import waits for it. After at most 25 seconds without an event a `: keepalive`
        comment is sent. The stream closes after at most ten minutes.
        """
        # Registered for notices before the import is read, so that no event is lost in between.
        # Only the newest progress matters: frames that a slow reader has not received are replaced.
        reader = Reader(limit=1)
        topic = self._topics.setdefault(import_id, _Topic())
        topic.readers.add(reader)
        if topic.last:
            reader.send(topic.last)
        self.on_change(import_id)
        try:
            yield reader
        finally:
            topic.readers.discard(reader)
            if not topic.readers:
                self._topics.pop(import_id, None)

    @property
    def count(self) -> int:
        return sum(len(topic.readers) for topic in self._topics.values())

    def on_reconnect(self) -> None:
        self._want(self._topics)

    def on_change(self, import_id: str) -> None:
        self._want((import_id,))

    def on_progress(self, import_id: str, content: bytes) -> None:
        topic = self._topics.get(import_id)
        if topic is not None and topic.is_known and (snapshot := _decoded(content)) is not None:
            topic.show(snapshot)

    def _want(self, import_ids: Iterable[str]) -> None:
        """Schedules a check of those of these imports that are followed."""
        self._wanted |= self._topics.keys() & set(import_ids)
        if self._wanted:
            self._wake.set()

    async def watch(self) -> None:
        """Runs forever: checks all imports that are due, in one statement at a time."""
        while True:
            try:
                async with asyncio.timeout(POLL_INTERVAL_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                self.on_reconnect()
            # Before the check: notices during it start the next round.
            self._wake.clear()
            wanted, self._wanted = self._wanted, set()
            try:
                await self._send_changes(wanted)
            except DATABASE_ERRORS as error:
                log.warning("streams: the database is not available: %s", error, extra=log_context.REPEATED)
                # Nothing has been sent about these yet.
                self._want(wanted)
                await asyncio.sleep(RETRY_SECONDS)

    async def _send_changes(self, import_ids: set[str]) -> None:
        if not import_ids:
            return
        import_statuses = await self._database.import_statuses(import_ids)
        written = await self._written([each.import_id for each in import_statuses if each.state == State.RUNNING])
        for status in import_statuses:
            topic = self._topics.get(status.import_id)
            if topic is not None:
                _send_status(topic, status, written.get(status.import_id))

    async def _written(self, import_ids: list[str]) -> dict[str, Snapshot]:
        """Returns the progress last written by workers; empty while Redis is down."""
        if not import_ids:
            return {}
        try:
            values = await self._redis.mget([key_of(import_id) for import_id in import_ids])
        except (RedisError, OSError):
            return {}
        decoded = ((import_id, _decoded(content)) for import_id, content in zip(import_ids, values, strict=True))
        return {import_id: snapshot for import_id, snapshot in decoded if snapshot is not None}


def _decoded(content: bytes | str | None) -> Snapshot | None:
    """Decodes a worker's progress; None if another release wrote it in another format."""
    try:
        return msgspec.json.decode(content, type=Snapshot) if content else None
    except msgspec.MsgspecError:
        return None


def _send_status(topic: _Topic, status: ImportStatus, written: Snapshot | None) -> None:
    topic.is_known = True
    match status.state:
        case State.QUEUED:
            topic.send_progress(queued_facts(queuePosition=status.position or 0))
        case State.RUNNING if written is not None and written.attempt >= status.attempts:
            topic.show(written)
        case State.RUNNING if written is not None or not topic.last:  # the bar must not go back if Redis was emptied
            topic.send_progress(ongoing_facts(written, attempts=status.attempts))
        case State.COMPLETED:
            topic.end(DONE)
        case State.FAILED:
            topic.end(failed(public_reason(status.message, time_finished=status.time_finished)))
        case State.CANCELLED:
            topic.end(failed(CANCELLED))
        case State.REVERTED:
            topic.end(failed(IMPORT_REVERTED))
