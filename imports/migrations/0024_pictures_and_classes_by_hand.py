"""Pictures of players, classes that players give by hand, and how far scores were fetched from other services.

The release before inserts imports and users without the new columns: both have a default in the database.
"""

from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from imports.migrations._moderators import let_moderators_delete, let_moderators_see


class Migration(migrations.Migration):
    dependencies = [("imports", "0023_index_of_unknown_charts")]

    operations = [
        migrations.CreateModel(
            name="ProfilePicture",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="picture",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("content", models.BinaryField()),
                ("stored_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.AddField(
            model_name="import",
            name="classes_before",
            field=models.JSONField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="may_import_classes",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="Whether they may give classes by hand (POST /api/v1/import/class).",
            ),
        ),
        migrations.CreateModel(
            name="ImportTimestop",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("import_type", models.CharField(max_length=40)),
                ("last_score_time", models.BigIntegerField(help_text="Unix milliseconds.")),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="import_timestops",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "import_type"), name="one_timestop_a_service")],
            },
        ),
        let_moderators_see("profilepicture", "importtimestop"),
        let_moderators_delete("profilepicture"),
    ]
