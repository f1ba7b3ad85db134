"""The queue itself: asking for a worker, and being one.

What is asked for goes by name, so that a worker of an earlier release still finds it, and whoever asks need not know
those who work.
"""

from __future__ import annotations

import functools
import gc
import logging
import uuid

import django_rq
from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as BrokenConnection
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, SimpleWorker, Worker
from rq.serializers import JSONSerializer

from imports import trace

log = logging.getLogger(__name__)

PATIENCE = 2.0  # seconds
PERFORM = "imports.jobs.perform"
PERFORM_RERATING = "imports.jobs.perform_rerating"


def enqueue(import_id: str) -> None:
    """Asks for a worker. Without Redis the import waits for the sweeper instead."""
    try:
        _queue().enqueue_call(
            PERFORM,
            args=(import_id, trace.asking()),
            job_id=f"{import_id}-{uuid.uuid4().hex[:8]}",
            result_ttl=0,
            failure_ttl=3600,
        )
    except RedisError:
        log.warning("import %s could not be queued; the sweeper will", import_id)


def rerate_later(key: int) -> None:
    """Asks for a worker to go on with a rerating. Without Redis it waits for the sweeper instead."""
    try:
        _queue().enqueue_call(PERFORM_RERATING, args=(key,), result_ttl=0, failure_ttl=3600)
    except RedisError:
        log.warning("rerating %s could not be queued; the sweeper will", key)


def waiting_imports() -> set[str]:
    """The IDs of the imports that are in the queue."""
    return {job_id[:40] for job_id in _queue().get_job_ids()}


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
    return Worker.count(connection=redis())


@functools.cache
def redis() -> Redis:
    """One a process, with a pool of connections: opening one costs more than what is then asked of it.

    Nobody waits long for a Redis that is silent: what it would have carried, the sweeper finds. A connection that broke
    since it was last used, as after a restart, is made anew once.
    """
    once = Retry(NoBackoff(), 1, supported_errors=(BrokenConnection,))
    return Redis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=once)


def _queue() -> Queue:
    return django_rq.get_queue("default", connection=redis())
