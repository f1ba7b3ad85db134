"""Submissions of imports: idempotency keys, corrections of rows, and checks before an import."""

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

# --- idempotency ------------------------------------------------------------------------------------

MAX_KEY_LENGTH = 255  # characters


class IdempotencyKeyReused(Exception):
    """The player has used this key for another submission."""


def is_key(text: str) -> bool:
    """Returns whether a text may be a key: printable ASCII, not empty, not too long."""
    return 0 < len(text) <= MAX_KEY_LENGTH and text.isascii() and text.isprintable()


def submit_once(user: User, upload: jobs.Upload, *, key: str, token: APIToken | None = None) -> Import:
    """Returns the import of the player's key, created now unless it was created within the last 24 hours.

    Raises IdempotencyKeyReused, and the exceptions of `submit`.
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
        # The chosen charts are for the rows of the game that was checked.
        if fields.get(GAME_FIELD) != game:
            fields.pop(kept_rows.CHOSEN_FIELD, None)
        uploads.append(replace(upload, fields={**fields, GAME_FIELD: game}))
    parts = [_checked_part(user, each, contents) for each in uploads or [upload]]
    try:
        # One transaction: neither an import without its key nor a key without its import. Of two concurrent requests
        # the second waits at the unique constraint until the first commits, and is then rolled back.
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
    """Returns the import of rows that another import left out, in this order: created now unless there is one.

    Raises QuotaExceeded, and the ImportFailed that it would end with.
    """
    # One transaction: no such import without its corrections. Of two concurrent requests the second waits for the row
    # of the import that left them out, and then finds the first one's import.
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
    """Creates an import. Raises the ImportFailed that it would end with, if that can be found out at once."""
    return jobs.submit(user, _checked_part(user, upload, contents_of(upload)), token=token)


def _checked_part(user: User, upload: jobs.Upload, contents: Contents | None) -> jobs.Upload:
    """Returns the upload to store: of an export, only the files of one game. Raises ImportFailed."""
    games, now = jobs.enabled_games(), timezone.now()
    if contents is not None:
        refuse_others_export(user, upload, contents)
        options = upload.options(games, now=milliseconds(now))
        upload = replace(upload, content=contents.part(options))
    refuse_unreadable(upload, games, received_at=now)
    return upload


FEW_ROWS_BYTES = 128 * 1024
"""Uploads of up to this size (several hundred rows) are parsed completely before they are accepted."""


def refuse_unreadable(upload: jobs.Upload, games: Sequence[Game], *, received_at: datetime) -> None:
    """Raises the ImportFailed that the import would end with, if it can be found out within milliseconds.

    Errors in rows are found only in small uploads.
    """
    if len(upload.content) <= FEW_ROWS_BYTES:
        parse(upload, games, received_at=received_at, max_rows=jobs.max_rows())
    elif not upload.holds_kept_rows:
        source = BY_IMPORT_TYPE[upload.import_type]
        source.check_meta(upload.content, upload.options(games, now=milliseconds(received_at)))


def contents_of(upload: jobs.Upload) -> Contents | None:
    """Returns the contents of an export; None for other uploads. Opens the ZIP (slow). Raises ImportFailed."""
    source = BY_IMPORT_TYPE[upload.import_type]
    return None if source.contents is None or upload.holds_kept_rows else source.contents(upload.content)


def games_in(contents: Contents | None) -> list[str]:
    """Returns the games of an export that this instance has enabled; [] for other uploads."""
    here = {game.slug for game in jobs.enabled_games()}
    return [game for game in contents.games if game in here] if contents else []


OTHERS_EXPORT = (
    "This is the export of {name} from {instance}, and your name here is {yours}. If these are your own scores, send "
    "the name {name} along in the field username."
)


def refuse_others_export(user: User, upload: jobs.Upload, contents: Contents) -> None:
    """Raises ImportFailed for an export of a player with another name, unless the upload's field has that name.

    This only prevents mistakes, as identities on other instances cannot be verified.
    """
    if contents.username.casefold() in ("", user.username.casefold()):
        return
    if upload.fields.get(OWNER_FIELD, "").casefold() != contents.username.casefold():
        where = contents.instance or "another instance"
        raise ImportFailed(OTHERS_EXPORT.format(name=contents.username, instance=where, yours=user.username))


def digest_of(upload: jobs.Upload) -> str:
    """Returns a digest of everything that determines the import's result; not of its client and intent."""
    options = [upload.import_type, upload.file_name, dict(upload.fields), upload.infer_time_achieved]
    facts = json.dumps(options, sort_keys=True).encode()
    return sha256(sha256(facts).digest() + upload.content).hexdigest()


def _earlier(user: User, key: str, digest: str) -> Import | None:
    found = IdempotencyKey.objects.active().filter(user=user, key=key).select_related("job").first()
    if found is None:
        return None
    if found.digest != digest:
        raise IdempotencyKeyReused
    return found.job


# --- checks -----------------------------------------------------------------------------------------

LARGE_UPLOAD_BYTES = 2**20  # bytes from which a check may take longer than a quarter of a second
_large_check = threading.Lock()


class CheckInProgress(Exception):
    """This process is running a large check already. The request may be repeated in a few seconds."""


def check(
    user: User, upload: jobs.Upload, *, row_filter: RowFilter | None = None, progress: Progress | None = None
) -> CheckResult:
    """Returns what an import would do with each row; stores nothing. Raises ImportFailed or CheckInProgress."""
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


def predict(
    user: User, upload: jobs.Upload, checked: CheckResult, *, summarize: Callable[[Import], Found]
) -> Found | None:
    """Returns the result of `summarize` for the import that this upload would become; stores nothing.

    None if it would add nothing, or if it has too many rows.
    """
    brings = checked.totals[Verdict.NEW] or checked.classes
    if not brings or checked.row_count > prediction.MAX_ROWS:
        return None
    return prediction.predict(user.pk, upload, games=jobs.enabled_games(), summarize=summarize)


@contextmanager
def _one_large_check() -> Iterator[None]:
    """Allows one large check at a time per process, so that other threads can serve other requests.

    The garbage collector is disabled meanwhile: a check creates no cycles, and collecting takes 40 % of its time.
    """
    if not _large_check.acquire(blocking=False):
        raise CheckInProgress
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
        _large_check.release()
