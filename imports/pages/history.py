"""What happened to an import, newest first."""

from __future__ import annotations

from imports.models import AuditEntry, Import
from imports.pages import words
from imports.pages.class_history import told
from imports.pages.naming import input_of, milliseconds
from imports.pages.parts import AuditLine

ICONS = {
    "uploaded": "file-up",
    "completed": "circle-check",
    "failed": "octagon-x",
    "cancelled": "ban",
    "reverted": "undo-2",
    "restored": "rotate-ccw",
    "retried": "rotate-ccw",
    "class set": "trophy",
    "orphan deleted": "trash-2",
    "score deleted": "trash-2",
}


def history(job: Import) -> list[AuditLine]:
    """One query. All of it, as `rules.can_read_audit` allows."""
    entries = AuditEntry.objects.filter(job=job).select_related("actor", "token").order_by("-pk")
    return [
        AuditLine(
            icon=ICONS.get(entry.verb, "info"),
            what=words.deed(entry.verb, entry.actor.username if entry.actor else ""),
            rest=_rest(entry, job),
            time=milliseconds(entry.at),
        )
        for entry in entries
    ]


def _rest(entry: AuditEntry, job: Import) -> str:
    match entry.verb:
        case "uploaded":
            sent = input_of(job)
            way = _way(entry, job)
            return words.uploaded(way, name=sent.file_name if sent else "", size=sent.size if sent else None)
        case "completed":
            return words.counted(entry.counts)
        case "reverted":
            taken = words.reverted(entry.counts.get("scores", 0), entry.counts.get("kept", 0))
            return words.with_reason(taken, entry.reason)
        case "class set":
            return words.with_reason(told(entry.counts), entry.reason)
        case _:
            return entry.reason


def _way(entry: AuditEntry, job: Import) -> str:
    if entry.token_id is not None:
        return words.by_token(entry.token.identifier if entry.token else "")
    return words.BY_COMMAND if job.client == "import_scores" else words.BY_BROWSER
