"""Drops indexes that nothing reads: a fifth of the space of scores, a fifth of what each new import has to write.

Django lays a second index, for LIKE, beside that of every unique text; nobody looks for the beginning of an ID. Nothing
is built or gone through here, so that it takes milliseconds whatever the number of scores. Each table is locked by
itself for a moment: waiting for several at once might end in a deadlock with an import. What is done already is passed
over, so that a migration that gave up waiting may be run again.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

import imports.models.documents
import imports.models.sessions

OLD_LISTS = import_module("imports.migrations.0007_import_search").LONG_LISTS.replace("CREATE", "CREATE OR REPLACE", 1)
# Whatever the statistics say, an import's scores and sessions are found through the indexes that are made for it. Left
# to itself, PostgreSQL expects of an import what the average one has, and plans for each small one anew. Sorting by a
# sum keeps it from reading all scores in the order of their keys.
LISTS = OLD_LISTS.replace("ORDER BY score.id)", "ORDER BY score.id + 0)").replace(
    "STABLE AS",
    """STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS""",
)

VERBS = [
    (verb, verb.title())
    for verb in (
        "uploaded", "completed", "failed", "reverted", "restored", "retried", "cancelled", "class set",
        "score deleted", "score edited", "session edited", "blacklisted", "orphans tried", "orphan deleted", "banned",
        "unbanned", "token made", "token revoked", "client blocked", "client unblocked", "second factor made",
        "second factor ended",
    )
]  # fmt: skip

RENAME = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_constraint WHERE conrelid = '{table}'::regclass AND conname = '{old}') THEN
        ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new};
    END IF;
END $$;
"""


def unique(
    model: str, name: str, field: models.CharField[str, str] | models.TextField[str, str], *, like: str, constraint: str
) -> Operation:
    """The index of a unique field stays and becomes that of a constraint by name; the one for LIKE goes."""
    table, old = f"imports_{model}", f"imports_{model}_{name}_key"
    kind = "text" if isinstance(field, models.TextField) else "varchar"
    return migrations.SeparateDatabaseAndState(
        [
            migrations.RunSQL(
                f"DROP INDEX IF EXISTS {like};" + RENAME.format(table=table, old=old, new=constraint),
                RENAME.format(table=table, old=constraint, new=old)
                + f"CREATE INDEX IF NOT EXISTS {like} ON {table} ({name} {kind}_pattern_ops);",
            )
        ],
        [
            migrations.AlterField(model, name, field),
            migrations.AddConstraint(model, models.UniqueConstraint(fields=(name,), name=constraint)),
        ],
    )


def foreign_key(model: str, name: str, field: models.ForeignKey[Any, Any], *, index: str) -> Operation:
    """A reference that nothing is found by, or that another index begins with."""
    return migrations.SeparateDatabaseAndState(
        [
            migrations.RunSQL(
                f"DROP INDEX IF EXISTS {index}", f"CREATE INDEX IF NOT EXISTS {index} ON imports_{model} ({name}_id)"
            )
        ],
        [migrations.AlterField(model, name, field)],
    )


def nobodys(to: str) -> models.ForeignKey[Any, Any]:
    """A reference of the audit trail, which outlives what it points at."""
    nothing = django.db.models.deletion.DO_NOTHING
    return models.ForeignKey(to, null=True, on_delete=nothing, related_name="+", db_constraint=False, db_index=False)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("imports", "0009_catalogue_search")]

    operations = [
        unique(
            "score", "score_id", models.CharField(max_length=65),
            like="imports_score_score_id_5a67143f_like", constraint="score_ids_are_unique",
        ),
        unique(
            "import", "import_id",
            models.CharField(default=imports.models.documents.new_import_id, editable=False, max_length=40),
            like="imports_import_import_id_b2b3b941_like", constraint="import_ids_are_unique",
        ),
        unique(
            "session", "session_id",
            models.CharField(default=imports.models.sessions.new_session_id, editable=False, max_length=41),
            like="imports_session_session_id_951116d6_like", constraint="session_ids_are_unique",
        ),
        unique(
            "orphanscore", "orphan_id", models.CharField(max_length=65),
            like="imports_orphanscore_orphan_id_dbc1d5b0_like", constraint="orphan_ids_are_unique",
        ),
        unique(
            "scoreblacklist", "score_id", models.CharField(max_length=65),
            like="imports_scoreblacklist_score_id_d03f7e43_like", constraint="a_score_is_blacklisted_once",
        ),
        unique(
            "chart", "chart_id", models.TextField(),
            like="imports_chart_chart_id_f8a9de4f_like", constraint="chart_ids_are_unique",
        ),
        unique(
            "apitoken", "digest", models.CharField(editable=False, max_length=64),
            like="imports_apitoken_digest_3b20ba50_like", constraint="tokens_are_unique",
        ),
        # `import_by_user` begins with the user as well.
        foreign_key(
            "import", "user",
            models.ForeignKey(
                settings.AUTH_USER_MODEL, on_delete=django.db.models.deletion.CASCADE, related_name="imports",
                db_index=False,
            ),
            index="imports_import_user_id_b4b9c9a3",
        ),
        foreign_key(
            "auditentry", "actor", nobodys(settings.AUTH_USER_MODEL), index="imports_auditentry_actor_id_2ec2e651"
        ),
        foreign_key("auditentry", "token", nobodys("imports.apitoken"), index="imports_auditentry_token_id_e95d289e"),
        migrations.RunSQL(LISTS, OLD_LISTS),
        migrations.AlterField("auditentry", "verb", models.CharField(choices=VERBS, max_length=20)),
    ]  # fmt: skip
