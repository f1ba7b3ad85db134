"""What an import would change, found out by the import itself, which is then rolled back."""

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

MAX_ROWS = 3_000  # of more, the player would wait too long, and the player's lock would be held too long

Found = TypeVar("Found")


def predict(user_id: int, upload: Upload, *, games: Sequence[Game], tell: Callable[[Import], Found]) -> Found | None:
    """Returns what `tell` says of the completed import; None where others change the player's scores at this moment."""
    try:
        # One transaction, which nothing of it survives.
        with transaction.atomic():
            states.acquire_player_lock(user_id)
            now = timezone.now()
            job = Import.objects.create(
                user_id=user_id,
                state=State.RUNNING,  # of one that runs already, the constraint refuses a second
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
            found = tell(job)
            transaction.set_rollback(True)
            return found
    except (PlayerLocked, IntegrityError, ImportFailed, Cancelled):
        return None
