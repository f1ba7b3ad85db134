"""Events for API clients, to be delivered to their webhooks."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from imports.models.accounts import User
from imports.models.api_clients import APIClient
from imports.models.documents import new_import_id
from imports.models.jobs.outbox import OutboxRow

KEPT = timedelta(days=14)
"""How long deliveries are stored after their event."""


class Failure(models.TextChoices):
    """The reason why an attempt failed."""

    ADDRESS = "address", "private address"
    TIMEOUT = "timeout", "no answer in time"
    CERTIFICATE = "certificate", "TLS failed"
    CONNECTION = "connection", "no connection"
    STATUS = "status", "answer other than 2xx"
    DISCONNECTED = "disconnected", "the player revoked the token"
    CRASHED = "crashed", "our error"


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def expired(self) -> WebhookDeliveryQuerySet:
        return self.filter(created_at__lte=timezone.now() - KEPT)


class WebhookDelivery(OutboxRow):
    """An event for a client. `body`: the JSON to send. `status`: the last response's. `user`: its player."""

    delivery_id = models.CharField(max_length=40, default=new_import_id, editable=False)
    # The index below begins with this column.
    client = models.ForeignKey(APIClient, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    body = models.TextField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    failure = models.CharField(max_length=12, choices=Failure.choices, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[WebhookDelivery]] = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = (models.UniqueConstraint(fields=("delivery_id",), name="one_webhook_delivery_an_id"),)
        indexes = (
            models.Index("client", models.F("id").desc(), name="webhook_delivery_by_client"),
            # For the sweeper.
            models.Index(
                fields=("next_attempt_at",), condition=Q(next_attempt_at__isnull=False), name="webhook_delivery_due"
            ),
            models.Index(fields=("created_at",), name="webhook_delivery_by_age"),
        )

    def __str__(self) -> str:
        return self.delivery_id
