"""Leaving: departures, the rows that are put away for them, and audit entries that lose what people wrote."""

from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from imports.migrations._moderators import let_moderators_see


LET_REASONS_GO = """
    CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        -- When an account is deleted, what people wrote of it goes. Who did what and when stays as it is.
        IF TG_OP = 'UPDATE' AND current_setting('tachi.forgetting', true) = 'on' AND NEW.reason = ''
           AND to_jsonb(NEW) - 'reason' = to_jsonb(OLD) - 'reason' THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'audit entries can neither be changed nor deleted';
    END $$
"""
AS_BEFORE = """
    CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'audit entries can neither be changed nor deleted'; END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0030_data_exports"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="leaves_at",
            field=models.DateTimeField(
                blank=True, editable=False, help_text="When the account is deleted, or was.", null=True
            ),
        ),
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
                    ("leaving", "Leaving"),
                    ("stayed", "Stayed"),
                    ("left", "Left"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="Departure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("game", models.CharField(blank=True, default="", max_length=16)),
                ("counts", models.JSONField(blank=True, default=dict)),
                ("was_active", models.BooleanField(default=True)),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("due_at", models.DateTimeField(db_index=True)),
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
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="departures",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HiddenRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("table", models.CharField(max_length=40)),
                ("row", models.JSONField()),
                ("content", models.BinaryField(null=True)),
                (
                    "departure",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="imports.departure",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="departure",
            constraint=models.UniqueConstraint(fields=("user", "game"), name="one_departure_a_game"),
        ),
        migrations.AddIndex(
            model_name="hiddenrow",
            index=models.Index(fields=["departure", "table", "id"], name="hidden_row_by_table"),
        ),
        migrations.RunSQL(LET_REASONS_GO, AS_BEFORE),
        let_moderators_see("departure", "hiddenrow"),
    ]
