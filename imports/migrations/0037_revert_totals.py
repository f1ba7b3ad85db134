"""A player's totals before and after a revert, kept with the import. Null: reverts of the release before."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("imports", "0036_best_counts")]

    operations = [
        migrations.AddField("import", "revert_totals", models.JSONField(blank=True, editable=False, null=True)),
    ]
