"""How far an import has come. Cosmetic: losing it loses nothing, so its errors are swallowed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Protocol

import msgspec


class Stage(StrEnum):
    """The stages in their order."""

    QUEUED = "queued"
    READING = "reading"
    FINDING_CHARTS = "finding_charts"
    CHECKING = "checking"
    SAVING = "saving"
    SESSIONS = "sessions"
    BESTS = "bests"
    RATINGS = "ratings"
    FINISHING = "finishing"


# Where each stage begins, in percent of the whole; measured on an import of 100,000 scores.
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

# What Tachi's clients know each stage by (spec: import-pipeline §14).
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
INITIAL_WRITE_DELAY_SECONDS = 0.05  # until then only the first stage is written: an import of one score is over by then
TTL_SECONDS = 86_400
KEY_PREFIX = "tachi:progress:"
CHANGED_CHANNEL = "tachi:imports:changed"
"""The Redis channel for the IDs of imports whose rows have changed (imports/jobs/notices.py)."""


class Snapshot(msgspec.Struct, frozen=True, omit_defaults=True):
    """What polls answer. `eta` and `seconds` are seconds; `seconds` maps finished stages to how long they took."""

    attempt: int
    stage: Stage
    percent: int = 0
    processed: int | None = None
    total: int | None = None
    eta: float | None = None
    seconds: dict[str, float] = {}

    @property
    def description(self) -> str:
        return DESCRIPTIONS[self.stage].format(processed=self.processed or 0)


def queued_facts(**known: int) -> dict[str, Any]:
    """Returns the `progress` of an import that has not begun, as polls and pages show it."""
    stage = Stage.QUEUED
    return {"description": DESCRIPTIONS[stage], "stage": stage, "percent": START_PERCENT[stage], **known, "stages": []}


def snapshot_facts(found: Snapshot) -> dict[str, Any]:
    """Returns the `progress` of an import that has begun; what is unknown is left out."""
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
    """The same of an import that runs, of which so much was written.

    Of what an earlier attempt wrote only the percentage counts: nobody sees a bar go back.
    """
    if found is None:
        return queued_facts()
    return snapshot_facts(found) if found.attempt >= attempts else queued_facts(percent=found.percent)


class Redis(Protocol):
    """The two calls needed of a Redis client."""

    def get(self, name: str, /) -> Any: ...
    def pipeline(self, *, transaction: bool) -> Any: ...


def key_of(import_id: str) -> str:
    """Under which Redis keeps it, and the channel on which those who watch are notified."""
    return f"{KEY_PREFIX}{import_id}"


def read(redis: Redis, import_id: str) -> Snapshot | None:
    """Returns the last snapshot written, None where there is none or Redis does not answer."""
    # A worker of another release may have written what this one cannot read.
    with contextlib.suppress(Exception):
        raw = redis.get(key_of(import_id))
        return msgspec.json.decode(raw, type=Snapshot) if raw else None
    return None


def writer(redis: Redis, import_id: str) -> Callable[[Snapshot], None]:
    """Returns what a `Progress` writes to: one Redis key an import, and a channel of the same name."""

    def write(snapshot: Snapshot) -> None:
        content = msgspec.json.encode(snapshot)
        with redis.pipeline(transaction=False) as pipe:  # one way there and back
            pipe.set(key_of(import_id), content, ex=TTL_SECONDS)
            pipe.publish(key_of(import_id), content)
            pipe.execute()

    return write


def noop_writer(snapshot: Snapshot) -> None:
    """Writes nowhere."""


class Progress:
    """Follows one attempt of an import and writes snapshots, at most every 250 ms and at each stage.

    `floor`: the percentage below which it shows none, where an earlier attempt had come that far.
    """

    def __init__(self, write: Callable[[Snapshot], None] = noop_writer, *, attempt: int = 1, floor: int = 0) -> None:
        self._write = write
        self._attempt = attempt
        self._floor = floor
        self._begun = self._stage_begun = time.monotonic()
        self._written = 0.0
        self._stage = self._through = Stage.QUEUED
        self.seconds: dict[str, float] = {}

    def stage(self, stage: Stage, *, total: int | None = None, through: Stage | None = None) -> None:
        """Enters a stage, or several at once: as one that ends where `through` does."""
        self._close_stage()
        self._stage, self._through = stage, through or stage
        if not self._written or time.monotonic() - self._begun >= INITIAL_WRITE_DELAY_SECONDS:
            self._send(0 if total is not None else None, total)

    def tick(self, processed: int, total: int) -> None:
        """Writes how far the stage has come, if the last snapshot is old enough."""
        if time.monotonic() - self._written >= WRITE_INTERVAL_SECONDS:
            self._send(processed, total)

    def finish(self) -> dict[str, float]:
        """Ends the last stage; returns the seconds that each took."""
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
        self._floor = max(percent, self._floor)  # what is judged a second time takes the bar no way back
        snapshot = Snapshot(
            attempt=self._attempt,
            stage=self._stage,
            percent=self._floor,
            processed=processed,
            total=total,
            # Not before rows are judged: how long the stages before take says little about the others.
            eta=round(passed * (100 - percent) / percent, 1) if percent >= 10 and passed >= 1 else None,
            seconds=dict(self.seconds),
        )
        # Redis may be gone for a while; an import that stopped for want of a progress bar would be absurd.
        with contextlib.suppress(Exception):
            self._write(snapshot)
