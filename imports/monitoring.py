"""What can be seen of the work from outside: which imports are being worked on, and what the sweepers did last."""

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
MAX_RESCUED = 100  # rescues that are remembered

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
"""  # noqa: S608 - only our own table's name is pasted in
"""Of `job`, a row of imports: how many of its player's are before it while it waits, else NULL."""


def is_held() -> RawSQL:
    """Returns a condition on imports: a process holds the import's advisory lock now (`jobs.run_import`)."""
    return RawSQL(HELD, [], output_field=BooleanField())  # noqa: S611 - a constant


def queue_depth() -> dict[str, Any]:
    """Returns how many wait (`queued`) and run, of how many `players`, and since when the `oldest` waits.

    Those of banned players wait for no worker, and are not counted.
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
    """When a sweeper last looked, None when long ago or unknown; and the imports it queued again, newest first."""

    last: datetime | None = None
    rescued: tuple[tuple[datetime, str], ...] = ()


def record_sweep(redis: Redis, rescued: Sequence[str]) -> None:
    """Remembers a sweep. Without Redis it is forgotten, which harms nobody."""
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
    """Returns what the sweepers of all hosts did; nothing is known when Redis does not answer."""
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
    """Returns how many imports the sweepers have queued again since Redis began; None when it does not answer."""
    try:
        return int(redis.get(RESCUES) or 0)
    except RedisError:
        return None


def record_backup(redis: Redis) -> bool:
    """Remembers that a backup was made now. Returns False without Redis, which then says nothing of its age."""
    try:
        redis.set(LAST_BACKUP, time.time())
    except RedisError:
        return False
    return True


def last_backup(redis: Redis) -> datetime | None:
    """Returns when the last backup was made; None if that is unknown, also after Redis was emptied."""
    try:
        found = redis.get(LAST_BACKUP)
    except RedisError:
        return None
    return None if found is None else _moment(float(found))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
