"""Addresses of webhooks, and what is to be delivered to them."""

from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
import imports.models.api_clients
import imports.models.documents
from django.conf import settings
from django.db import migrations, models

from imports.migrations._moderators import let_moderators_see


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0032_api_clients"),
    ]

    operations = [
        migrations.AddField(
            model_name="apiclient",
            name="webhook_uri",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=500,
                validators=[imports.models.api_clients.check_webhook_uri],
            ),
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("next_attempt_at", models.DateTimeField(blank=True, default=django.utils.timezone.now, null=True)),
                ("handed_over_at", models.DateTimeField(blank=True, null=True)),
                (
                    "delivery_id",
                    models.CharField(default=imports.models.documents.new_import_id, editable=False, max_length=40),
                ),
                ("body", models.TextField()),
                ("status", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "failure",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("address", "private address"),
                            ("timeout", "no answer in time"),
                            ("certificate", "TLS failed"),
                            ("connection", "no connection"),
                            ("status", "answer other than 2xx"),
                            ("disconnected", "the player revoked the token"),
                            ("crashed", "our error"),
                        ],
                        max_length=12,
                    ),
                ),
                ("delivered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="imports.apiclient",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "webhook deliveries",
                "indexes": [
                    models.Index(
                        models.F("client"),
                        models.OrderBy(models.F("id"), descending=True),
                        name="webhook_delivery_by_client",
                    ),
                    models.Index(
                        condition=models.Q(("next_attempt_at__isnull", False)),
                        fields=["next_attempt_at"],
                        name="webhook_delivery_due",
                    ),
                    models.Index(fields=["created_at"], name="webhook_delivery_by_age"),
                ],
                "constraints": [models.UniqueConstraint(fields=("delivery_id",), name="one_webhook_delivery_an_id")],
            },
        ),
        let_moderators_see("webhookdelivery"),
    ]
