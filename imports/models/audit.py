"""The audit trail: actions with their actor, time and reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:  # entries refer to these models, whose modules are above this one
    from imports.models.accounts import User
    from imports.models.documents import Import
    from imports.models.tokens import APIToken

DELETIONS = ("score deleted", "blacklisted")
"""The verbs of audit entries about scores that their owner deleted."""


class AuditEntryManager(models.Manager["AuditEntry"]):
    """Creates audit entries; no other code does."""

    def record(
        self,
        verb: str,
        job: Import | None = None,
        *,
        job_id: int | None = None,
        subject_id: int | None = None,
        by: User | None = None,
        token: APIToken | None = None,
        reason: str = "",
        counts: dict[str, Any] | None = None,
    ) -> AuditEntry:
        """Creates an entry. Its subject is `subject_id`, by default the owner of the import."""
        return self.create(
            verb=verb,
            job_id=job_id if job is None else job.pk,
            subject_id=job.user_id if subject_id is None and job is not None else subject_id,
            actor=by,
            token=token,
            reason=reason,
            counts=counts or {},
        )


class AuditEntry(models.Model):
    """An action on an import or account: actor, time, reason. Append-only: a trigger refuses changes and deletions."""

    class Verb(models.TextChoices):
        UPLOADED = "uploaded"
        COMPLETED = "completed"
        FAILED = "failed"
        REVERTED = "reverted"
        RESTORED = "restored"
        RETRIED = "retried"
        CANCELLED = "cancelled"
        CLASS_SET = "class set"
        SCORE_DELETED = "score deleted"
        SCORE_EDITED = "score edited"
        SESSION_EDITED = "session edited"
        BLACKLISTED = "blacklisted"
        ORPHANS_TRIED = "orphans tried"
        ORPHAN_DELETED = "orphan deleted"
        BANNED = "banned"
        UNBANNED = "unbanned"
        TOKEN_MADE = "token made"  # noqa: S105 - a verb, not a secret
        TOKEN_REVOKED = "token revoked"  # noqa: S105
        CLIENT_BLOCKED = "client blocked"
        CLIENT_UNBLOCKED = "client unblocked"
        SECOND_FACTOR_MADE = "second factor made"
        SECOND_FACTOR_ENDED = "second factor ended"
        EXPORTED = "data exported"
        LEAVING = "leaving"
        STAYED = "stayed"
        LEFT = "left"

    verb = models.CharField(max_length=20, choices=Verb.choices)
    # Without database constraints: entries outlive the rows they refer to.
    job = models.ForeignKey(
        "imports.Import", null=True, on_delete=models.DO_NOTHING, related_name="audit", db_constraint=False
    )
    subject = models.ForeignKey(
        "imports.User", null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    actor = models.ForeignKey(
        "imports.User", null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )  # never queried by actor, and an index would slow down every insert
    token = models.ForeignKey(
        "imports.APIToken",
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    at = models.DateTimeField(default=timezone.now)
    reason = models.TextField(blank=True)
    counts = models.JSONField(default=dict, blank=True)

    objects: ClassVar[AuditEntryManager] = AuditEntryManager()

    class Meta:
        verbose_name_plural = "audit entries"
        ordering = ("-id",)
        indexes = (
            # Deleted scores are read whenever an import of the player is restored; retries of orphans by the pages.
            models.Index("subject", "id", name="audit_read_back", condition=Q(verb__in=(*DELETIONS, "orphans tried"))),
        )

    def __str__(self) -> str:
        return f"{self.verb} at {self.at:%Y-%m-%d %H:%M}"
