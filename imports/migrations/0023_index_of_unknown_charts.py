"""The index by which orphans on unknown charts are counted, built while others go on writing orphans."""

from __future__ import annotations

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("imports", "0022_hook_charts_courses_and_replays")]

    operations = [
        AddIndexConcurrently(
            "orphanscore",
            models.Index(
                models.F("chart_hash"),
                models.F("game"),
                condition=models.Q(("chart_hash", ""), _negated=True),
                name="orphan_by_chart",
            ),
        ),
    ]
