"""Queues new, restored and retried imports; cancels imports and deletes expired inputs."""

from __future__ import annotations

import contextlib
import zlib
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone
from redis.exceptions import RedisError

from imports.errors import INPUT_EXPIRED
from imports.jobs import notices, queue, storage_quota
from imports.models import APIToken, AuditEntry, Import, ImportInput, State, User
from imports.models.documents import UNFINISHED
from imports.pipeline import states
from imports.pipeline.progress import key_of
from imports.pipeline.progress import read as read_progress
from imports.pipeline.upload import Upload


def submit(user: User, upload: Upload, *, token: APIToken | None = None) -> Import:
    """Saves an import and its input in one transaction and queues it.

    Raises QuotaExceeded if the player's uploads use up the quota.
    """
    # Before the transaction, to keep it short.
    compressed = zlib.compress(upload.content, level=1)
    # One transaction: a poll may follow immediately, and a worker must find the input.
    with transaction.atomic():
        storage_quota.reserve(user, len(compressed))
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
        AuditEntry.objects.record(AuditEntry.Verb.UPLOADED, job, by=user, token=token)
        transaction.on_commit(lambda: queue.enqueue(job.import_id))
    return job


# --- transitions ---------------------------------------------------------------------------


class InvalidTransition(Exception):
    """The import's state does not allow the transition; the text says why, and may be shown."""


class InputExpired(InvalidTransition):
    """The input is no longer stored."""


def restore(job: Import, *, by: User, token: APIToken | None = None, reason: str = "") -> None:
    """Queues a reverted import again, from its stored input and with the same ID. Raises InvalidTransition."""
    _requeue(job, only_from={State.REVERTED}, verb=AuditEntry.Verb.RESTORED, by=by, token=token, reason=reason)


def retry(
    job: Import, *, by: User, token: APIToken | None = None, reason: str = "", skip_invalid: bool = False
) -> None:
    """Queues a failed or cancelled import again. Raises InvalidTransition.

    With `skip_invalid`, rows that violate the schema are left out from now on.
    """
    # One transaction: the option is stored and the import queued, or neither.
    with transaction.atomic():
        if skip_invalid:
            stored = ImportInput.objects.filter(job=job).only("fields").first()
            if stored is not None:
                stored.fields["invalid"] = "skip"
                stored.save(update_fields=["fields"])
        states_of_failure = {State.FAILED, State.CANCELLED}
        _requeue(job, only_from=states_of_failure, verb=AuditEntry.Verb.RETRIED, by=by, token=token, reason=reason)


def _requeue(
    job: Import, *, only_from: set[State], verb: AuditEntry.Verb, by: User, token: APIToken | None, reason: str
) -> None:
    def enqueue() -> None:
        with contextlib.suppress(RedisError):  # the progress of an earlier run is obsolete
            queue.redis().delete(key_of(job.import_id))
        queue.enqueue(job.import_id)

    # One transaction: queued again and recorded, or neither.
    with transaction.atomic():
        if not ImportInput.objects.filter(job=job).exists():
            raise InputExpired(INPUT_EXPIRED)
        # The UPDATE itself checks the state: of two concurrent requests, one succeeds.
        if not states.requeue(job, only_from=only_from):
            raise InvalidTransition("This import cannot be run again in its current state.")
        AuditEntry.objects.record(verb, job, by=by, token=token, reason=reason)
        # After the commit: before it a worker would find the import in its previous state and ignore it.
        transaction.on_commit(enqueue)


def cancel(job: Import, *, by: User, token: APIToken | None = None, reason: str = "") -> None:
    """Cancels an unfinished import; a running one is rolled back. Raises InvalidTransition."""
    # One transaction: cancelled and recorded, or neither.
    with transaction.atomic():
        if not states.cancel(job):
            raise InvalidTransition("This import is neither queued nor running.")
        reached = read_progress(queue.redis(), job.import_id) if job.state == State.RUNNING else None
        counts = {"percent": reached.percent} if reached else {}
        AuditEntry.objects.record(AuditEntry.Verb.CANCELLED, job, by=by, token=token, reason=reason, counts=counts)
        transaction.on_commit(lambda: notices.publish(job.import_id))
        # The player's next import may have waited only for this one.
        transaction.on_commit(lambda: enqueue_next(job.user_id))


def prune_inputs(*, older_than_days: int) -> int:
    """Deletes the inputs of finished imports that were received earlier. Returns the number of deleted inputs."""
    limit = timezone.now() - timedelta(days=older_than_days)
    # An unfinished import still needs its input, however long it has waited.
    old = ImportInput.objects.filter(received_at__lt=limit).exclude(job__state__in=UNFINISHED)
    return old.delete()[0]


def enqueue_next(user_id: int) -> None:
    """Queues the player's oldest waiting import."""
    # Its job may be in the queue already. That is harmless: the second worker finds the import claimed and returns.
    with connection.cursor() as cursor:  # after every import: the ORM would compose it longer than PostgreSQL runs it
        cursor.execute(
            f"SELECT import_id FROM {Import._meta.db_table} WHERE user_id = %s AND state = %s ORDER BY id LIMIT 1",  # noqa: S608 - our own table
            [user_id, State.QUEUED],
        )
        next_import = cursor.fetchone()
    if next_import is not None:
        queue.enqueue(next_import[0])
