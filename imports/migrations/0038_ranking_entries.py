"""`Standing` is called `RankingEntry`; its table keeps its name. Hidden rows of players who leave name their models."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from imports.migrations._moderators import let_moderators_see


def rename_hidden(old: str, new: str) -> list[Any]:
    names = {"old": old, "new": new}
    return [
        ("""UPDATE imports_hiddenrow SET "table" = %(new)s WHERE "table" = %(old)s""", names),
        (
            """
            UPDATE imports_departure SET counts = (counts - %(old)s) || jsonb_build_object(%(new)s::text, counts->%(old)s)
            WHERE counts ? %(old)s
            """,
            names,
        ),
    ]


def delete_old_content_type(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001 - the signature of RunPython
    # With its permissions. Django renames it only together with a table.
    apps.get_model("contenttypes", "ContentType").objects.filter(app_label="imports", model="standing").delete()


class Migration(migrations.Migration):
    dependencies = [("imports", "0037_revert_totals")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterModelTable("standing", "imports_standing"),
                migrations.RenameModel("Standing", "RankingEntry"),
                migrations.AlterModelOptions("rankingentry", {"verbose_name_plural": "ranking entries"}),
                migrations.AlterField(
                    "rankingentry",
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ranking_entries",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ]
        ),
        migrations.RunSQL(
            rename_hidden("Standing", "RankingEntry"), reverse_sql=rename_hidden("RankingEntry", "Standing")
        ),
        let_moderators_see("rankingentry"),
        migrations.RunPython(delete_old_content_type, migrations.RunPython.noop),
    ]
