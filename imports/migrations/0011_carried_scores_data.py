"""Fills the carried scores from `Import.also_carried`, and from what reverted imports have put aside.

In batches, each a transaction of its own, so that imports go on meanwhile; what is there already is passed over, so
that it may be broken off and run again. `also_carried` stays and goes on being written, as the release before reads it.
What that one completes after this migration is found by `manage.py check_integrity --repair`.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

BATCH = 500  # imports

# The keys of scores that went meanwhile say nothing any more; those that a revert took are told by ID below.
FORWARDS = """
INSERT INTO imports_carriedscores (job_id, score_ids)
SELECT job.id, string_agg(digest, ''::bytea ORDER BY digest) FROM imports_import AS job CROSS JOIN LATERAL (
    SELECT decode(substr(score.score_id, 2), 'hex') AS digest FROM unnest(job.also_carried) AS keys
    JOIN imports_score AS score
      ON score.id >= lower(keys) AND score.id < upper(keys) AND score.user_id = job.user_id
    UNION
    SELECT decode(substr(gone.score_id, 2), 'hex') FROM imports_import AS reverted
    CROSS JOIN LATERAL jsonb_array_elements_text(reverted.put_aside -> 'carried' -> job.import_id) AS gone (score_id)
    WHERE reverted.user_id = job.user_id AND reverted.state = 'reverted'
      AND reverted.put_aside -> 'carried' ? job.import_id
) AS carried
WHERE job.id > %s AND job.id <= %s AND job.state = 'completed' AND job.duplicate_count > 0
GROUP BY job.id
ON CONFLICT DO NOTHING
"""

# Only scores that are there have keys.
BACKWARDS = """
UPDATE imports_import AS job SET also_carried = coalesce((
    SELECT range_agg(int8range(score.id, score.id + 1))
    FROM imports_carriedscores AS carried
    CROSS JOIN generate_series(0, length(carried.score_ids) / 32 - 1) AS place
    JOIN imports_score AS score
      ON score.score_id = 'T' || encode(substr(carried.score_ids, place * 32 + 1, 32), 'hex')
    WHERE carried.job_id = job.id AND score.from_import_id <> job.id), '{}')
WHERE job.id > %s AND job.id <= %s AND EXISTS (SELECT FROM imports_carriedscores WHERE job_id = job.id)
"""


def in_batches(statement: str) -> Any:
    def run(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001 - Django's signature
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(max(id), 0) FROM imports_import")
            last = cursor.fetchone()[0]
            for start in range(0, last, BATCH):
                cursor.execute(statement, [start, start + BATCH])

    return run


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("imports", "0011_carried_scores")]

    operations = [migrations.RunPython(in_batches(FORWARDS), in_batches(BACKWARDS))]
