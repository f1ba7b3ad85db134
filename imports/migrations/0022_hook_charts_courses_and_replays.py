"""Charts that players bring: orphans say which they wait for, and a view counts them. Courses, and replays of USC."""

from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from imports.migrations._moderators import let_moderators_see

VIEW = """
    CREATE VIEW imports_waitingchart AS
    SELECT min(id) AS id, game, chart_playtype AS playtype, chart_hash,
           (array_agg(data->'chart'->>'title' ORDER BY id))[1] AS title,
           (array_agg(data->'chart'->>'artist' ORDER BY id))[1] AS artist,
           count(DISTINCT user_id) AS player_count, count(*) AS orphan_count, min(time_inserted) AS first_played
    FROM imports_orphanscore WHERE chart_hash <> '' GROUP BY game, chart_playtype, chart_hash
"""


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0021_integration_settings"),
    ]

    operations = [
        migrations.CreateModel(
            name="WaitingChart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("game", models.CharField(max_length=16)),
                ("playtype", models.CharField(max_length=16)),
                ("chart_hash", models.CharField(max_length=64, verbose_name="hash")),
                ("title", models.TextField()),
                ("artist", models.TextField()),
                ("player_count", models.PositiveIntegerField(verbose_name="players")),
                ("orphan_count", models.PositiveIntegerField(verbose_name="plays")),
                ("first_played", models.DateTimeField()),
            ],
            options={
                "db_table": "imports_waitingchart",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Course",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("md5sums", models.TextField(help_text="The hashes of its charts, one behind the other.")),
                ("game", models.CharField(max_length=16)),
                ("playtype", models.CharField(max_length=16)),
                ("class_set", models.CharField(max_length=32)),
                ("value", models.CharField(max_length=32)),
                ("title", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="PlayerChart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("game", models.CharField(max_length=16)),
                ("playtype", models.CharField(max_length=16)),
                ("chart_hash", models.CharField(max_length=64, verbose_name="hash")),
                ("title", models.TextField()),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Replay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("score_id", models.CharField(max_length=65)),
                ("content", models.BinaryField()),
                ("size", models.PositiveIntegerField(help_text="Bytes.")),
                ("time_added", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="replays",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="orphanscore",
            name="chart_hash",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="orphanscore",
            name="chart_playtype",
            field=models.CharField(blank=True, db_default="", default="", max_length=16),
        ),
        migrations.AddConstraint(
            model_name="course",
            constraint=models.UniqueConstraint(fields=("md5sums",), name="courses_are_told_apart_by_their_charts"),
        ),
        migrations.AddField(
            model_name="playerchart",
            name="chart",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="brought_by",
                to="imports.chart",
            ),
        ),
        migrations.AddField(
            model_name="playerchart",
            name="closed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="playerchart",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="imports.chart",
            ),
        ),
        migrations.AddConstraint(
            model_name="playerchart",
            constraint=models.UniqueConstraint(
                fields=("game", "playtype", "chart_hash"), name="players_bring_a_chart_once"
            ),
        ),
        migrations.AddIndex(
            model_name="replay",
            index=models.Index(
                models.F("user"), models.OrderBy(models.F("time_added"), descending=True), name="replay_by_user"
            ),
        ),
        migrations.AddConstraint(
            model_name="replay",
            constraint=models.UniqueConstraint(fields=("score_id",), name="one_replay_a_score"),
        ),
        migrations.RunSQL(VIEW, "DROP VIEW imports_waitingchart"),
        let_moderators_see("course", "playerchart", "replay", "waitingchart"),
    ]
