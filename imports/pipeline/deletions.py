"""Which scores their owner deleted, as the audit trail tells.

A deletion holds for the imports that had completed before it, whether they are reverted now or not: none of them brings
the score back. A later import does.
"""

from __future__ import annotations

from django.db import connection

from imports.models import AuditEntry, Import
from imports.models.audit import DELETIONS

AUDIT = AuditEntry._meta.db_table


def since_completed(job: Import) -> dict[str, bool]:
    """Returns the IDs of the scores deleted since the import first completed, and whether each was its own then.

    Entries are made under the player's lock: their keys stand in the order of the events, whatever the clocks say.
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
