"""Comments of any length: trackers export long ones. PostgreSQL rewrites nothing for it; the way back cuts them."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("imports", "0018_remove_also_carried")]

    operations = [
        migrations.AlterField("score", "comment", models.TextField(blank=True, null=True)),
    ]
