"""By which year's rules imports are judged and scores are rated."""

from __future__ import annotations

from collections.abc import Callable

import django.utils.timezone
from django.db import migrations, models

import imports.models.documents


def year(help_text: str, default: int | Callable[[], int]) -> models.PositiveSmallIntegerField[int, int]:
    """What is there already, and whatever the release before still writes, is of the rules of 2025."""
    return models.PositiveSmallIntegerField(default=default, db_default=2025, editable=False, help_text=help_text)


class Migration(migrations.Migration):
    dependencies = [("imports", "0015_orphan_retries")]

    operations = [
        migrations.CreateModel(
            name="GameRules",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("game", models.CharField(max_length=16)),
                ("year", models.PositiveSmallIntegerField()),
                ("time_applied", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name_plural": "game rules",
                "constraints": [models.UniqueConstraint(fields=("game",), name="a_game_has_one_year_of_rules")],
            },
        ),
        migrations.AddField("rerating", "game", models.CharField(blank=True, db_default="", default="", max_length=16)),
        migrations.AddField("rerating", "rules", models.PositiveSmallIntegerField(blank=True, null=True)),
        migrations.AddField(
            "import",
            "rules",
            year("The year of the rules that its rows must keep.", imports.models.documents.rules_of_today),
        ),
        migrations.AddField(
            "import",
            "rated_by",
            year("The year of the rules by which its scores were rated when it completed.", 2025),
        ),
    ]
