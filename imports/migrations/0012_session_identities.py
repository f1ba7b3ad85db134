"""Keeps what sessions are called apart from what they are, so that no merge and no revert destroys it.

The columns that are added to sessions are filled when a session is next refreshed; until then the code reads what they
stand for from the others. Only the sessions that players have named are looked at here, as the audit tells which these
are, and the imports that are reverted, as those hold what their sessions were called.
"""

from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from imports.migrations._moderators import let_moderators_see

import imports.models.sessions

NAMES_BY_PLAYERS = """
UPDATE imports_session AS session SET name_edited = true
FROM imports_auditentry AS entry
WHERE entry.verb = 'session edited' AND entry.counts->'changed' ? 'name'
  AND session.session_id = entry.counts->>'sessionID'
"""
REVERTED_SESSIONS = """
INSERT INTO imports_sessionidentity (
    session_id, user_id, game, playtype, name, "desc", highlight, name_edited, desc_edited, highlight_edited,
    time_inserted, time_started, time_ended, anchor
)
SELECT DISTINCT ON (old.session_id)
    old.session_id, job.user_id, job.game, old.playtype, old.name, old."desc", old.highlight,
    EXISTS (
        SELECT FROM imports_auditentry AS entry
        WHERE entry.verb = 'session edited' AND entry.subject_id = job.user_id AND entry.counts->'changed' ? 'name'
          AND entry.counts->>'sessionID' = old.session_id
    ),
    old."desc" IS NOT NULL, old.highlight, old.time_inserted, old.time_started, old.time_ended, old.time_started
FROM imports_import AS job
CROSS JOIN LATERAL jsonb_to_recordset(job.put_aside->'sessions') AS old (
    session_id text, playtype text, name text, "desc" text, highlight bool, time_inserted timestamptz,
    time_started float8, time_ended float8
)
WHERE job.state = 'reverted' AND jsonb_typeof(job.put_aside->'sessions') = 'array'
  AND NOT EXISTS (SELECT FROM imports_session AS alive WHERE alive.session_id = old.session_id)
ORDER BY old.session_id, old.time_ended - old.time_started DESC
"""


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0011_row_corrections"),
    ]

    operations = [
        migrations.AddField("session", "anchor", models.FloatField(null=True)),
        migrations.AddField("session", "name_edited", models.BooleanField(db_default=False, default=False)),
        migrations.AddField("session", "desc_edited", models.BooleanField(db_default=False, default=False)),
        migrations.AddField("session", "highlight_edited", models.BooleanField(db_default=False, default=False)),
        migrations.CreateModel(
            name="SessionIdentity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "session_id",
                    models.CharField(default=imports.models.sessions.new_session_id, editable=False, max_length=41),
                ),
                ("game", models.CharField(max_length=16)),
                ("playtype", models.CharField(max_length=16)),
                ("name", models.CharField(max_length=80)),
                ("desc", models.CharField(blank=True, max_length=120, null=True)),
                ("highlight", models.BooleanField(default=False)),
                ("name_edited", models.BooleanField(db_default=False, default=False)),
                ("desc_edited", models.BooleanField(db_default=False, default=False)),
                ("highlight_edited", models.BooleanField(db_default=False, default=False)),
                ("time_inserted", models.DateTimeField(default=django.utils.timezone.now)),
                ("time_started", models.FloatField()),
                ("time_ended", models.FloatField()),
                ("anchor", models.FloatField()),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="session_identities",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["user", "game", "playtype", "time_ended"], name="session_identity_by_player")
                ],
                "constraints": [models.UniqueConstraint(fields=("session_id",), name="session_identities_are_unique")],
            },
        ),
        let_moderators_see("sessionidentity"),
        migrations.RunSQL(NAMES_BY_PLAYERS, migrations.RunSQL.noop),
        migrations.RunSQL(REVERTED_SESSIONS, migrations.RunSQL.noop),
    ]
