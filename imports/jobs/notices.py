"""Notices over Redis that an import has changed, for requests that wait for its end.

A notice may be lost, while Redis is down or if the worker is killed before it sends one. It therefore only means that
the import's row should be read, and waiting requests also read it at intervals.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from imports.jobs import queue
from imports.pipeline.progress import CHANGED_CHANNEL

RECONNECT_SECONDS = 0.5
LISTEN_SECONDS = 5.0  # of silence, then a ping; a notice is passed on at once


def publish(import_id: str) -> None:
    """Publishes a notice that the import's row has changed. Does nothing while Redis is down."""
    with contextlib.suppress(RedisError):
        queue.redis().publish(CHANGED_CHANNEL, import_id)


class Subscriber:
    """Receives the notices for all threads of this process, in one thread with one connection to Redis.

    The thread starts when an import is followed, and ends when Redis is unreachable and no import is followed.
    """

    def __init__(self, connect: Callable[[], Redis]) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._followers: defaultdict[str, set[threading.Event]] = defaultdict(set)
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def following(self, import_id: str) -> Iterator[threading.Event]:
        """Yields an event that is set whenever the import may have changed since this call."""
        event = threading.Event()
        with self._lock:
            self._followers[import_id].add(event)
            if self._thread is None:
                # A daemon, so that it cannot keep the process from exiting.
                self._thread = threading.Thread(target=self._listen, name="import notices", daemon=True)
                self._thread.start()
        try:
            yield event
        finally:
            with self._lock:
                self._followers[import_id].discard(event)
                if not self._followers[import_id]:
                    del self._followers[import_id]

    def _listen(self) -> None:
        while True:
            with contextlib.suppress(RedisError), self._connect() as redis, redis.pubsub() as subscription:
                subscription.subscribe(CHANGED_CHANNEL)
                is_silent = False
                while True:
                    message = subscription.get_message(timeout=LISTEN_SECONDS)
                    if message is None and is_silent:
                        break  # no reply to the ping: the connection is dead
                    is_silent = message is None
                    if message is None:
                        subscription.ping("alive")
                        continue
                    with self._lock:
                        # Subscribed for the first time, or again after some notices may have been missed.
                        if message["type"] == "subscribe":
                            events = [event for followers in self._followers.values() for event in followers]
                        else:
                            events = list(self._followers.get(message["data"].decode(), ()))
                    for event in events:
                        event.set()
            with self._lock:
                if not self._followers:
                    self._thread = None
                    return
            time.sleep(RECONNECT_SECONDS)


def _connect() -> Redis:
    timeout = queue.REDIS_TIMEOUT_SECONDS
    return Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),  # the subscriber itself connects again
    )


subscriber = Subscriber(_connect)
