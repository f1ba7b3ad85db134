"""Delivery of events to the webhooks of API clients."""

from __future__ import annotations

import logging
import time

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from imports.advisory_locks import WEBHOOK_LOCK, try_lock
from imports.jobs import queue
from imports.jobs.outgoing import outbox
from imports.models import APIClient, WebhookDelivery
from imports.models.jobs.webhook_deliveries import Failure

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 7  # the last about eleven hours after the first
SEND_FOR_SECONDS = 5.0  # then waiting imports are next


def sweep_webhooks() -> None:
    """Hands the next deliveries over to a worker, one for each client, and deletes old ones."""
    if outbox.hand_over(WebhookDelivery.objects.all(), one_for_each="client_id"):
        queue.enqueue_webhooks()
    WebhookDelivery.objects.expired().delete()


def perform_webhooks() -> None:
    """Sends events: the job in the queue. A worker is long-lived, so its connection may have been lost meanwhile."""
    close_old_connections()
    deliver_webhooks()


def deliver_webhooks() -> None:
    """Sends the deliveries that were handed over or became due meanwhile, unless another process is sending."""
    until = time.monotonic() + SEND_FOR_SECONDS
    with try_lock(WEBHOOK_LOCK) as is_held:
        while is_held and send_batch() and time.monotonic() < until:
            if not outbox.hand_over(WebhookDelivery.objects.all(), one_for_each="client_id"):
                return


def send_batch() -> bool:
    """Sends the deliveries that were handed over, concurrently; returns whether there were any."""
    # Imported here, so that only workers that send load aiohttp.
    from imports import webhook_requests  # noqa: PLC0415

    batch = outbox.take_batch(WebhookDelivery.objects.select_related("client"))
    sendable = []
    for delivery in batch:
        if delivery.attempts > MAX_ATTEMPTS:  # the earlier workers died while sending
            _give_up(delivery, Failure.CRASHED)
        elif not APIClient.objects.connected_to(delivery.user_id).filter(pk=delivery.client_id).exists():
            _give_up(delivery, Failure.DISCONNECTED)
        else:
            sendable.append(delivery)
    results = webhook_requests.send(
        [
            webhook_requests.WebhookRequest(
                url=delivery.client.webhook_uri,
                delivery_id=delivery.delivery_id,
                timestamp=int(time.time()),
                body=delivery.body.encode(),
                key=delivery.client.signing_key,
            )
            for delivery in sendable
        ],
        agent=f"tachi-imports/{settings.TACHI_VERSION}",
        allows_private=settings.TACHI_WEBHOOKS_PRIVATE,
    )
    for delivery, result in zip(sendable, results, strict=True):
        delivery.status = result.status
        delivery.failure = "" if result.is_accepted else result.failure or Failure.STATUS
        if delivery.failure:
            delivery.put_off(max_attempts=MAX_ATTEMPTS)
            log.info("webhook delivery %s failed: %s", delivery.delivery_id, delivery.status or delivery.failure)
        else:
            delivery.next_attempt_at, delivery.delivered_at = None, timezone.now()
        _save(delivery)
    return bool(batch)


def _give_up(delivery: WebhookDelivery, failure: Failure) -> None:
    delivery.failure, delivery.next_attempt_at = failure, None
    _save(delivery)


def _save(delivery: WebhookDelivery) -> None:
    delivery.handed_over_at = None
    # Not `save`: the client and with it the delivery may have been deleted meanwhile.
    columns = ("status", "failure", "next_attempt_at", "delivered_at", "handed_over_at")
    WebhookDelivery.objects.filter(pk=delivery.pk).update(**{name: getattr(delivery, name) for name in columns})
