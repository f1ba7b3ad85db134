"""Mails to be sent by workers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from imports.models.accounts import User
from imports.models.jobs.outbox import OutboxRow


class Mail(OutboxRow):
    """A mail to be sent, deleted afterwards. Its text and links are composed when it is sent.

    `address`: the recipient, if not the verified address of `user` at that time. `user`: null until a worker has looked
    up whose address it is. `data`: values for the text.
    """

    class Kind(models.TextChoices):
        ADDRESS = "address", "link that verifies an address"
        RESET = "reset", "link to a new password"
        EXPORT = "export", "export is ready"
        NEW_PLACE = "new_place", "sign-in from a new place"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    address = models.EmailField(blank=True)
    language = models.CharField(max_length=10, blank=True)
    data: models.JSONField[dict[str, Any]] = models.JSONField(default=dict, blank=True)

    objects: ClassVar[models.Manager[Mail]] = models.Manager()

    class Meta:
        # For the sweeper.
        indexes = (
            models.Index(fields=("next_attempt_at",), condition=Q(next_attempt_at__isnull=False), name="mail_due"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
