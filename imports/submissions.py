"""Around a submission: one that is sent twice makes one import, and one may be checked before it is made."""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from hashlib import sha256

from django.db import IntegrityError, transaction

from imports import jobs
from imports.models import APIToken, IdempotencyKey, Import, User
from imports.pipeline.checking import Checked, Wish, check_upload
from imports.pipeline.progress import Progress

# --- once -------------------------------------------------------------------------------------------

MAX_KEY = 255  # characters


class KeyTaken(Exception):
    """The player gave this key to another submission already."""


def is_key(text: str) -> bool:
    """Whether this may be a key: printable ASCII, not empty, not too long."""
    return 0 < len(text) <= MAX_KEY and text.isascii() and text.isprintable()


def submit_once(user: User, upload: jobs.Upload, *, key: str, token: APIToken | None = None) -> Import:
    """The import that the player's key stands for, made now unless it was within the last 24 hours. Raises KeyTaken."""
    digest = digest_of(upload)
    earlier = _earlier(user, key, digest)
    if earlier is not None:
        return earlier
    try:
        # One transaction: neither an import without its key nor a key without its import. Of two requests at once the
        # second waits at the unique constraint until the first is through, and then has made nothing.
        with transaction.atomic():
            IdempotencyKey.objects.outlived().filter(user=user, key=key).delete()
            job = jobs.submit(user, upload, token=token)
            IdempotencyKey.objects.create(user=user, key=key, digest=digest, job=job)
    except IntegrityError:
        earlier = _earlier(user, key, digest)
        if earlier is None:
            raise
        return earlier
    return job


def digest_of(upload: jobs.Upload) -> str:
    """Of all that decides what the import will bring; who sent it with what intent does not."""
    said = [upload.import_type, upload.file_name, dict(upload.fields), upload.infer_time_achieved]
    facts = json.dumps(said, sort_keys=True).encode()
    return sha256(sha256(facts).digest() + upload.content).hexdigest()


def _earlier(user: User, key: str, digest: str) -> Import | None:
    found = IdempotencyKey.objects.kept().filter(user=user, key=key).select_related("job").first()
    if found is None:
        return None
    if found.digest != digest:
        raise KeyTaken
    return found.job


# --- checked before it is made ----------------------------------------------------------------------

LARGE = 2**20  # bytes from which a check may take longer than a quarter of a second
_large_check = threading.Lock()


class TooMuchAtOnce(Exception):
    """This process is at a large check already. It may be asked again in a few seconds."""


def check(user: User, upload: jobs.Upload, *, wish: Wish | None = None, progress: Progress | None = None) -> Checked:
    """What an import of this would do with each row; nothing is stored. Raises ImportFailed and TooMuchAtOnce."""
    with _alone() if len(upload.content) >= LARGE else nullcontext():
        return check_upload(
            user.pk,
            upload,
            games=jobs.offered_games(),
            wish=wish,
            progress=progress,
            most_rows=jobs.most_rows(),
        )


@contextmanager
def _alone() -> Iterator[None]:
    """One large check at a time in a process, so that its other threads are free for everybody else.

    Meanwhile nobody looks for reference cycles: a check makes none, and looking takes two fifths of its time.
    """
    if not _large_check.acquire(blocking=False):
        raise TooMuchAtOnce
    looked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looked:
            gc.enable()
        _large_check.release()
