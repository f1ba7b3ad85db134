"""The IDs of the API of 2026 are unique, and found. After the rows were given them, which writes no index that way."""

from __future__ import annotations

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("imports", "0020_v3_identities_data")]

    operations = [
        *(
            operation
            for model in ("song", "chart")
            for operation in (
                migrations.AddConstraint(
                    model,
                    models.UniqueConstraint(
                        fields=("v3_id",),
                        name=f"v3_{model}_ids_are_unique",
                        deferrable=models.Deferrable.IMMEDIATE,
                    ),
                ),
                migrations.AddIndex(
                    model,
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["former_ids"], name=f"{model}_former_ids", fastupdate=False
                    ),
                ),
            )
        ),
    ]
