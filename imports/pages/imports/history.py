"""The history of an import from the audit trail, newest first."""

from __future__ import annotations

from imports.integers import milliseconds
from imports.models import AuditEntry, Import
from imports.pages.components.class_changes import describe_change
from imports.pages.components.view_models import AuditLine
from imports.pages.core.display_names import get_input
from imports.pages.texts import formatting, import_texts, revert_texts
from imports.templatetags.moderation import audit_icon


def history(job: Import) -> list[AuditLine]:
    """Returns the whole history, for readers with `permissions.can_read_audit`. One query."""
    # By key, as entries are only ever added: later entries have larger keys, even if the clock was wrong.
    entries = AuditEntry.objects.filter(job=job).select_related("actor", "token").order_by("-pk")
    return [
        AuditLine(
            icon=audit_icon(entry.verb),
            what=import_texts.audit_verb(entry.verb, entry.actor.username if entry.actor else ""),
            rest=_second_line(entry, job),
            time=milliseconds(entry.at),
        )
        for entry in entries
    ]


def _second_line(entry: AuditEntry, job: Import) -> str:
    match entry.verb:
        case "uploaded":
            sent = get_input(job)
            # The token may have been deleted since; the key in the entry still shows that one was used.
            if entry.token_id is not None:
                way = import_texts.token_source(entry.token.identifier if entry.token else "")
            else:
                way = import_texts.BY_COMMAND if job.client == "import_scores" else import_texts.BY_BROWSER
            return import_texts.upload_source(
                way, name=sent.file_name if sent else "", size=sent.size if sent else None
            )
        case "completed":
            return import_texts.result_counts(entry.counts)
        case "reverted":
            taken = revert_texts.revert_result(entry.counts.get("scores", 0), entry.counts.get("kept", 0))
            return formatting.with_reason(taken, entry.reason)
        case "class set":
            return formatting.with_reason(describe_change(entry.counts), entry.reason)
        case _:
            return entry.reason
