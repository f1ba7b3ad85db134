"""API clients, the codes that tools exchange for tokens, and which client a token was made for."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import imports.models.api_clients
from django.conf import settings
from django.db import migrations, models

from imports.migrations._moderators import let_moderators_see


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0031_departures"),
    ]

    operations = [
        migrations.CreateModel(
            name="APIClient",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("client_id", models.CharField(default=imports.models.api_clients.new_client_id, max_length=80)),
                ("secret_digest", models.CharField(blank=True, editable=False, max_length=64)),
                ("name", models.CharField(max_length=80)),
                (
                    "permissions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("customise_profile", "customise the profile"),
                                ("customise_score", "comment and highlight scores"),
                                ("customise_session", "name and describe sessions"),
                                ("delete_score", "delete scores and revert imports"),
                                ("manage_challenges", "manage challenges"),
                                ("manage_rivals", "manage rivals"),
                                ("manage_targets", "manage targets"),
                                ("submit_score", "submit scores"),
                            ],
                            max_length=32,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "redirect_uri",
                    models.CharField(
                        blank=True, max_length=500, validators=[imports.models.api_clients.check_redirect_uri]
                    ),
                ),
                (
                    "key_template",
                    models.TextField(
                        blank=True,
                        help_text="With %%TACHI_KEY%% where the token goes.",
                        max_length=10000,
                        validators=[imports.models.api_clients.check_template],
                    ),
                ),
                ("key_filename", models.CharField(blank=True, max_length=100)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_clients",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "API client",
                "ordering": ("-pk",),
                "constraints": [models.UniqueConstraint(fields=("client_id",), name="client_ids_are_unique")],
            },
        ),
        migrations.AddField(
            model_name="apitoken",
            name="client",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="tokens",
                to="imports.apiclient",
            ),
        ),
        migrations.CreateModel(
            name="AuthorizationCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("challenge", models.CharField(blank=True, max_length=128)),
                ("created_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                (
                    "client",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
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
                "constraints": [models.UniqueConstraint(fields=("digest",), name="authorization_codes_are_unique")],
            },
        ),
        let_moderators_see("apiclient", "authorizationcode"),
    ]
