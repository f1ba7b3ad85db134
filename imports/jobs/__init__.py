"""The only part that knows there is a queue.

The import's row is the job; Redis merely carries the signal that there is something to do. A worker shows that it lives
by an advisory lock on the import (`working`); the sweeper puts back into the queue whatever nobody holds (`sweeping`).
"""

from __future__ import annotations

from imports.jobs.offered import most_rows, offered_games
from imports.jobs.queue import enqueue, rerate_later, work, worker_count
from imports.jobs.room import NoRoom
from imports.jobs.sweeping import sweep, sweep_forever, sweep_keys, sweep_reratings
from imports.jobs.taking_in import InputGone, NotPossible, cancel, prune_inputs, restore, retry, submit
from imports.jobs.telling import followed, how_far, progress_facts, progress_of, queue_position, sweeps
from imports.jobs.working import CRASHED, MAX_ATTEMPTS, perform, perform_rerating, run_import
from imports.pipeline.upload import Upload

__all__ = [
    "CRASHED",
    "MAX_ATTEMPTS",
    "InputGone",
    "NoRoom",
    "NotPossible",
    "Upload",
    "cancel",
    "enqueue",
    "followed",
    "how_far",
    "most_rows",
    "offered_games",
    "perform",
    "perform_rerating",
    "progress_facts",
    "progress_of",
    "prune_inputs",
    "queue_position",
    "rerate_later",
    "restore",
    "retry",
    "run_import",
    "submit",
    "sweep",
    "sweep_forever",
    "sweep_keys",
    "sweep_reratings",
    "sweeps",
    "work",
    "worker_count",
]
