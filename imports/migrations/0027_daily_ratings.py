"""The ratings of players day by day. Empty at first: the sweeper has those of all players computed."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from imports.migrations._moderators import let_moderators_see


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0026_file_names"),
    ]

    operations = [
        migrations.CreateModel(
            name="DailyRatings",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("game", models.CharField(max_length=16)),
                ("playtype", models.CharField(max_length=16)),
                ("day", models.DateField()),
                ("score_count", models.PositiveIntegerField()),
                ("ratings", models.JSONField()),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="daily_ratings",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "daily ratings",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "game", "playtype", "day"), name="one_row_of_ratings_a_day"
                    ),
                ],
            },
        ),
        let_moderators_see("dailyratings"),
    ]
