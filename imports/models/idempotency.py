"""Idempotency keys: requests that may be sent twice and are processed once."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

from imports.models.accounts import User
from imports.models.documents import Import

KEY_LIFETIME = timedelta(hours=24)


class IdempotencyKeyQuerySet(models.QuerySet["IdempotencyKey"]):
    """Idempotency keys, filtered by expiry."""

    def active(self) -> IdempotencyKeyQuerySet:
        return self.filter(created_at__gt=timezone.now() - KEY_LIFETIME)

    def expired(self) -> IdempotencyKeyQuerySet:
        return self.filter(created_at__lte=timezone.now() - KEY_LIFETIME)


class IdempotencyKey(models.Model):
    """A client's key of one submission, saved in the same transaction as the import.

    `digest`: of the request, so that the same key with another body is detected. Stored for 24 hours.
    """

    # The index of the constraint below begins with this column.
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    job = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="+")
    # For the sweeper, which deletes expired keys.
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects: ClassVar[models.Manager[IdempotencyKey]] = IdempotencyKeyQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "key"), name="a_key_counts_once_for_a_user"),)

    def __str__(self) -> str:
        return self.key
