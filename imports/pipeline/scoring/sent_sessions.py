"""What a file says of sessions: identities like those that sessions get here, which a revert takes their say.

Their IDs name the import that brought them, so that a restore finds them again, however they were merged meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from imports.formats.base import SentSession
from imports.models import Import, Session, SessionIdentity
from imports.pipeline.derived.session_identities import EDITABLE
from imports.pipeline.scoring.store import AffectedScope

KEPT = "sessions"
"""The member of `Import.put_aside` that keeps what was said of each session, by its ID."""


def bring(job: Import, sent: Sequence[SentSession], affected: AffectedScope, *, added: datetime) -> None:
    """Stores identities for the sessions of a file, as if they had begun here when its scores were added.

    So a session that was here before keeps its ID, and what its player said of it. Adds to `affected` where sessions
    have to be refreshed. Those of a restored import say again what they said before its revert.
    """
    ids = {f"{_prefix(job)}{one.number:010x}": one for one in sent}
    there = {row.session_id for row in _brought(job)}
    _say_again(job)
    SessionIdentity.objects.bulk_create(
        [
            SessionIdentity(
                session_id=session_id,
                user_id=job.user_id,
                game=affected.game,
                playtype=one.playtype,
                name=one.name,
                desc=one.desc,
                highlight=one.highlight,
                name_edited="name" in one.edited,
                desc_edited="desc" in one.edited,
                highlight_edited="highlight" in one.edited,
                time_inserted=added,
                time_started=one.start,
                time_ended=one.end,
                anchor=one.anchor,
            )
            for session_id, one in ids.items()
            if session_id not in there
        ],
        batch_size=5_000,
    )
    for one in sent:
        affected.named[one.playtype].append(one.anchor)


def withdraw(job: Import) -> AffectedScope:
    """Takes their say from the identities that a reverted import brought; returns where sessions follow from them.

    They stay, as links to them may be known, and scores of other imports may have become part of them.
    """
    affected = AffectedScope(user_id=job.user_id, game=job.game)
    said: dict[str, list[str]] = {}
    for row in _brought(job):
        # The row of an identity of its own comes last: that of its session may tell of a merged one.
        said[row.session_id] = [name for name in EDITABLE if getattr(row, f"{name}_edited")]
        affected.named[row.playtype].append(row.time_started if row.anchor is None else row.anchor)
    if not said:
        return affected
    job.put_aside[KEPT] = {session_id: names for session_id, names in said.items() if names}
    job.save(update_fields=["put_aside"])
    for model in (Session, SessionIdentity):
        rows = model.objects.filter(user=job.user_id, game=job.game, session_id__in=said)
        rows.update(**{f"{name}_edited": False for name in EDITABLE})
    return affected


def _say_again(job: Import) -> None:
    said: dict[str, list[str]] = job.put_aside.get(KEPT, {})
    if not said:
        return
    for model in (Session, SessionIdentity):
        for name in EDITABLE:
            ids = [session_id for session_id, names in said.items() if name in names]
            model.objects.filter(user=job.user_id, session_id__in=ids).update(**{f"{name}_edited": True})


def _brought(job: Import) -> Iterator[Session | SessionIdentity]:
    """The rows of the identities that an import brought: those of sessions, then those of their own."""
    for model in (Session, SessionIdentity):
        yield from model.objects.filter(user=job.user_id, session_id__startswith=_prefix(job)).iterator()


def _prefix(job: Import) -> str:
    """How the IDs of an import's sessions begin: as random as its own ID, and as long as those of other sessions."""
    return f"Q{job.import_id[:30]}"
