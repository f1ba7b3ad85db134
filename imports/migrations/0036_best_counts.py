"""The lamps and grades of the player's bests before and after each import. Null: imports of the release before."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("imports", "0035_standings")]

    operations = [
        migrations.AddField("import", "best_counts", models.JSONField(blank=True, editable=False, null=True)),
    ]
