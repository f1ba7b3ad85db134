"""The state of background work: running imports, the queue, the sweepers' last runs and the last backup."""

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
from imports.models.documents import UNFINISHED

LAST_SWEEP = "tachi:sweep:last"
RESCUED = "tachi:sweep:rescued"
RESCUES = "tachi:sweep:rescues"
LAST_BACKUP = "tachi:backup:last"
MAX_RESCUED = 100  # rescues that are stored

HELD = """
    imports_import.id IN (
        SELECT classid::bigint << 32 | objid::bigint FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND objsubid = 1
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""
QUEUE_POSITION = f"""
    CASE WHEN job.state = 'queued' THEN (
        SELECT count(*) FROM {Import._meta.db_table} AS before
        WHERE before.user_id = job.user_id AND before.id < job.id AND before.state IN ('queued', 'running')) END
"""  # noqa: S608 - only our own table's name is inserted
"""For a row `job` of imports: the number of the player's imports before it while it is queued, else NULL."""


def is_held() -> RawSQL:
    """Returns a condition on imports: a process holds the import's advisory lock now (`jobs.run_import`)."""
    return RawSQL(HELD, [], output_field=BooleanField())  # noqa: S611 - a constant


def queue_depth() -> dict[str, Any]:
    """Returns the numbers of `queued` and `running` imports and of their `players`, and when the `oldest` was queued.

    Imports of banned players are not processed, and not counted.
    """
    is_queued = Q(state=State.QUEUED)
    unfinished = Import.objects.filter(state__in=UNFINISHED, user__is_banned=False)
    return unfinished.aggregate(
        queued=Count("pk", filter=is_queued),
        running=Count("pk", filter=Q(state=State.RUNNING)),
        players=Count("user_id", distinct=True),
        oldest=Min("time_queued", filter=is_queued),
    )


@dataclass(frozen=True, slots=True)
class Sweeps:
    """The time of the last sweep (None if long ago or unknown), and the imports it queued again, newest first."""

    last: datetime | None = None
    rescued: tuple[tuple[datetime, str], ...] = ()


def record_sweep(redis: Redis, rescued: Sequence[str]) -> None:
    """Stores the time and result of a sweep. Does nothing without Redis."""
    now = time.time()
    try:
        with redis.pipeline(transaction=False) as pipe:
            pipe.set(LAST_SWEEP, now, ex=3600)
            if rescued:
                pipe.lpush(RESCUED, *(json.dumps([now, import_id]) for import_id in rescued))
                pipe.ltrim(RESCUED, 0, MAX_RESCUED - 1)
                pipe.incrby(RESCUES, len(rescued))
            pipe.execute()
    except RedisError:
        return


def sweeps(redis: Redis) -> Sweeps:
    """Returns the results of the sweepers of all hosts; empty if Redis does not respond."""
    try:
        last, lines = redis.get(LAST_SWEEP), redis.lrange(RESCUED, 0, MAX_RESCUED - 1)
    except RedisError:
        return Sweeps()
    rescued = [json.loads(line) for line in lines]
    return Sweeps(
        last=None if last is None else _moment(float(last)),
        rescued=tuple((_moment(at), import_id) for at, import_id in rescued),
    )


def rescues(redis: Redis) -> int | None:
    """Returns the number of imports that sweepers queued again since Redis started; None if it does not respond."""
    try:
        return int(redis.get(RESCUES) or 0)
    except RedisError:
        return None


def record_backup(redis: Redis) -> bool:
    """Stores the time of a backup that was made now. Returns False if Redis does not respond."""
    try:
        redis.set(LAST_BACKUP, time.time())
    except RedisError:
        return False
    return True


def last_backup(redis: Redis) -> datetime | None:
    """Returns the time of the last backup; None if it is unknown, also after Redis was emptied."""
    try:
        found = redis.get(LAST_BACKUP)
    except RedisError:
        return None
    return None if found is None else _moment(float(found))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
