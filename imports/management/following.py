"""Follows an import to its end in a terminal: a bar that moves, or plain lines where the output is no terminal."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from django.core.management.base import OutputWrapper
from redis.exceptions import RedisError

from imports import jobs
from imports.models import Import
from imports.pipeline.progress import Snapshot, Stage

LOOK_EVERY = 0.2  # seconds
PATIENCE = 5.0  # seconds in which somebody should have begun with an import whose turn it is
WIDTH = 30  # characters of the bar


class Bar:
    """Shows snapshots of one import."""

    def __init__(self, output: OutputWrapper) -> None:
        self._output = output
        self._moves = output.isatty()
        self._last = ""

    def show(self, snapshot: Snapshot | None, *, before: int = 0) -> None:
        """`before`: how many imports of the player have to be done first."""
        text = in_words(snapshot, before=before)
        if self._moves:
            percent = snapshot.percent if snapshot else 0
            self._draw(f"[{'#' * (percent * WIDTH // 100):{WIDTH}}] {percent:3}%  {text}")
        else:
            self.say(text.split("  ")[0])

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


def in_words(snapshot: Snapshot | None, *, before: int) -> str:
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


def follow(job: Import, bar: Bar) -> None:
    """Returns once the import is final. Where no worker takes it, it is worked here."""
    patient_until = time.monotonic() + PATIENCE
    seen: Snapshot | None = None
    while True:
        job.refresh_from_db()
        if job.is_final:
            bar.end()
            return
        snapshot, before = jobs.progress_of(job), jobs.queue_position(job)
        if snapshot != seen or before:
            seen, patient_until = snapshot, time.monotonic() + PATIENCE
        if not has_workers() or time.monotonic() > patient_until:
            _work_here(job, bar)
            patient_until = time.monotonic() + PATIENCE
            continue
        bar.show(snapshot, before=before)
        time.sleep(LOOK_EVERY)


def has_workers() -> bool:
    try:
        return jobs.worker_count() > 0
    except RedisError:
        return False


def _work_here(job: Import, bar: Bar) -> None:
    """Works the player's imports up to this one; harmless where a worker is at it after all, as it holds a lock."""
    if not has_workers():
        bar.say("No worker is running; working here.")
    due = Import.objects.filter(user_id=job.user_id, pk__lte=job.pk, state__in=("queued", "running"))
    with _shown(job, bar):
        for import_id in due.order_by("pk").values_list("import_id", flat=True):
            jobs.run_import(import_id)


@contextlib.contextmanager
def _shown(job: Import, bar: Bar) -> Iterator[None]:
    """Keeps the bar moving while this thread works. The other one asks Redis only."""
    done = threading.Event()

    def show() -> None:
        while not done.wait(LOOK_EVERY):
            snapshot = jobs.progress_of(job)
            if snapshot is not None:
                bar.show(snapshot)

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
