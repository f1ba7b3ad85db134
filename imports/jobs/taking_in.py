"""Taking imports in: new ones, those that are to run again, and those that are not to run at all."""

from __future__ import annotations

import contextlib
import zlib
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from redis.exceptions import RedisError

from imports.errors import INPUT_GONE
from imports.jobs import queue, room
from imports.models import APIToken, AuditEntry, Import, ImportInput, State, User
from imports.models.documents import UNFINISHED
from imports.pipeline import states
from imports.pipeline.progress import key_of
from imports.pipeline.upload import Upload


def submit(user: User, upload: Upload, *, token: APIToken | None = None) -> Import:
    """Saves an import with its input and asks for a worker; both are in before this returns, or neither.

    Raises NoRoom where the player's uploads fill what they may.
    """
    compressed = zlib.compress(upload.content, level=1)
    room.take(user, len(compressed))
    # One transaction: a poll may come at once, and a worker must find the input.
    with transaction.atomic():
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
        AuditEntry.objects.create(verb=AuditEntry.Verb.UPLOADED, job=job, subject=user, actor=user, token=token)
        transaction.on_commit(lambda: queue.enqueue(job.import_id))
    return job


# --- again, or not at all ---------------------------------------------------------------------------


class NotPossible(Exception):
    """The import's state does not allow it (any more); the text says why and may be shown."""


class InputGone(NotPossible):
    """What was sent is not stored any more, and will not be again."""


def restore(job: Import, *, by: User, token: APIToken | None = None, reason: str = "") -> None:
    """Queues a reverted import again, from its stored input, under the same ID. Raises NotPossible."""
    _again(job, only_from={State.REVERTED}, verb=AuditEntry.Verb.RESTORED, by=by, token=token, reason=reason)


def retry(job: Import, *, by: User, token: APIToken | None = None, reason: str = "") -> None:
    """Queues a failed or cancelled import again. Raises NotPossible."""
    states_of_failure = {State.FAILED, State.CANCELLED}
    _again(job, only_from=states_of_failure, verb=AuditEntry.Verb.RETRIED, by=by, token=token, reason=reason)


def _again(
    job: Import, *, only_from: set[State], verb: AuditEntry.Verb, by: User, token: APIToken | None, reason: str
) -> None:
    # One transaction: queued again and on record, or neither.
    with transaction.atomic():
        if not ImportInput.objects.filter(job=job).exists():
            raise InputGone(INPUT_GONE)
        if not states.requeue(job, only_from=only_from):
            raise NotPossible("This import cannot be run again as it stands now.")
        AuditEntry.objects.create(verb=verb, job=job, subject_id=job.user_id, actor=by, token=token, reason=reason)
        transaction.on_commit(lambda: _begin_anew(job.import_id))


def _begin_anew(import_id: str) -> None:
    with contextlib.suppress(RedisError):  # how far an earlier run came is nothing to go on from
        queue.redis().delete(key_of(import_id))
    queue.enqueue(import_id)


def cancel(job: Import, *, by: User, token: APIToken | None = None, reason: str = "") -> None:
    """Takes back an import that is not done yet; of a running one nothing stays. Raises NotPossible."""
    # One transaction: cancelled and on record, or neither.
    with transaction.atomic():
        if not states.cancel(job):
            raise NotPossible("This import is not under way.")
        AuditEntry.objects.create(
            verb=AuditEntry.Verb.CANCELLED, job=job, subject_id=job.user_id, actor=by, token=token, reason=reason
        )
        transaction.on_commit(lambda: enqueue_next(job.user_id))


def prune_inputs(*, older_than_days: int) -> int:
    """Deletes stored inputs of finished imports received longer ago. Returns how many."""
    limit = timezone.now() - timedelta(days=older_than_days)
    old = ImportInput.objects.filter(received_at__lt=limit).exclude(job__state__in=UNFINISHED)
    return old.delete()[0]


def enqueue_next(user_id: int) -> None:
    """Asks for a worker for the player's oldest import that waits."""
    waiting = Import.objects.filter(user_id=user_id, state=State.QUEUED).order_by("pk")
    following = waiting.values_list("import_id", flat=True).first()
    if following is not None:
        queue.enqueue(following)
