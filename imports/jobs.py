"""The only module that knows there is a queue.

The import's row is the job; Redis merely carries the signal that there is something to do. A worker shows that it lives
by an advisory lock on the import, held by its own connection, so that the lock goes when the process does. The sweeper
puts back into the queue whatever nobody holds.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import logging
import time
import uuid
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import django_rq
from django.conf import settings
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)
from django.utils import timezone
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker, Worker
from rq.serializers import JSONSerializer

from imports.errors import Cancelled, ImportFailed
from imports.games import BY_SLUG, GAMES
from imports.games.spec import Game
from imports.models import APIToken, AuditEntry, Import, ImportInput, State, User
from imports.models.documents import UNFINISHED
from imports.pipeline import states
from imports.pipeline.progress import BEGINS, DESCRIPTIONS, Progress, Snapshot, Stage, read, writer
from imports.pipeline.run import run
from imports.seeds import rerate

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
CRASHED = "An internal service error has occured with this import. This has been reported!"
SWEEP_EVERY = 0.5  # seconds
GRACE = 1.0  # seconds an import may be neither queued nor held, between being popped and being locked


@functools.cache
def offered_games() -> tuple[Game, ...]:
    """The games of this instance, in their canonical order."""
    chosen = settings.TACHI_GAMES
    return tuple(BY_SLUG[game.slug] for game in GAMES if not chosen or game.slug in chosen)


# --- taking in ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What somebody sent. `fields` are the other form fields."""

    content: bytes
    import_type: str
    file_name: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    user_intent: bool = False
    infer_time_achieved: bool = False
    client: str = ""


def submit(user: User, upload: Upload, *, token: APIToken | None = None) -> Import:
    """Saves an import with its input and asks for a worker; both are in before this returns, or neither."""
    compressed = zlib.compress(upload.content, level=1)
    # One transaction: a poll may come at once, and a worker must find the input.
    with transaction.atomic():
        job = Import.objects.create(
            user=user,
            token=token,
            import_type=upload.import_type,
            user_intent=upload.user_intent,
            client=upload.client[:200],
        )
        ImportInput.objects.create(
            job=job,
            content=compressed,
            size=len(upload.content),
            file_name=upload.file_name[:255],
            fields=dict(upload.fields),
            infer_time_achieved=upload.infer_time_achieved,
        )
        AuditEntry.objects.create(verb=AuditEntry.Verb.UPLOADED, job=job, subject=user, actor=user, token=token)
        transaction.on_commit(lambda: enqueue(job.import_id))
    return job


def enqueue(import_id: str) -> None:
    """Asks for a worker. Without Redis the import waits for the sweeper instead."""
    try:
        _queue().enqueue_call(
            perform, args=(import_id,), job_id=f"{import_id}-{uuid.uuid4().hex[:8]}", result_ttl=0, failure_ttl=3600
        )
    except RedisError:
        log.warning("import %s could not be queued; the sweeper will", import_id)


# --- again, or not at all ---------------------------------------------------------------------------


class NotPossible(Exception):
    """The import's state does not allow it (any more); the text says why and may be shown."""


class InputGone(NotPossible):
    """What was sent is not stored any more, and will not be again."""


def restore(job: Import, *, by: User, token: APIToken | None = None, reason: str = "") -> None:
    """Queues a reverted import again, from its stored input, under the same ID. Raises NotPossible."""
    _again(job, only_from={State.REVERTED}, verb=AuditEntry.Verb.RESTORED, by=by, token=token, reason=reason)


def retry(job: Import, *, by: User, token: APIToken | None = None, reason: str = "") -> None:
    """Queues a failed or cancelled import again. Raises NotPossible."""
    states_of_failure = {State.FAILED, State.CANCELLED}
    _again(job, only_from=states_of_failure, verb=AuditEntry.Verb.RETRIED, by=by, token=token, reason=reason)


def _again(
    job: Import, *, only_from: set[State], verb: AuditEntry.Verb, by: User, token: APIToken | None, reason: str
) -> None:
    # One transaction: queued again and on record, or neither.
    with transaction.atomic():
        if not ImportInput.objects.filter(job=job).exists():
            raise InputGone("The input of this import is no longer stored.")
        if not states.requeue(job, only_from=only_from):
            raise NotPossible("This import cannot be run again as it stands now.")
        AuditEntry.objects.create(verb=verb, job=job, subject_id=job.user_id, actor=by, token=token, reason=reason)
        transaction.on_commit(lambda: enqueue(job.import_id))


def cancel(job: Import, *, by: User, token: APIToken | None = None, reason: str = "") -> None:
    """Takes back an import that is not done yet; of a running one nothing stays. Raises NotPossible."""
    # One transaction: cancelled and on record, or neither.
    with transaction.atomic():
        if not states.cancel(job):
            raise NotPossible("This import is not under way.")
        AuditEntry.objects.create(
            verb=AuditEntry.Verb.CANCELLED, job=job, subject_id=job.user_id, actor=by, token=token, reason=reason
        )
        transaction.on_commit(lambda: _enqueue_next(job.user_id))


def prune_inputs(*, older_than_days: int) -> int:
    """Deletes stored inputs of finished imports received longer ago. Returns how many."""
    limit = timezone.now() - timedelta(days=older_than_days)
    old = ImportInput.objects.filter(received_at__lt=limit).exclude(job__state__in=UNFINISHED)
    return old.delete()[0]


# --- working --------------------------------------------------------------------------------------


def perform(import_id: str) -> None:
    """The job that the queue carries. A worker lives long, its connection may have died meanwhile."""
    close_old_connections()
    run_import(import_id)


def run_import(import_id: str) -> None:
    """Applies one import if it is there to be applied, it is its turn, and nobody else is at it."""
    with _sign_of_life(import_id) as job:
        if job is None or not (states.resume(job) if job.state == State.RUNNING else states.claim(job)):
            return
        _attempt(job)
    _enqueue_next(job.user_id)


def _enqueue_next(user_id: int) -> None:
    following = Import.objects.filter(user_id=user_id, state=State.QUEUED).order_by("pk").first()
    if following is not None:
        enqueue(following.import_id)


@contextlib.contextmanager
def _sign_of_life(import_id: str) -> Iterator[Import | None]:
    """Holds the advisory lock of an unfinished import on this process's own connection.

    Yields the import as it stands under the lock; None when it is finished or another process has it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, pg_try_advisory_lock(id) FROM imports_import"
            " WHERE import_id = %s AND state IN ('queued', 'running')",
            [import_id],
        )
        key, is_held = cursor.fetchone() or (0, False)
    try:
        yield Import.objects.filter(pk=key).first() if is_held else None
    finally:
        if is_held:
            # A broken connection has let go of the lock already.
            with contextlib.suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def _attempt(job: Import) -> None:
    """Runs a claimed import once; the one place where failures become state."""
    if job.attempts > MAX_ATTEMPTS:
        _fail(job, status=500, message=CRASHED)
        return
    try:
        run(job, offered_games(), Progress(_progress_writer(job.import_id), attempt=job.attempts))
        log.info("import %s of user %s completed in attempt %s", job.import_id, job.user_id, job.attempts)
    except Cancelled:
        log.info("import %s was cancelled in attempt %s", job.import_id, job.attempts)
    except ImportFailed as failure:
        _fail(job, status=failure.status, message=failure.message)
    except (OperationalError, InterfaceError, IntegrityError):
        # The database went away, or a score came in meanwhile. Not the import's fault: the sweeper comes back to it.
        log.warning("import %s was interrupted in attempt %s", job.import_id, job.attempts, exc_info=True)
        connection.close()
    except Exception:
        log.exception("import %s broke", job.import_id)
        _fail(job, status=500, message=CRASHED)


def _fail(job: Import, *, status: int, message: str) -> None:
    # One transaction: no failure without its entry.
    with transaction.atomic():
        if states.fail(job, status=status, message=message):
            AuditEntry.objects.create(
                verb=AuditEntry.Verb.FAILED, job=job, subject_id=job.user_id, reason=message, counts={"status": status}
            )


def work(*, burst: bool = False) -> None:
    """Works until told to stop, in this process: a fork and a connection a job would cost more than a small import."""
    # A large import makes a million objects without a cycle; looking for cycles would take a third of its time.
    gc.freeze()
    gc.set_threshold(100_000, 50, 1_000)
    own: Redis = django_rq.get_connection("default")  # rq sets a long timeout on it, for waiting
    worker = SimpleWorker(
        [django_rq.get_queue("default", connection=own)],
        connection=own,
        serializer=JSONSerializer,
        worker_ttl=settings.RQ_WORKER_TTL,
        log_job_description=False,
    )
    worker.work(burst=burst, logging_level="WARNING", with_scheduler=False)


def worker_count() -> int:
    """How many workers have shown themselves lately."""
    return Worker.count(connection=_redis())


# --- what follows from changed charts --------------------------------------------------------------

RERATE_FOR = 5.0  # seconds; then the imports that wait get their turn
RERATE_GRACE = 30  # seconds without a player done after which somebody else should look


def rerate_later(key: int) -> None:
    """Asks for a worker to go on with a rerating. Without Redis it waits for the sweeper instead."""
    try:
        _queue().enqueue_call(perform_rerating, args=(key,), result_ttl=0, failure_ttl=3600)
    except RedisError:
        log.warning("rerating %s could not be queued; the sweeper will", key)


def perform_rerating(key: int) -> None:
    """The job that the queue carries: some of the players, and itself again for the others."""
    close_old_connections()
    if rerate.work(key, seconds=RERATE_FOR):
        rerate_later(key)


def sweep_reratings() -> None:
    """Queues again the reratings that have not moved for a while."""
    for key in rerate.stalled(seconds=RERATE_GRACE):
        rerate_later(key)


# --- sweeping -------------------------------------------------------------------------------------


def sweep() -> int:
    """Queues again what is unfinished, its user's turn, not in the queue and held by nobody. Returns how many."""
    waiting = _abandoned()
    if not waiting:
        return 0
    queued = {job_id[:40] for job_id in _queue().get_job_ids()}
    lost = [import_id for import_id in waiting if import_id not in queued]
    for import_id in lost:
        log.info("import %s was left alone; queueing it again", import_id)
        enqueue(import_id)
    return len(lost)


def _abandoned() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT ON (user_id) import_id FROM imports_import i
            WHERE state IN ('queued', 'running')
              AND greatest(time_queued, time_started) < now() - make_interval(secs => %s)
              AND NOT EXISTS (
                  SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
                    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    AND (l.classid::bigint << 32 | l.objid::bigint) = i.id)
            ORDER BY user_id, state = 'running' DESC, i.id
            """,
            [GRACE],
        )
        return [row[0] for row in cursor.fetchall()]


def sweep_forever() -> None:
    """Sweeps twice a second. Any number of sweepers may run, on any host: queueing an import twice is harmless."""
    while True:
        close_old_connections()
        try:
            sweep()
            sweep_reratings()
        except (DatabaseError, InterfaceError, RedisError) as error:
            log.warning("could not sweep: %s", error)
            connection.close()
            time.sleep(1)
        time.sleep(SWEEP_EVERY)


# --- telling --------------------------------------------------------------------------------------


@functools.cache
def _redis() -> Redis:
    """One a process, with a pool of connections: opening one costs more than what is then asked of it."""
    client: Redis = django_rq.get_connection("default")
    return client


def _queue() -> Queue:
    return django_rq.get_queue("default", connection=_redis())


def _progress_writer(import_id: str) -> Any:
    return writer(_redis(), import_id)


def progress_of(job: Import) -> Snapshot | None:
    """How far a running import has come; None while nothing is known."""
    return read(_redis(), job.import_id)


def progress_facts(job: Import, *, position: int | None) -> dict[str, Any]:
    """The `progress` of an import under way, as polls and pages tell it; what is unknown is left out.

    `job` needs no more than its import_id and attempts. `position`: its place in the queue, None once it runs.
    What an earlier attempt wrote does not count, so that an attempt never goes back.
    """
    if position is not None:
        return _waiting(queuePosition=position)
    found = progress_of(job)
    if found is None or found.attempt < job.attempts:
        return _waiting()
    return _told(found)


def _waiting(**known: int) -> dict[str, Any]:
    stage = Stage.QUEUED
    return {"description": DESCRIPTIONS[stage], "stage": stage, "percent": BEGINS[stage], **known, "stages": []}


def _told(found: Snapshot) -> dict[str, Any]:
    told = {
        "description": found.description,
        "stage": found.stage,
        "percent": found.percent,
        "processed": found.processed,
        "total": found.total,
        "etaSeconds": found.eta,
        "stages": [{"name": name, "seconds": seconds} for name, seconds in found.seconds.items()],
    }
    return {name: value for name, value in told.items() if value is not None}


def queue_position(job: Import) -> int:
    """How many of the same player's imports are before this one (0: it is next or running)."""
    before = Import.objects.filter(user_id=job.user_id, state__in=UNFINISHED, pk__lt=job.pk)
    return before.count()
