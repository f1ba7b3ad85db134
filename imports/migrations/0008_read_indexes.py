"""Indexes for the API's reads: people by when they were seen, scores page by page, the feeds of a game."""

from __future__ import annotations

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Upper


class Migration(migrations.Migration):
    dependencies = [("imports", "0007_import_search")]

    operations = [
        TrigramExtension(),
        migrations.AddIndex(
            "user",
            models.Index(
                Coalesce("last_seen", "last_login", "date_joined").desc(), F("id").desc(), name="user_by_last_seen"
            ),
        ),
        migrations.AddIndex(
            "user",
            django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(Upper("username"), name="gin_trgm_ops"), name="user_by_part"
            ),
        ),
        migrations.AddIndex(
            "score",
            models.Index("user", "game", "playtype", "time_achieved", "id", name="score_by_moment"),
        ),
        # The new one does all that this did.
        migrations.RemoveIndex("score", "score_by_time"),
        migrations.AddIndex(
            "score",
            models.Index(
                "game", "playtype", F("time_achieved").desc(), F("id").desc(),
                name="score_highlighted", condition=Q(highlight=True),
            ),
        ),
        migrations.AddIndex(
            "session",
            models.Index(
                "user", "game", "playtype", F("time_started").desc(), F("id").desc(), name="session_by_player"
            ),
        ),
        migrations.AddIndex(
            "session",
            models.Index("game", "playtype", F("time_started").desc(), F("id").desc(), name="session_by_start"),
        ),
        migrations.AddIndex(
            "classachievement",
            models.Index("game", "playtype", F("time_achieved").desc(), F("id").desc(), name="achievement_by_time"),
        ),
    ]  # fmt: skip
