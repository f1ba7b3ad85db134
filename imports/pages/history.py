"""What happened to an import, newest first."""

from __future__ import annotations

from imports.models import AuditEntry, Import
from imports.pages import words
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
}


def history(job: Import, *, private: bool) -> list[AuditLine]:
    """One query. Names of files and reasons are for those who may see the file (`private`)."""
    entries = AuditEntry.objects.filter(job=job).select_related("actor", "token").order_by("-pk")
    return [
        AuditLine(
            icon=ICONS.get(entry.verb, "info"),
            what=words.deed(entry.verb, entry.actor.username if entry.actor else ""),
            rest=_rest(entry, job, private=private),
            time=milliseconds(entry.at),
        )
        for entry in entries
    ]


def _rest(entry: AuditEntry, job: Import, *, private: bool) -> str:
    match entry.verb:
        case "uploaded":
            sent = input_of(job) if private else None
            way = _way(entry, job, private=private)
            return words.uploaded(way, name=sent.file_name if sent else "", size=sent.size if sent else None)
        case "completed":
            return words.counted(entry.counts)
        case "reverted":
            taken = words.reverted(entry.counts.get("scores", 0), entry.counts.get("kept", 0))
            return words.with_reason(taken, entry.reason if private else "")
        case _:
            return entry.reason if private else ""


def _way(entry: AuditEntry, job: Import, *, private: bool) -> str:
    if entry.token_id is not None:
        return words.by_token(entry.token.identifier if entry.token and private else "")
    return words.BY_COMMAND if job.client == "import_scores" else words.BY_BROWSER
