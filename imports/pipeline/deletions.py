"""The scores that their player deleted, read from the audit log.

A deletion holds for all imports that had completed before it, including reverted ones: their restores do not store the
score again. A later import does.
"""

from __future__ import annotations

from django.db import connection

from imports.models import AuditEntry, Import
from imports.models.audit import DELETIONS

AUDIT = AuditEntry._meta.db_table


def since_completed(job: Import) -> dict[str, bool]:
    """Returns the IDs of the scores deleted since the import first completed, and whether each belonged to it then.

    Entries are written under the player's lock, so that their keys follow the order of events, unlike their times.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT counts->>'scoreID', bool_or(job_id = %s) FROM {AUDIT}
            WHERE subject_id = %s AND verb = ANY(%s)
              AND id > (SELECT min(id) FROM {AUDIT} WHERE job_id = %s AND verb = %s)
            GROUP BY 1
            """,
            [job.pk, job.user_id, list(DELETIONS), job.pk, AuditEntry.Verb.COMPLETED],
        )
        return dict(cursor.fetchall())
