"""`Import.also_carried` goes from the model. Its column stays, with a default, for the previous release.

That one names the column whenever it reads or writes an import, also while this one is started beside it. Nothing reads
the value any more (`CarriedScores` took its place); a later release drops the column.
"""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("imports", "0017_new_databases_have_the_rules_of_2026")]

    operations = [
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    "ALTER TABLE imports_import ALTER also_carried SET DEFAULT '{}'",
                    "ALTER TABLE imports_import ALTER also_carried DROP DEFAULT",
                )
            ],
            [migrations.RemoveField("import", "also_carried")],
        )
    ]
