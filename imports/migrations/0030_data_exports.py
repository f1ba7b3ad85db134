"""Exports of players' data: the job, and the parts of its ZIP."""

from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
import imports.models.documents
from django.conf import settings
from django.db import migrations, models

from imports.migrations._moderators import let_moderators_see


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0027_daily_ratings"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditentry",
            name="verb",
            field=models.CharField(
                choices=[
                    ("uploaded", "Uploaded"),
                    ("completed", "Completed"),
                    ("failed", "Failed"),
                    ("reverted", "Reverted"),
                    ("restored", "Restored"),
                    ("retried", "Retried"),
                    ("cancelled", "Cancelled"),
                    ("class set", "Class Set"),
                    ("score deleted", "Score Deleted"),
                    ("score edited", "Score Edited"),
                    ("session edited", "Session Edited"),
                    ("blacklisted", "Blacklisted"),
                    ("orphans tried", "Orphans Tried"),
                    ("orphan deleted", "Orphan Deleted"),
                    ("banned", "Banned"),
                    ("unbanned", "Unbanned"),
                    ("token made", "Token Made"),
                    ("token revoked", "Token Revoked"),
                    ("client blocked", "Client Blocked"),
                    ("client unblocked", "Client Unblocked"),
                    ("second factor made", "Second Factor Made"),
                    ("second factor ended", "Second Factor Ended"),
                    ("data exported", "Exported"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="DataExport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "export_id",
                    models.CharField(default=imports.models.documents.new_import_id, editable=False, max_length=40),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "queued"),
                            ("running", "running"),
                            ("ready", "ready"),
                            ("failed", "failed"),
                        ],
                        default="queued",
                        max_length=7,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("size", models.PositiveBigIntegerField(default=0)),
                ("time_queued", models.DateTimeField(default=django.utils.timezone.now)),
                ("time_touched", models.DateTimeField(default=django.utils.timezone.now)),
                ("time_finished", models.DateTimeField(blank=True, null=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="data_exports",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DataExportPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("content", models.BinaryField()),
                (
                    "export",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="imports.dataexport",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="dataexport",
            index=models.Index(
                models.F("user"), models.OrderBy(models.F("id"), descending=True), name="export_by_user"
            ),
        ),
        migrations.AddIndex(
            model_name="dataexport",
            index=models.Index(
                condition=models.Q(("state__in", ("queued", "running"))),
                fields=["time_touched"],
                name="export_unfinished",
            ),
        ),
        migrations.AddIndex(
            model_name="dataexport",
            index=models.Index(fields=["expires_at"], name="export_by_end"),
        ),
        migrations.AddConstraint(
            model_name="dataexport",
            constraint=models.UniqueConstraint(fields=("export_id",), name="one_export_an_id"),
        ),
        migrations.AddConstraint(
            model_name="dataexport",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("queued", "running"))),
                fields=("user",),
                name="one_unfinished_export_a_player",
            ),
        ),
        migrations.AddConstraint(
            model_name="dataexportpart",
            constraint=models.UniqueConstraint(fields=("export", "number"), name="one_part_a_number"),
        ),
        let_moderators_see("dataexport", "dataexportpart"),
    ]
