"""Submissions: one that is sent twice makes one import, and one may be checked before it is made."""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone

from imports import jobs
from imports.errors import ImportFailed
from imports.formats import BY_IMPORT_TYPE, kept_rows
from imports.formats.base import Contents
from imports.formats.files.tachi_imports_export import GAME_FIELD, OWNER_FIELD
from imports.games.spec import Game
from imports.integers import milliseconds
from imports.models import APIToken, IdempotencyKey, Import, RowCorrection, User
from imports.models.documents import UNFINISHED
from imports.pipeline import prediction, row_corrections
from imports.pipeline.checking import CheckResult, RowFilter, Verdict, check_upload
from imports.pipeline.progress import Progress
from imports.pipeline.scoring.reading import parse

Found = TypeVar("Found")

# --- once -------------------------------------------------------------------------------------------

MAX_KEY_LENGTH = 255  # characters


class IdempotencyKeyReused(Exception):
    """The player gave this key to another submission already."""


def is_key(text: str) -> bool:
    """Whether this may be a key: printable ASCII, not empty, not too long."""
    return 0 < len(text) <= MAX_KEY_LENGTH and text.isascii() and text.isprintable()


def submit_once(user: User, upload: jobs.Upload, *, key: str, token: APIToken | None = None) -> Import:
    """Returns the import that the player's key stands for, made now unless it was within the last 24 hours.

    Raises IdempotencyKeyReused, and ImportFailed for what `submit` refuses.
    """
    return _submit_once(user, upload, key=key, token=token)


def submit_every_game(user: User, upload: jobs.Upload, *, key: str) -> Import:
    """Makes an import for each game of an export, or none; returns the first. Raises the same as `submit_once`."""
    return _submit_once(user, upload, key=key, every_game=True)


def _submit_once(
    user: User, upload: jobs.Upload, *, key: str, token: APIToken | None = None, every_game: bool = False
) -> Import:
    digest = digest_of(upload)
    earlier = _earlier(user, key, digest)
    if earlier is not None:
        return earlier
    contents = contents_of(upload)
    games = games_in(contents) if every_game else []
    uploads = []
    for game in games:
        fields = dict(upload.fields)
        # Rows were put on charts by their numbers in the game that was looked at.
        if fields.get(GAME_FIELD) != game:
            fields.pop(kept_rows.CHOSEN_FIELD, None)
        uploads.append(replace(upload, fields={**fields, GAME_FIELD: game}))
    parts = [_checked_part(user, each, contents) for each in uploads or [upload]]
    try:
        # One transaction: neither an import without its key nor a key without its import. Of two requests at once the
        # second waits at the unique constraint until the first commits, and then has made nothing.
        with transaction.atomic():
            IdempotencyKey.objects.expired().filter(user=user, key=key).delete()
            job, *_ = [jobs.submit(user, part, token=token) for part in parts]
            IdempotencyKey.objects.create(user=user, key=key, digest=digest, job=job)
    except IntegrityError:
        earlier = _earlier(user, key, digest)
        if earlier is None:
            raise
        return earlier
    return job


def submit_correction(user: User, upload: jobs.Upload, *, of: Import, rows: Sequence[int]) -> Import:
    """Returns the import that brings rows which another left out, in this order: made now unless there is one.

    Raises QuotaExceeded, and the ImportFailed that it would end with.
    """
    # One transaction: no such import without its corrections. Of two presses of the button the second waits at the row
    # of the import that left them out, and then finds the first one's.
    with transaction.atomic():
        Import.objects.select_for_update(no_key=True).only("pk").get(pk=of.pk)
        for earlier in RowCorrection.objects.filter(job=of, row__in=rows).select_related("corrected_by"):
            if earlier.score_id or earlier.corrected_by.state in UNFINISHED:
                return earlier.corrected_by
        made = submit(user, upload)
        row_corrections.save(
            RowCorrection(job=of, row=row, corrected_by=made, corrected_row=place) for place, row in enumerate(rows)
        )
    return made


def submit(user: User, upload: jobs.Upload, *, token: APIToken | None = None) -> Import:
    """Creates an import. Raises the ImportFailed that it would end with, as far as that can be known at once."""
    return jobs.submit(user, _checked_part(user, upload, contents_of(upload)), token=token)


def _checked_part(user: User, upload: jobs.Upload, contents: Contents | None) -> jobs.Upload:
    """What is stored of an upload that can succeed: of an export only what an import of its game reads."""
    games, now = jobs.enabled_games(), timezone.now()
    if contents is not None:
        refuse_others_export(user, upload, contents)
        options = upload.options(games, now=milliseconds(now))
        upload = replace(upload, content=contents.part(options))
    refuse_unreadable(upload, games, received_at=now)
    return upload


FEW_ROWS_BYTES = 128 * 1024
"""Uploads of up to so many bytes (several hundred rows) are read completely before they are accepted."""


def refuse_unreadable(upload: jobs.Upload, games: Sequence[Game], *, received_at: datetime) -> None:
    """Raises the ImportFailed that the import would end with, as far as finding out takes milliseconds only.

    Errors in rows are found only in small uploads.
    """
    if len(upload.content) <= FEW_ROWS_BYTES:
        parse(upload, games, received_at=received_at, max_rows=jobs.max_rows())
    elif not upload.holds_kept_rows:
        source = BY_IMPORT_TYPE[upload.import_type]
        source.check_meta(upload.content, upload.options(games, now=milliseconds(received_at)))


def contents_of(upload: jobs.Upload) -> Contents | None:
    """What an export says of itself; None for other uploads. Opens the ZIP: once is enough. Raises ImportFailed."""
    source = BY_IMPORT_TYPE[upload.import_type]
    return None if source.contents is None or upload.holds_kept_rows else source.contents(upload.content)


def games_in(contents: Contents | None) -> list[str]:
    """The games of an export that this instance has; none for other uploads."""
    here = {game.slug for game in jobs.enabled_games()}
    return [game for game in contents.games if game in here] if contents else []


OTHERS_EXPORT = (
    "This is the export of {name} from {instance}, and your name here is {yours}. If these are your own scores, send "
    "the name {name} along in the field username."
)


def refuse_others_export(user: User, upload: jobs.Upload, contents: Contents) -> None:
    """Raises ImportFailed for an export of somebody with another name, unless the upload says that name, too.

    Nobody can prove who somebody was elsewhere: this is against mistakes.
    """
    if contents.username.casefold() in ("", user.username.casefold()):
        return
    if upload.fields.get(OWNER_FIELD, "").casefold() != contents.username.casefold():
        where = contents.instance or "another instance"
        raise ImportFailed(OTHERS_EXPORT.format(name=contents.username, instance=where, yours=user.username))


def digest_of(upload: jobs.Upload) -> str:
    """Returns a digest of all that decides what the import will bring; who sent it with what intent does not."""
    said = [upload.import_type, upload.file_name, dict(upload.fields), upload.infer_time_achieved]
    facts = json.dumps(said, sort_keys=True).encode()
    return sha256(sha256(facts).digest() + upload.content).hexdigest()


def _earlier(user: User, key: str, digest: str) -> Import | None:
    found = IdempotencyKey.objects.active().filter(user=user, key=key).select_related("job").first()
    if found is None:
        return None
    if found.digest != digest:
        raise IdempotencyKeyReused
    return found.job


# --- checked before it is made ----------------------------------------------------------------------

LARGE_UPLOAD_BYTES = 2**20  # bytes from which a check may take longer than a quarter of a second
_large_check = threading.Lock()


class CheckInProgress(Exception):
    """This process is at a large check already. It may be asked again in a few seconds."""


def check(
    user: User, upload: jobs.Upload, *, row_filter: RowFilter | None = None, progress: Progress | None = None
) -> CheckResult:
    """Returns what an import of this would do with each row; stores nothing. Raises ImportFailed or CheckInProgress."""
    if (contents := contents_of(upload)) is not None:
        refuse_others_export(user, upload, contents)
    with _one_large_check() if len(upload.content) >= LARGE_UPLOAD_BYTES else nullcontext():
        return check_upload(
            user.pk,
            upload,
            games=jobs.enabled_games(),
            row_filter=row_filter,
            progress=progress,
            max_rows=jobs.max_rows(),
        )


def predict(user: User, upload: jobs.Upload, checked: CheckResult, *, tell: Callable[[Import], Found]) -> Found | None:
    """Returns what `tell` says of the import that this would be; stores nothing.

    None where it would bring nothing, or where that would take too long to find out.
    """
    brings = checked.totals[Verdict.NEW] or checked.classes
    if not brings or checked.row_count > prediction.MAX_ROWS:
        return None
    return prediction.predict(user.pk, upload, games=jobs.enabled_games(), tell=tell)


@contextmanager
def _one_large_check() -> Iterator[None]:
    """Allows one large check at a time in a process, so that its other threads are free for everybody else.

    Meanwhile nobody looks for reference cycles: a check makes none, and looking takes two fifths of its time.
    """
    if not _large_check.acquire(blocking=False):
        raise CheckInProgress
    looked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looked:
            gc.enable()
        _large_check.release()
