"""What can be seen of the work from outside: who is at which import, and what the sweeper did last."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import BooleanField, Count, Min, Q
from django.db.models.expressions import RawSQL
from redis import Redis
from redis.exceptions import RedisError

from imports.models import Import, State

LAST_SWEEP = "tachi:sweep:last"
RESCUED = "tachi:sweep:rescued"
RESCUES = "tachi:sweep:rescues"
KEPT = 100  # rescues that are remembered

HELD = """
    imports_import.id IN (
        SELECT classid::bigint << 32 | objid::bigint FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND objsubid = 1
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""


def is_held() -> RawSQL:
    """Of a row of imports: whether a process shows a sign of life for it now (`jobs.run_import`)."""
    return RawSQL(HELD, [], output_field=BooleanField())  # noqa: S611 - a constant


def depth() -> dict[str, Any]:
    """How many wait (`queued`) and run, of how many `players`, and since when the `oldest` waits."""
    is_queued = Q(state=State.QUEUED)
    return Import.objects.unfinished().aggregate(
        queued=Count("pk", filter=is_queued),
        running=Count("pk", filter=Q(state=State.RUNNING)),
        players=Count("user_id", distinct=True),
        oldest=Min("time_queued", filter=is_queued),
    )


@dataclass(frozen=True, slots=True)
class Sweeps:
    """When a sweeper last looked, None when long ago or unknown; and the imports it queued again, newest first."""

    last: datetime | None = None
    rescued: tuple[tuple[datetime, str], ...] = ()


def note_sweep(redis: Redis, rescued: Sequence[str]) -> None:
    """Remembers a sweep. Without Redis it is forgotten, which harms nobody."""
    now = time.time()
    try:
        with redis.pipeline(transaction=False) as pipe:
            pipe.set(LAST_SWEEP, now, ex=3600)
            if rescued:
                pipe.lpush(RESCUED, *(json.dumps([now, import_id]) for import_id in rescued))
                pipe.ltrim(RESCUED, 0, KEPT - 1)
                pipe.incrby(RESCUES, len(rescued))
            pipe.execute()
    except RedisError:
        return


def sweeps(redis: Redis) -> Sweeps:
    """What the sweepers of all hosts did; nothing is known when Redis does not answer."""
    try:
        last, lines = redis.get(LAST_SWEEP), redis.lrange(RESCUED, 0, KEPT - 1)
    except RedisError:
        return Sweeps()
    rescued = [json.loads(line) for line in lines]
    return Sweeps(
        last=None if last is None else _moment(float(last)),
        rescued=tuple((_moment(at), import_id) for at, import_id in rescued),
    )


def rescues(redis: Redis) -> int | None:
    """How many imports the sweepers of all hosts have queued again since Redis began; None when it does not answer."""
    try:
        return int(redis.get(RESCUES) or 0)
    except RedisError:
        return None


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
