"""The subscription to Redis: progress of workers, and notices about changed imports."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from imports import log_context
from imports.pipeline.progress import CHANGED_CHANNEL, KEY_PREFIX

log = logging.getLogger(__name__)

RECONNECT_SECONDS = 0.5
SILENCE_SECONDS = 5.0  # of silence until a ping, and after it until the connection is given up


class Listener(Protocol):
    """A receiver of notices."""

    def on_reconnect(self) -> None:
        """Called when notices can be received; earlier ones may have been lost."""

    def on_progress(self, import_id: str, content: bytes) -> None: ...
    def on_change(self, import_id: str) -> None: ...


async def listen(connect: Callable[[], Redis], *listeners: Listener) -> None:
    """Runs forever; reconnects whenever the connection fails."""
    while True:
        try:
            async with connect() as redis, redis.pubsub() as subscription:
                await subscription.psubscribe(f"{KEY_PREFIX}*")
                await subscription.subscribe(CHANGED_CHANNEL)
                await _receive(subscription, listeners)
        except (RedisError, OSError) as error:
            log.warning("streams: Redis is not available: %s", error, extra=log_context.REPEATED)
        await asyncio.sleep(RECONNECT_SECONDS)


async def _receive(subscription: PubSub, listeners: tuple[Listener, ...]) -> None:
    """Receives notices until Redis stops responding."""
    is_silent = False
    while True:
        message = await subscription.get_message(timeout=SILENCE_SECONDS)
        if message is not None:
            for listener in listeners:
                match message["type"]:
                    case "subscribe":  # the second of two
                        listener.on_reconnect()
                    case "pmessage":
                        listener.on_progress(message["channel"].decode().removeprefix(KEY_PREFIX), message["data"])
                    case "message":
                        listener.on_change(message["data"].decode())
        elif is_silent:
            return
        else:
            await subscription.ping("alive")
        is_silent = message is None
