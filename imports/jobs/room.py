"""How much of what players sent is stored, and how much may be.

The sum is remembered in Redis for an hour, so that an upload costs no look at all the earlier ones. It is counted anew
after that, which lets go of what was pruned; without Redis it is counted each time. Two uploads at the same moment may
both take the last of the room: the bound is to keep a database from filling up, not an account to the byte.
"""

from __future__ import annotations

import contextlib

from django.conf import settings
from django.db.models import Sum
from django.db.models.functions import Length
from redis.exceptions import RedisError

from imports.jobs import queue
from imports.models import ImportInput, User

REMEMBERED = 3600  # seconds
MB = 1024 * 1024

# One step, so that a sum that lapses meanwhile is not begun again from nothing.
ADD = "if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('INCRBY', KEYS[1], ARGV[1]) end return false"


class NoRoom(Exception):
    """The player's stored uploads fill what they may. The text says what to do, and may be shown."""


def take(user: User, size: int) -> None:
    """Books so many bytes for an upload. Raises NoRoom."""
    most = settings.TACHI_MAX_STORED_BYTES_PER_USER
    if not most:
        return
    taken = _add(user, size)
    if taken is None:
        taken = _counted(user) + size
        with contextlib.suppress(RedisError):
            queue.redis().set(_key(user), taken, ex=REMEMBERED)
    if taken > most:
        _add(user, -size)
        raise NoRoom(
            f"Your uploads that are kept here fill the {most // MB:,} MB that a player may have. "
            f"Each goes {settings.TACHI_KEEP_INPUT_DAYS} days after it came."
        )


def _counted(user: User) -> int:
    found = ImportInput.objects.filter(job__user=user).aggregate(size=Sum(Length("content")))
    return found["size"] or 0


def _add(user: User, size: int) -> int | None:
    """The sum with these bytes, where it is remembered."""
    try:
        taken = queue.redis().eval(ADD, 1, _key(user), size)
    except RedisError:
        return None
    return None if taken is None else int(taken)


def _key(user: User) -> str:
    return f"tachi:stored:{user.pk}"
