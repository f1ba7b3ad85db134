"""Derives the IDs of the API of 2026 for songs and charts that are there already.

In batches, each a transaction of its own, so that nobody waits for long; rows that have one are passed over, so that it
may be broken off and run again.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

BATCH = 2_000  # rows


def derive(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001 - Django's signature
    """Has the trigger look at each row."""
    with schema_editor.connection.cursor() as cursor:
        for table in ("imports_song", "imports_chart"):
            cursor.execute(f"SELECT coalesce(min(id), 1), coalesce(max(id), 0) FROM {table}")  # noqa: S608 - our own tables
            first, last = cursor.fetchone()
            for start in range(first - 1, last, BATCH):
                cursor.execute(
                    f"UPDATE {table} SET v3_id = '' WHERE id > %s AND id <= %s AND v3_id = ''",  # noqa: S608
                    [start, start + BATCH],
                )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("imports", "0020_v3_identities")]

    operations = [migrations.RunPython(derive, migrations.RunPython.noop)]
