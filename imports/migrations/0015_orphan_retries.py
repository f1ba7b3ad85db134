"""Retries of many orphans, a row each. The previous release neither reads nor writes it."""

from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
import imports.models.documents
from django.conf import settings
from django.db import migrations, models

from imports.migrations._moderators import let_moderators_see


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("imports", "0014_titles_that_look_alike"),
    ]

    operations = [
        migrations.CreateModel(
            name="OrphanRetry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "retry_id",
                    models.CharField(default=imports.models.documents.new_import_id, editable=False, max_length=40),
                ),
                ("last_tried", models.BigIntegerField(default=0)),
                ("up_to", models.BigIntegerField()),
                ("total", models.PositiveIntegerField()),
                ("processed", models.PositiveIntegerField(default=0)),
                ("rescued", models.PositiveIntegerField(default=0)),
                ("kept", models.PositiveIntegerField(default=0)),
                ("removed", models.PositiveIntegerField(default=0)),
                ("crashes", models.PositiveSmallIntegerField(default=0)),
                ("has_failed", models.BooleanField(default=False)),
                ("time_queued", models.DateTimeField(default=django.utils.timezone.now)),
                ("time_touched", models.DateTimeField(blank=True, null=True)),
                ("time_finished", models.DateTimeField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "token",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="imports.apitoken",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="orphan_retries",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "orphan retries",
                "indexes": [
                    models.Index(
                        condition=models.Q(("time_finished", None)),
                        fields=["time_touched"],
                        name="unfinished_orphan_retry",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("retry_id",), name="one_orphan_retry_an_id"),
                    models.UniqueConstraint(
                        condition=models.Q(("time_finished", None)),
                        fields=("user",),
                        name="one_unfinished_orphan_retry_a_player",
                    ),
                ],
            },
        ),
        let_moderators_see("orphanretry"),
    ]
