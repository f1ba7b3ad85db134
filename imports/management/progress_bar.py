"""Follows an import to its end in a terminal: a bar that moves, or plain lines where the output is no terminal."""

from __future__ import annotations

import threading
import time

from django.core.management.base import OutputWrapper
from redis.exceptions import RedisError

from imports import jobs
from imports.models import Import
from imports.pipeline.progress import Snapshot, Stage

POLL_INTERVAL_SECONDS = 0.2  # seconds
WORKER_WAIT_SECONDS = 5.0  # seconds in which somebody should have begun with an import whose turn it is
BAR_WIDTH = 30  # characters of the bar


class ProgressBar:
    """Shows snapshots of one import."""

    def __init__(self, output: OutputWrapper) -> None:
        self._output = output
        self._moves = output.isatty()
        self._last = ""

    def show(self, snapshot: Snapshot | None, *, before: int = 0) -> None:
        """`before`: how many imports of the player have to be done first."""
        text = describe_progress(snapshot, before=before)
        if self._moves:
            percent = snapshot.percent if snapshot else 0
            self._draw(f"[{'#' * (percent * BAR_WIDTH // 100):{BAR_WIDTH}}] {percent:3}%  {text}")
        else:
            self.say(text.split("  ")[0])  # into a file or a pipe: a line a stage, not one every time it moves

    def say(self, line: str) -> None:
        """A line of its own, once."""
        if line != self._last:
            self._output.write(f"\r{line:<79}" if self._moves else line)
            self._last = line

    def end(self) -> None:
        """Makes room for what comes after the bar."""
        if self._moves:
            self._draw("")
            self._output.write("\r", ending="")

    def _draw(self, text: str) -> None:
        self._output.write(f"\r{text:<79}", ending="")
        self._output.flush()


def describe_progress(snapshot: Snapshot | None, *, before: int) -> str:
    """`saving  12,000 of 20,000  about 3 s left`"""
    if before:
        return f"waiting for {before} other imports of this player"
    if snapshot is None or snapshot.stage is Stage.QUEUED:
        return "waiting for a worker"
    parts = [snapshot.stage.value.replace("_", " ")]
    if snapshot.total is not None:
        parts.append(f"{snapshot.processed or 0:,} of {snapshot.total:,}")
    if snapshot.eta and snapshot.eta >= 1:
        parts.append(f"about {snapshot.eta:.0f} s left")
    return "  ".join(parts)


def follow(job: Import, bar: ProgressBar) -> None:
    """Returns once the import is final. Where no worker takes it, it is worked here."""
    patient_until = time.monotonic() + WORKER_WAIT_SECONDS
    seen: Snapshot | None = None
    while True:
        job.refresh_from_db()
        if job.is_final:
            bar.end()
            return
        snapshot, before = jobs.progress_of(job), jobs.queue_position(job)
        # Whatever moves shows that somebody is at it, also at an import before this one.
        if snapshot != seen or before:
            seen, patient_until = snapshot, time.monotonic() + WORKER_WAIT_SECONDS
        if not has_workers() or time.monotonic() > patient_until:
            _work_here(job, bar)
            patient_until = time.monotonic() + WORKER_WAIT_SECONDS
            continue
        bar.show(snapshot, before=before)
        time.sleep(POLL_INTERVAL_SECONDS)


def has_workers() -> bool:
    # Without Redis no worker hears of anything, so that there is none to wait for.
    try:
        return jobs.worker_count() > 0
    except RedisError:
        return False


def _work_here(job: Import, bar: ProgressBar) -> None:
    """Works the player's imports up to this one; harmless where a worker is at it after all, as it holds a lock."""
    if not has_workers():
        bar.say("No worker is running; working here.")
    done = threading.Event()

    def keep_moving() -> None:
        # Asks Redis only: a second connection to the database would have to be closed by this thread.
        while not done.wait(POLL_INTERVAL_SECONDS):
            snapshot = jobs.progress_of(job)
            if snapshot is not None:
                bar.show(snapshot)

    thread = threading.Thread(target=keep_moving, daemon=True)
    thread.start()
    try:
        # Those before it first: a player's imports take turns, and this one would not be claimed.
        due = Import.objects.filter(user_id=job.user_id, pk__lte=job.pk, state__in=("queued", "running"))
        for import_id in due.order_by("pk").values_list("import_id", flat=True):
            jobs.run_import(import_id)
    finally:
        done.set()
        thread.join()
