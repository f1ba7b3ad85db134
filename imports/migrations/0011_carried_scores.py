"""A place for the IDs of the scores that an import carried besides its own. The next migration fills it."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

TABLE = "imports_carriedscores"


class Migration(migrations.Migration):
    dependencies = [("imports", "0010_fewer_indexes")]

    operations = [
        migrations.CreateModel(
            name="CarriedScores",
            fields=[
                (
                    "job",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="carried",
                        serialize=False, to="imports.import",
                    ),
                ),
                ("score_ids", models.BinaryField()),
            ],
        ),
        # Digests cannot be compressed; PostgreSQL would try each time.
        migrations.RunSQL(f"ALTER TABLE {TABLE} ALTER score_ids SET STORAGE EXTERNAL", migrations.RunSQL.noop),
    ]  # fmt: skip
