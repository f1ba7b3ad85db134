"""The progress of an import. It is only for display, so errors in writing or reading it are ignored."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Protocol

import msgspec


class Stage(StrEnum):
    """The stages of an import, in order."""

    QUEUED = "queued"
    READING = "reading"
    FINDING_CHARTS = "finding_charts"
    CHECKING = "checking"
    SAVING = "saving"
    SESSIONS = "sessions"
    BESTS = "bests"
    RATINGS = "ratings"
    FINISHING = "finishing"


# The percentage at which each stage begins; measured on an import of 100,000 scores.
START_PERCENT: dict[Stage, int] = {
    Stage.QUEUED: 0,
    Stage.READING: 1,
    Stage.FINDING_CHARTS: 8,
    Stage.CHECKING: 10,
    Stage.SAVING: 38,
    Stage.SESSIONS: 78,
    Stage.BESTS: 83,
    Stage.RATINGS: 90,
    Stage.FINISHING: 91,
}
END_PERCENT: dict[Stage, int] = dict(zip(START_PERCENT, [*list(START_PERCENT.values())[1:], 100], strict=True))

# The texts by which Tachi's clients know each stage (spec: import-pipeline §14).
DESCRIPTIONS: dict[Stage, str] = {
    Stage.QUEUED: "Starting up import.",
    Stage.READING: "Parsing score data.",
    Stage.FINDING_CHARTS: "Importing Scores.",
    Stage.CHECKING: "Imported {processed} scores.",
    Stage.SAVING: "Importing Scores.",
    Stage.SESSIONS: "Inserting Sessions.",
    Stage.BESTS: "Processing scores and updating PBs.",
    Stage.RATINGS: "Updating profile statistics.",
    Stage.FINISHING: "Finalising Import.",
}
WRITE_INTERVAL_SECONDS = 0.25
INITIAL_WRITE_DELAY_SECONDS = 0.05  # only the first stage is written before: an import of one score ends by then
TTL_SECONDS = 86_400
KEY_PREFIX = "tachi:progress:"
CHANGED_CHANNEL = "tachi:imports:changed"
"""The Redis channel for the IDs of imports whose rows have changed (imports/jobs/notices.py)."""


class Snapshot(msgspec.Struct, frozen=True, omit_defaults=True):
    """The progress that polls return. `eta`: the remaining seconds; `seconds`: finished stage -> its duration.

    Polls do not return `game` (its slug) and `playtype`, which are known once the file is read.
    """

    attempt: int
    stage: Stage
    percent: int = 0
    processed: int | None = None
    total: int | None = None
    eta: float | None = None
    seconds: dict[str, float] = {}
    game: str = ""
    playtype: str = ""

    @property
    def description(self) -> str:
        return DESCRIPTIONS[self.stage].format(processed=self.processed or 0)


def queued_facts(**known: int) -> dict[str, Any]:
    """Returns the `progress` of a queued import for polls and pages."""
    stage = Stage.QUEUED
    return {"description": DESCRIPTIONS[stage], "stage": stage, "percent": START_PERCENT[stage], **known, "stages": []}


def snapshot_facts(found: Snapshot) -> dict[str, Any]:
    """Returns the `progress` of a started import; unknown values are left out."""
    facts = {
        "description": found.description,
        "stage": found.stage,
        "percent": found.percent,
        "processed": found.processed,
        "total": found.total,
        "etaSeconds": found.eta,
        "stages": [{"name": name, "seconds": seconds} for name, seconds in found.seconds.items()],
    }
    return {name: value for name, value in facts.items() if value is not None}


def ongoing_facts(found: Snapshot | None, *, attempts: int) -> dict[str, Any]:
    """Returns the `progress` of a running import with this last snapshot.

    Of a snapshot of an earlier attempt only the percentage is used, so that progress never decreases.
    """
    if found is None:
        return queued_facts()
    return snapshot_facts(found) if found.attempt >= attempts else queued_facts(percent=found.percent)


class ReadsKeys(Protocol):
    """The method of a Redis client that reading progress needs."""

    def get(self, name: str, /) -> Any: ...


class Redis(Protocol):
    """The method of a Redis client that writing progress needs."""

    def pipeline(self, *, transaction: bool) -> Any: ...


def key_of(import_id: str) -> str:
    """Returns the Redis key of an import's progress, which is also the channel for its changes."""
    return f"{KEY_PREFIX}{import_id}"


def read(redis: ReadsKeys, import_id: str) -> Snapshot | None:
    """Returns the last written snapshot; None if there is none or Redis does not respond."""
    # A worker of another release may have written a snapshot that this one cannot read.
    with contextlib.suppress(Exception):
        raw = redis.get(key_of(import_id))
        return msgspec.json.decode(raw, type=Snapshot) if raw else None
    return None


def writer(redis: Redis, import_id: str) -> Callable[[Snapshot], None]:
    """Returns a function that writes snapshots to the Redis key of an import and to the channel of the same name."""

    def write(snapshot: Snapshot) -> None:
        content = msgspec.json.encode(snapshot)
        with redis.pipeline(transaction=False) as pipe:  # one round trip
            pipe.set(key_of(import_id), content, ex=TTL_SECONDS)
            pipe.publish(key_of(import_id), content)
            pipe.execute()

    return write


def noop_writer(snapshot: Snapshot) -> None:
    """Discards the snapshot."""


class Progress:
    """Tracks one attempt of an import and writes snapshots, at most every 250 ms and at each stage.

    `floor`: the lowest percentage to show, which an earlier attempt had reached.
    """

    def __init__(self, write: Callable[[Snapshot], None] = noop_writer, *, attempt: int = 1, floor: int = 0) -> None:
        self._write = write
        self._attempt = attempt
        self._floor = floor
        self._begun = self._stage_begun = time.monotonic()
        self._written = 0.0
        self._stage = self._through = Stage.QUEUED
        self.seconds: dict[str, float] = {}
        self.game = self.playtype = ""

    def stage(self, stage: Stage, *, total: int | None = None, through: Stage | None = None) -> None:
        """Enters a stage; with `through`, all stages up to that one as a single stage."""
        self._close_stage()
        self._stage, self._through = stage, through or stage
        if not self._written or time.monotonic() - self._begun >= INITIAL_WRITE_DELAY_SECONDS:
            self._send(0 if total is not None else None, total)

    def tick(self, processed: int, total: int) -> None:
        """Writes the progress of the stage if the last snapshot is old enough."""
        if time.monotonic() - self._written >= WRITE_INTERVAL_SECONDS:
            self._send(processed, total)

    def finish(self) -> dict[str, float]:
        """Ends the last stage; returns the duration of each stage in seconds."""
        self._close_stage()
        return self.seconds

    def _close_stage(self) -> None:
        now = time.monotonic()
        if self._stage is not Stage.QUEUED:
            self.seconds[self._stage.value] = round(now - self._stage_begun, 3)
        self._stage_begun = now

    def _send(self, processed: int | None, total: int | None) -> None:
        self._written = now = time.monotonic()
        done = (processed or 0) / total if total else 0
        percent = START_PERCENT[self._stage] + int(
            (END_PERCENT[self._through] - START_PERCENT[self._stage]) * min(done, 1)
        )
        passed = now - self._begun
        self._floor = max(percent, self._floor)  # rows that are judged again do not decrease the percentage
        snapshot = Snapshot(
            attempt=self._attempt,
            stage=self._stage,
            percent=self._floor,
            processed=processed,
            total=total,
            # Not before rows are judged, because the durations of earlier stages say little about the others.
            eta=round(passed * (100 - percent) / percent, 1) if percent >= 10 and passed >= 1 else None,
            seconds=dict(self.seconds),
            game=self.game,
            playtype=self.playtype,
        )
        # Redis may be unavailable; an import must not fail because of its progress bar.
        with contextlib.suppress(Exception):
            self._write(snapshot)
