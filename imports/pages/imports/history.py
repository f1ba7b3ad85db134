"""What happened to an import, newest first."""

from __future__ import annotations

from imports.integers import milliseconds
from imports.models import AuditEntry, Import
from imports.pages.components.class_changes import describe_change
from imports.pages.components.view_models import AuditLine
from imports.pages.core.display_names import get_input
from imports.pages.texts import formatting, import_texts, revert_texts
from imports.templatetags.moderation import audit_icon


def history(job: Import) -> list[AuditLine]:
    """One query. All of it, as `permissions.can_read_audit` allows."""
    # By key, as entries are only ever added: what came later has the larger one, whatever the clock said.
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
            # A token may be revoked since; that one was used is known by the key that the entry keeps.
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
