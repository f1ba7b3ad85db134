"""Follows an import to its end in a terminal: with a moving bar, or plain lines if the output is not a terminal."""

from __future__ import annotations

import threading
import time

from django.core.management.base import OutputWrapper
from redis.exceptions import RedisError

from imports import jobs
from imports.models import Import
from imports.pipeline.progress import Snapshot, Stage

POLL_INTERVAL_SECONDS = 0.2  # seconds
WORKER_WAIT_SECONDS = 5.0  # seconds in which a worker should start an import that is next in line
BAR_WIDTH = 30  # characters


class ProgressBar:
    """Shows the progress of one import."""

    def __init__(self, output: OutputWrapper) -> None:
        self._output = output
        self._moves = output.isatty()
        self._last = ""

    def show(self, snapshot: Snapshot | None, *, before: int = 0) -> None:
        """Shows a snapshot. `before`: the number of the player's imports that run first."""
        text = describe_progress(snapshot, before=before)
        if self._moves:
            percent = snapshot.percent if snapshot else 0
            self._draw(f"[{'#' * (percent * BAR_WIDTH // 100):{BAR_WIDTH}}] {percent:3}%  {text}")
        else:
            self.say(text.split("  ")[0])  # into a file or a pipe: one line per stage

    def say(self, line: str) -> None:
        """Writes a line, unless it is the same as the last one."""
        if line != self._last:
            self._output.write(f"\r{line:<79}" if self._moves else line)
            self._last = line

    def end(self) -> None:
        """Clears the bar for the output that follows."""
        if self._moves:
            self._draw("")
            self._output.write("\r", ending="")

    def _draw(self, text: str) -> None:
        self._output.write(f"\r{text:<79}", ending="")
        self._output.flush()


def describe_progress(snapshot: Snapshot | None, *, before: int) -> str:
    """Formats progress as `saving  12,000 of 20,000  about 3 s left`."""
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
    """Returns once the import is final. If no worker runs it, it is run in this process."""
    deadline = time.monotonic() + WORKER_WAIT_SECONDS
    last_snapshot: Snapshot | None = None
    while True:
        job.refresh_from_db()
        if job.is_final:
            bar.end()
            return
        snapshot, before = jobs.progress_of(job), jobs.queue_position(job)
        # Any change shows that a worker is running, also for an import before this one.
        if snapshot != last_snapshot or before:
            last_snapshot, deadline = snapshot, time.monotonic() + WORKER_WAIT_SECONDS
        if not has_workers() or time.monotonic() > deadline:
            _work_here(job, bar)
            deadline = time.monotonic() + WORKER_WAIT_SECONDS
            continue
        bar.show(snapshot, before=before)
        time.sleep(POLL_INTERVAL_SECONDS)


def has_workers() -> bool:
    # Without Redis workers get no jobs, so there is none to wait for.
    try:
        return jobs.worker_count() > 0
    except RedisError:
        return False


def _work_here(job: Import, bar: ProgressBar) -> None:
    """Runs the player's imports up to this one. Harmless if a worker runs one of them, as it holds a lock."""
    if not has_workers():
        bar.say("No worker is running; working here.")
    done = threading.Event()

    def keep_moving() -> None:
        # Reads Redis only: this thread would have to close a second database connection.
        while not done.wait(POLL_INTERVAL_SECONDS):
            snapshot = jobs.progress_of(job)
            if snapshot is not None:
                bar.show(snapshot)

    thread = threading.Thread(target=keep_moving, daemon=True)
    thread.start()
    try:
        # The earlier ones first: a player's imports run one after the other, and this one could not be claimed.
        due = Import.objects.filter(user_id=job.user_id, pk__lte=job.pk, state__in=("queued", "running"))
        for import_id in due.order_by("pk").values_list("import_id", flat=True):
            jobs.run_import(import_id)
    finally:
        done.set()
        thread.join()
