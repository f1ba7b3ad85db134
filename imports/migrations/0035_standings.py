"""What players have in each ranking. Empty at first: the sweeper has it computed for all players."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from imports.migrations._moderators import let_moderators_see


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0034_mail"),
    ]

    operations = [
        migrations.CreateModel(
            name="Standing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("game", models.CharField(max_length=16)),
                ("playtype", models.CharField(max_length=16)),
                ("ranking", models.CharField(max_length=32)),
                ("value", models.FloatField()),
                ("until", models.DateField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="standings",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("game"),
                        models.F("playtype"),
                        models.F("ranking"),
                        models.OrderBy(models.F("value"), descending=True),
                        models.F("user"),
                        name="standing_by_value",
                    ),
                    models.Index(fields=("until",), name="standing_by_end", condition=models.Q(until__isnull=False)),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "game", "playtype", "ranking"), name="one_standing_a_ranking"
                    ),
                ],
            },
        ),
        let_moderators_see("standing"),
    ]
