"""The storage quota of a player's uploads and exports.

The sum is cached in Redis for an hour, so that an upload need not add up all earlier ones. It is then computed again,
without pruned inputs; without Redis it is computed every time. Two concurrent uploads may both use the last free space:
the quota keeps the database from filling up and is not exact to the byte.
"""

from __future__ import annotations

import contextlib

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Length
from redis.exceptions import RedisError

from imports.jobs import queue
from imports.models import DataExport, ImportInput, User

COUNT_TTL_SECONDS = 3600
MB = 1024 * 1024

# One script, so that an increment of a sum that has just expired does not start at zero.
ADD = "if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('INCRBY', KEYS[1], ARGV[1]) end return false"


class QuotaExceeded(Exception):
    """The player's uploads use up the quota. The text says what to do, and may be shown."""


def reserve(user: User, size: int) -> None:
    """Adds the size of an upload once the transaction of its import commits. Raises QuotaExceeded.

    An import that is not saved, such as the second of two identical submissions, therefore does not count.
    """
    most = settings.TACHI_MAX_STORED_BYTES_PER_USER
    if not most:
        return
    # Adding 0 reads the sum.
    taken = _add(user, 0)
    if taken is None:
        stored = ImportInput.objects.filter(job__user=user).aggregate(size=Sum(Length("content")))
        exported = DataExport.objects.filter(user=user).aggregate(size=Sum("size"))
        taken = (stored["size"] or 0) + (exported["size"] or 0)
        with contextlib.suppress(RedisError):
            queue.redis().set(_key(user), taken, ex=COUNT_TTL_SECONDS)
    if taken + size > most:
        raise QuotaExceeded(
            f"Your uploads that are kept here fill the {most // MB:,} MB that a player may have. "
            f"Each goes {settings.TACHI_KEEP_INPUT_DAYS} days after it came."
        )
    transaction.on_commit(lambda: _add(user, size))


def forget(user: User) -> None:
    """Drops the cached sum, after an export was added or deleted."""
    with contextlib.suppress(RedisError):
        queue.redis().delete(_key(user))


def _add(user: User, size: int) -> int | None:
    """Adds to the cached sum of a player; returns it, or None if there is none."""
    try:
        taken = queue.redis().eval(ADD, 1, _key(user), size)
    except RedisError:
        return None
    return None if taken is None else int(taken)


def _key(user: User) -> str:
    return f"tachi:stored:{user.pk}"
