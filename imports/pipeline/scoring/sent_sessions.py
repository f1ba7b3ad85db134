"""Sessions in a file: they become identities like those of other sessions; a revert removes their edit flags.

Their IDs begin with that of their import, so that a restore finds them again after any merges.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from imports.formats.base import SentSession
from imports.models import Import, Session, SessionIdentity
from imports.pipeline.derived.session_identities import EDITABLE
from imports.pipeline.scoring.store import AffectedScope

KEPT = "sessions"
"""The member of `Import.put_aside` with the edited values of each session, by session ID."""


def store_identities(job: Import, sent: Sequence[SentSession], affected: AffectedScope, *, added: datetime) -> None:
    """Stores identities for the sessions of a file, as if they had begun when its scores were added.

    So an existing session keeps its ID and its player's edits. Adds the sessions to refresh to `affected`. The
    identities of a restored import get the edit flags back that they had before its revert.
    """
    ids = {f"{_prefix(job)}{one.number:010x}": one for one in sent}
    existing = {row.session_id for row in _identities_of(job)}
    if edited_names := job.put_aside.get(KEPT, {}):
        for model in (Session, SessionIdentity):
            for name in EDITABLE:
                edited = [session_id for session_id, names in edited_names.items() if name in names]
                model.objects.filter(user=job.user_id, session_id__in=edited).update(**{f"{name}_edited": True})
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
            if session_id not in existing
        ],
        batch_size=5_000,
    )
    for one in sent:
        affected.named[one.playtype].append(one.anchor)


def remove_edit_flags(job: Import) -> AffectedScope:
    """Removes the edit flags of a reverted import's identities; returns the scope of sessions to refresh.

    The identities stay, because links to them may exist, and scores of other imports may be part of these sessions.
    """
    affected = AffectedScope(user_id=job.user_id, game=job.game)
    edited_names: dict[str, list[str]] = {}
    for row in _identities_of(job):
        # The separate row of an identity comes last, because the session's row may show a merged identity.
        edited_names[row.session_id] = [name for name in EDITABLE if getattr(row, f"{name}_edited")]
        affected.named[row.playtype].append(row.time_started if row.anchor is None else row.anchor)
    if not edited_names:
        return affected
    job.put_aside[KEPT] = {session_id: names for session_id, names in edited_names.items() if names}
    job.save(update_fields=["put_aside"])
    for model in (Session, SessionIdentity):
        rows = model.objects.filter(user=job.user_id, game=job.game, session_id__in=edited_names)
        rows.update(**{f"{name}_edited": False for name in EDITABLE})
    return affected


def _identities_of(job: Import) -> Iterator[Session | SessionIdentity]:
    """Yields the rows of an import's identities: first the sessions, then the separate rows."""
    for model in (Session, SessionIdentity):
        yield from model.objects.filter(user=job.user_id, session_id__startswith=_prefix(job)).iterator()


def _prefix(job: Import) -> str:
    """Returns the prefix of an import's session IDs: as random as its ID, and short enough for the usual length."""
    return f"Q{job.import_id[:30]}"
