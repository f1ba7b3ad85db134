"""The stream of the workers' activity: running and ended imports, and the number of waiting ones."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError
from rq.worker_registration import REDIS_WORKER_KEYS

from imports import log_context
from imports.api.core.endpoints import Tag, endpoint
from imports.models import State
from tachi_imports.streams.database import DATABASE_ERRORS, Activity, Database
from tachi_imports.streams.exceptions import REFUSALS
from tachi_imports.streams.frames import EVENT_STREAM, Reader, frame

log = logging.getLogger(__name__)

POLL_INTERVAL_SECONDS = 1.0
AT_MOST_EVERY_SECONDS = 0.1  # however many imports begin and end
MAX_FRAMES = 400  # by which a reader may be behind
MAX_ENDED = 500  # imports checked together; further ones are not reported


class WorkerStream:
    """The open streams of the workers' activity. Without readers nothing is queried."""

    def __init__(self, database: Database, redis: Redis) -> None:
        self._database = database
        self._redis = redis
        self._readers: set[Reader] = set()
        self._new_readers: set[Reader] = set()
        self._wake = asyncio.Event()
        self._ended: set[str] = set()
        self._active: dict[str, Activity] = {}
        self._depth: int | None = None

    @endpoint(
        id="streamWorkers",
        tag=Tag.INSTANCE,
        returns=None,
        message="",
        files=(EVENT_STREAM,),
        raises=REFUSALS,
        is_stream=True,
    )
    @contextlib.contextmanager
    def subscribe(self) -> Iterator[Reader]:
        """Streams the activity of the workers as server-sent events.

        Events: `snapshot` with `{activeJobs, queueDepth, workerCount}`, then `job:start`, `job:done` and `queue:depth`.
        After at most 25 seconds without an event a `: keepalive` comment is sent. The stream closes after at most ten
        minutes.
        """
        reader = Reader(limit=MAX_FRAMES)
        self._new_readers.add(reader)
        self._wake.set()
        try:
            yield reader
        finally:
            self._readers.discard(reader)
            self._new_readers.discard(reader)

    @property
    def count(self) -> int:
        return len(self._readers) + len(self._new_readers)

    def on_reconnect(self) -> None:
        self._wake.set()

    def on_progress(self, import_id: str, content: bytes) -> None:  # noqa: ARG002 - only the import matters
        # Progress of an import that is already known changes nothing here.
        if self.count and import_id not in self._active:
            self._wake.set()

    def on_change(self, import_id: str) -> None:
        if self.count and len(self._ended) < MAX_ENDED:
            self._ended.add(import_id)
            self._wake.set()

    async def watch(self) -> None:
        """Runs forever: while there are readers, sends them changes."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_INTERVAL_SECONDS if self.count else None):
                    await self._wake.wait()
            self._wake.clear()
            if self.count:
                try:
                    await self._send_changes()
                except DATABASE_ERRORS as error:
                    log.warning("streams: the database is not available: %s", error, extra=log_context.REPEATED)
                    await asyncio.sleep(POLL_INTERVAL_SECONDS)
            else:
                # Nothing is followed without readers: the next reader starts with the state at that time.
                self._active, self._depth = {}, None
                self._ended.clear()
            await asyncio.sleep(AT_MOST_EVERY_SECONDS)

    async def _send_changes(self) -> None:
        """Sends started and ended imports. Active imports that no longer run have ended, with or without a notice."""
        ended = set(self._ended)
        rows, depth = await self._database.activity(ended | self._active.keys())
        active = {each.import_id: each for each in rows if each.state == State.RUNNING}
        for each in rows:
            if each.import_id not in self._active and each.time_started:
                self._send_event("job:start", {"type": "job:start", **_identity(each)})
            if each.import_id not in active and each.time_started:
                begun, ended_at = _milliseconds(each.time_started), _milliseconds(each.time_finished)
                result = {
                    "type": "job:done",
                    "jobId": each.import_id,
                    # Never negative, as the clocks of two machines may have written these times.
                    "durationMs": None if begun is None or ended_at is None else max(0, ended_at - begun),
                    "success": each.state == State.COMPLETED,
                }
                self._send_event("job:done", result)
        if depth != self._depth:
            self._send_event("queue:depth", {"queueDepth": depth})
        self._ended -= ended
        self._active, self._depth = active, depth
        if self._new_readers:
            await self._welcome()

    async def _welcome(self) -> None:
        """Sends new readers a snapshot; from then on they receive changes."""
        # Before anything is awaited: readers that arrive meanwhile get the next snapshot, and nobody misses a change.
        new_readers, self._new_readers = self._new_readers, set()
        self._readers |= new_readers
        worker_count = 0
        with contextlib.suppress(RedisError, OSError):  # without Redis the rest of the snapshot is still useful
            worker_count = int(await self._redis.scard(REDIS_WORKER_KEYS))
        snapshot = {
            "activeJobs": [
                {**_identity(each), "startedAt": _milliseconds(each.time_started)} for each in self._active.values()
            ],
            "queueDepth": self._depth,
            "workerCount": worker_count,
        }
        for reader in new_readers:
            reader.send(frame("snapshot", snapshot))

    def _send_event(self, event: str, data: dict[str, Any]) -> None:
        content = frame(event, data)
        for reader in self._readers:
            reader.send(content)


def _identity(each: Activity) -> dict[str, Any]:
    return {
        "jobId": each.import_id,  # the import's row is the job
        "userId": each.user_id,
        "username": each.username,
        "importType": each.import_type,
        "importId": each.import_id,
    }


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)
