"""Checked files that wait for their player's confirmation, with the check's result: one a player, for half an hour.

They are in Redis, where any web process of any host finds them. If one is lost, the player chooses the file again;
no score is lost. Together they take at most `MAX_TOTAL_BYTES`, so that they cannot crowd out the queue.
"""

from __future__ import annotations

import json
import secrets
import time
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from redis import Redis
from redis.exceptions import RedisError

from imports.access.rate_limits import connection
from imports.models import Import, User
from imports.pipeline.upload import Upload

TTL_SECONDS = 1800  # seconds
MAX_TOTAL_BYTES = 512 * 2**20  # bytes, compressed
SIZES_KEY = "tachi:checked"

# Adds up the stored files of other players and reserves space for the new one if the limit allows. One script, so that
# two simultaneous uploads cannot both take the last space.
RESERVE_SCRIPT = """
local now, own, size, room = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local booked = redis.call('HGETALL', KEYS[1])
local sum = size
for place = 1, #booked, 2 do
  local lapses, bytes = string.match(booked[place + 1], '(%d+) (%d+)')
  if tonumber(lapses) <= now then redis.call('HDEL', KEYS[1], booked[place])
  elseif booked[place] ~= own then sum = sum + tonumber(bytes) end
end
if sum > room then return 0 end
redis.call('HSET', KEYS[1], own, string.format('%d %d', now + tonumber(ARGV[5]), size))
return 1
"""


class UploadNotKept(Exception):
    """The limit is reached, or Redis is down."""


def save(user: User, upload: Upload, said: Mapping[str, Any]) -> str:
    """Stores an upload with the check's result (JSON data), replacing the player's last. Returns its ID.

    Raises UploadNotKept.
    """
    # Fast rather than small: the player waits for the response, and the bytes are deleted within half an hour.
    content = zlib.compress(upload.content, level=1)
    check_id = secrets.token_hex(16)
    facts = {
        "import_type": upload.import_type,
        "file_name": upload.file_name,
        "fields": dict(upload.fields),
        "user_intent": upload.user_intent,
        "infer_time_achieved": upload.infer_time_achieved,
        "client": upload.client,
    }
    # Django's encoder, as texts may be lazy translations.
    texts: dict[Any, str] = {"said": json.dumps(said, cls=DjangoJSONEncoder), "facts": json.dumps(facts)}
    try:
        reserve = _redis().register_script(RESERVE_SCRIPT)
        limits: list[int | str] = [int(time.time()), str(user.pk), len(content), MAX_TOTAL_BYTES, TTL_SECONDS]
        if not reserve(keys=[SIZES_KEY], args=limits):
            raise UploadNotKept
        # One transaction: the previous upload's ID must never be found with the new upload's bytes.
        with _redis().pipeline() as pipe:
            pipe.delete(_key(user))
            pipe.hset(_key(user), mapping={"check_id": check_id, "content": content, **texts})
            pipe.expire(_key(user), TTL_SECONDS)
            pipe.execute()
    except RedisError:
        raise UploadNotKept from None
    return check_id


def get_check(user: User, check_id: str) -> dict[str, Any] | None:
    """Returns the check's result, with the ID from `mark_imported` once it is imported; None once it is deleted."""
    said, imported = _read(user, check_id, "said", "imported") or (None, None)
    if said is None:
        return None
    return {**json.loads(said), "imported": imported.decode() if imported else ""}


def get_upload(user: User, check_id: str, *, fields: Mapping[str, str]) -> Upload | None:
    """Returns the checked upload with these fields added to its own; None once it is deleted."""
    found = _read(user, check_id, "facts", "content")
    if found is None or found[0] is None or found[1] is None:
        return None
    upload = Upload(content=zlib.decompress(found[1]), **json.loads(found[0]))
    own = {name: value for name, value in upload.fields.items() if name != "invalid"}  # the check skipped invalid rows
    return replace(upload, fields={**own, **fields})


def mark_imported(user: User, check_id: str, job: Import) -> None:
    """Stores which import an upload became, and deletes its bytes."""
    # A newer check has replaced this one: its bytes are still needed.
    if _read(user, check_id, "imported") is None:
        return
    try:
        with _redis().pipeline() as pipe:
            pipe.hset(_key(user), "imported", job.import_id)
            pipe.hdel(_key(user), "content")
            pipe.expire(_key(user), TTL_SECONDS)
            pipe.hdel(SIZES_KEY, str(user.pk))
            pipe.execute()
    except RedisError:  # the import is saved, and only that matters to the player
        return


def delete(user: User) -> None:
    """Deletes the player's upload."""
    try:
        _redis().delete(_key(user))
        _redis().hdel(SIZES_KEY, str(user.pk))
    except RedisError:
        return


def _read(user: User, check_id: str, *names: str) -> list[bytes | None] | None:
    """Returns stored parts of the player's last check; None if that was another check."""
    try:
        known, *found = cast("list[bytes | None]", _redis().hmget(_key(user), ["check_id", *names]))
    except RedisError:
        return None
    # A page that was left open must not import another file than the one it shows.
    return found if known == check_id.encode() else None


def _redis() -> Redis:
    return connection(settings.REDIS_URL)


def _key(user: User) -> str:
    return f"tachi:checked:{user.pk}"
