"""The queue: enqueueing jobs and running workers.

Jobs are queued by name, so that workers of an earlier release can run them and this module need not import them.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import logging
import sys
import threading
import time
import uuid
from datetime import timedelta

import django_rq
from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.exceptions import ConnectionError as BrokenConnection
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, SimpleWorker, Worker
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.utils import now

from imports import log_context

log = logging.getLogger(__name__)

REDIS_TIMEOUT_SECONDS = 2.0  # the sweeper queues what could not be queued
WAIT_SECONDS = 1.0  # between two attempts to reach Redis
HEARTBEAT_SECONDS = 15.0  # a third of the time without one after which /healthz counts a worker as dead
HEARTBEAT_RARELY_SECONDS = 1.0  # between two jobs
PERFORM = "imports.jobs.perform"
PERFORM_RERATING = "imports.jobs.perform_rerating"
PERFORM_ORPHANS = "imports.jobs.perform_orphans"
PERFORM_HISTORIES = "imports.jobs.perform_histories"
PERFORM_EXPORT = "imports.jobs.perform_export"
PERFORM_WEBHOOKS = "imports.jobs.perform_webhooks"
PERFORM_MAILS = "imports.jobs.perform_mails"


def enqueue(import_id: str) -> None:
    """Queues an import. Without Redis the sweeper does it later."""
    job_id = f"{import_id}-{uuid.uuid4().hex[:8]}"  # unique, as an import may be queued twice
    _enqueue(
        PERFORM,
        import_id,
        log_context.originating_request_id(),
        unqueued="import %s could not be queued; the sweeper will",
        job_id=job_id,
    )


def enqueue_rerating(key: int) -> None:
    """Queues the next part of a rerating. Without Redis the sweeper does it later."""
    _enqueue(PERFORM_RERATING, key, unqueued="rerating %s could not be queued; the sweeper will")


def enqueue_orphans(user_id: str) -> None:
    """Queues the next part of a player's retry. Without Redis the sweeper does it later."""
    _enqueue(PERFORM_ORPHANS, user_id, unqueued="the orphans of user %s could not be queued; the sweeper will")


def enqueue_histories() -> None:
    """Queues the computation of histories of ratings. Without Redis the sweeper does it later."""
    _enqueue(PERFORM_HISTORIES, unqueued="the histories of ratings could not be queued; the sweeper will")


def enqueue_export(export_id: str) -> None:
    """Queues a data export. Without Redis the sweeper does it later."""
    _enqueue(PERFORM_EXPORT, export_id, unqueued="export %s could not be queued; the sweeper will")


def enqueue_webhooks() -> None:
    """Queues the delivery of events to webhooks. Without Redis the sweeper does it later."""
    _enqueue(PERFORM_WEBHOOKS, unqueued="the events for webhooks could not be queued; the sweeper will")


def enqueue_mails() -> None:
    """Queues the sending of mails. Without Redis the sweeper does it later."""
    _enqueue(PERFORM_MAILS, unqueued="the mails could not be queued; the sweeper will")


def _enqueue(function: str, *args: object, unqueued: str, job_id: str | None = None) -> None:
    """Queues a call of a function. `unqueued`: the warning to log without Redis, formatted with the first argument."""
    try:
        # The rows are the jobs: results are not needed, and failures are stored for debugging only.
        _queue().enqueue_call(function, args=args, job_id=job_id, result_ttl=0, failure_ttl=3600)
    except RedisError:
        log.warning(unqueued, *args[:1], extra=log_context.REPEATED)


def waiting_imports() -> set[str]:
    """Returns the IDs of the imports that are in the queue."""
    # Job IDs begin with that of the import (`enqueue`).
    return {job_id[:40] for job_id in _queue().get_job_ids()}


def work(*, burst: bool = False) -> None:
    """Runs jobs until stopped, in this process: a fork and a connection per job would cost more than a small import."""
    wait_for_redis()
    # A large import creates a million objects without cycles; the cyclic collector would take a third of its time.
    gc.freeze()
    gc.set_threshold(100_000, 50, 1_000)
    own: Redis = django_rq.get_connection("default")  # rq sets a long timeout on it, for waiting
    worker = HeartbeatWorker(
        [django_rq.get_queue("default", connection=own)],
        connection=own,
        serializer=JSONSerializer,
        worker_ttl=settings.RQ_WORKER_TTL,
        log_job_description=False,
    )
    try:
        worker.work(burst=burst, logging_level="WARNING", with_scheduler=False)
    except RedisError as error:
        # Between two jobs, so nothing is lost. The supervisor starts a new process, which waits for Redis.
        log.warning("the worker stops: Redis is not available (%s)", error)
        sys.exit(1)


def wait_for_redis() -> None:
    """Returns once Redis answers. A process that exited instead would be restarted again and again."""
    while True:
        try:
            redis().ping()
        except RedisError as error:
            log.warning("the worker waits: Redis is not available (%s)", error, extra=log_context.REPEATED)
            time.sleep(WAIT_SECONDS)
        else:
            return


class HeartbeatWorker(SimpleWorker):
    """A worker that sends heartbeats during a job, too, and fewer between jobs than rq's own.

    During a job a thread sends the heartbeat over its own connection. It therefore shows that the process is alive, not
    that the job makes progress.
    """

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Sends a heartbeat, unless one was sent within the last second.

        rq sends four between two jobs, with three round trips to Redis each: half of the cost of a small import.
        """
        rarely = timedelta(seconds=HEARTBEAT_RARELY_SECONDS)
        if pipeline is None and self.last_heartbeat is not None and now() - self.last_heartbeat < rarely:
            return
        super().heartbeat(timeout, pipeline)

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Runs a job, with a heartbeat every HEARTBEAT_SECONDS."""
        finished = threading.Event()

        def beat() -> None:
            while not finished.wait(HEARTBEAT_SECONDS):
                with contextlib.suppress(RedisError), redis().pipeline() as pipeline:
                    self.heartbeat(pipeline=pipeline)
                    pipeline.execute()

        heartbeat = threading.Thread(target=beat, daemon=True)
        heartbeat.start()
        try:
            super().execute_job(job, queue)
        finally:
            finished.set()
            heartbeat.join()


def worker_count() -> int:
    """Returns the number of workers with a recent heartbeat."""
    return Worker.count(connection=redis())


@functools.cache
def redis() -> Redis:
    """Returns the Redis client of this process. It pools connections, as opening one costs more than most commands.

    Timeouts are short, because the sweeper queues what could not be queued. A connection that was lost since its last
    use, for example by a restart of Redis, is opened again once.
    """
    once = Retry(NoBackoff(), 1, supported_errors=(BrokenConnection,))
    return Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=REDIS_TIMEOUT_SECONDS,
        socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
        retry=once,
    )


def _queue() -> Queue:
    return django_rq.get_queue("default", connection=redis())
