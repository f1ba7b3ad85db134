"""Predicts the changes of an import by running it and rolling it back."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone

from imports.errors import Cancelled, ImportFailed
from imports.games.spec import Game
from imports.models import Import, ImportInput, State
from imports.pipeline import states
from imports.pipeline.progress import Progress
from imports.pipeline.run import run
from imports.pipeline.states import PlayerLocked
from imports.pipeline.upload import Upload

MAX_ROWS = 3_000  # more rows would make the player wait too long, and hold the player's lock too long

Found = TypeVar("Found")


def predict(
    user_id: int, upload: Upload, *, games: Sequence[Game], summarize: Callable[[Import], Found]
) -> Found | None:
    """Returns the result of `summarize` for the import; None if it fails or the player's scores are locked."""
    try:
        # One transaction, which is rolled back.
        with transaction.atomic():
            states.acquire_player_lock(user_id)
            now = timezone.now()
            job = Import.objects.create(
                user_id=user_id,
                state=State.RUNNING,  # the constraint refuses a second running import
                import_type=upload.import_type,
                user_intent=upload.user_intent,
                time_started=now,
                attempts=1,
            )
            ImportInput.objects.create(
                job=job,
                content=zlib.compress(upload.content, level=1),
                size=len(upload.content),
                file_name=upload.file_name[:255],
                fields=dict(upload.fields),
                infer_time_achieved=upload.infer_time_achieved,
                received_at=now,
            )
            run(job, games, Progress())
            job.refresh_from_db()
            found = summarize(job)
            transaction.set_rollback(True)
            return found
    except (PlayerLocked, IntegrityError, ImportFailed, Cancelled):
        return None
