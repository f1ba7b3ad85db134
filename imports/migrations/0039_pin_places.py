"""The order that a player gave to the highlighted scores. Null: not moved, which all are at first."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("imports", "0038_ranking_entries")]

    operations = [
        migrations.AddField("score", "pin_place", models.PositiveSmallIntegerField(blank=True, null=True)),
    ]
