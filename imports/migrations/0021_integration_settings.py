"""What players tell the hooks of their games."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from imports.migrations._moderators import let_moderators_see


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0020_v3_identities_unique"),
    ]

    operations = [
        migrations.CreateModel(
            name="HookSettings",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "hook",
                    models.CharField(choices=[("fervidex", "Fervidex"), ("kshook-sv6c", "Kshook")], max_length=20),
                ),
                (
                    "cards",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100), blank=True, null=True, size=6
                    ),
                ),
                ("force_static_import", models.BooleanField(default=False)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hook_settings",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "hook settings",
                "constraints": [
                    models.UniqueConstraint(models.F("user"), models.F("hook"), name="one_row_of_settings_a_hook")
                ],
            },
        ),
        let_moderators_see("hooksettings"),
    ]
