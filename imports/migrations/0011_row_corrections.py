"""Rows that were left out and then imported on a chosen chart; import documents do not list those as errors."""

from __future__ import annotations

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

from imports.migrations._moderators import let_moderators_see

OLD_LISTS = import_module("imports.migrations.0010_fewer_indexes").LISTS
LISTS = OLD_LISTS.replace(
    "WHERE problem.job_id = key)",
    """WHERE problem.job_id = key AND NOT EXISTS (
                SELECT FROM imports_rowcorrection AS correction
                WHERE correction.job_id = key AND correction.row = problem.row AND correction.score_id <> ''))""",
)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("imports", "0011_carried_scores_data"),
    ]

    operations = [
        migrations.CreateModel(
            name="RowCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("row", models.PositiveIntegerField()),
                ("corrected_row", models.PositiveIntegerField()),
                ("score_id", models.CharField(blank=True, db_default="", default="", max_length=65)),
                ("orphan", models.JSONField(blank=True, null=True)),
                (
                    "corrected_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="corrected_rows",
                        to="imports.import",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="corrections",
                        to="imports.import",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("job", "row"), name="a_row_is_corrected_once")],
            },
        ),
        migrations.RunSQL(LISTS, OLD_LISTS),
        let_moderators_see("carriedscores", "rowcorrection"),
    ]  # fmt: skip
