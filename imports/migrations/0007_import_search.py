"""Indexes for the API's lists of imports, page by page, and for searching in them; and what grows with an import."""

from __future__ import annotations

from typing import Any

import django.contrib.postgres.indexes
from django.contrib.postgres.search import SearchVectorField
from django.db import migrations, models
from django.db.models import F, Func, Q

# In PL/pgSQL, which keeps the plans: a poll that does not need this would otherwise pay for planning it.
LONG_LISTS = """
CREATE FUNCTION imports_long_lists(key bigint) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN json_build_object(
        'scoreIDs', (
            SELECT coalesce(json_agg(score.score_id ORDER BY score.id), '[]')
            FROM imports_score AS score WHERE score.from_import_id = key),
        'errors', (
            SELECT coalesce(json_agg(json_build_object(
                'type', problem.type, 'message', problem.message, 'row', problem.row) ORDER BY problem.row), '[]')
            FROM imports_importproblem AS problem WHERE problem.job_id = key),
        'createdSessions', (
            SELECT coalesce(json_agg(json_build_object(
                'sessionID', session.session_id, 'type', CASE WHEN part.created THEN 'Created' ELSE 'Appended' END)
                ORDER BY session.time_started, session.id), '[]')
            FROM imports_importsession AS part JOIN imports_session AS session ON session.id = part.session_id
            WHERE part.job_id = key));
END
$$
"""

COMPLETED = Q(state="completed")


def words(column: str, weight: str) -> Func:
    return Func(
        F(column),
        template=(
            "setweight(to_tsvector('simple', regexp_replace(%(expressions)s, "
            rf"'[\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+', ' ', 'g')), '{weight}')"
        ),
        output_field=SearchVectorField(),
    )


SEARCHED = Func(
    words("service", "A"),
    words("client", "B"),
    template="(%(expressions)s)",
    arg_joiner=" || ",
    output_field=SearchVectorField(),
)


def newest_first(name: str, *by: str, time: str, condition: Q) -> migrations.AddIndex:
    columns: tuple[Any, ...] = (*by, F(time).desc(), F("id").desc())
    return migrations.AddIndex("import", models.Index(*columns, name=name, condition=condition))


class Migration(migrations.Migration):
    dependencies = [("imports", "0006_moderators")]

    operations = [
        migrations.RunSQL(LONG_LISTS, "DROP FUNCTION imports_long_lists(bigint)"),
        newest_first("import_list", time="time_finished", condition=COMPLETED),
        newest_first("import_list_by_user", "user", time="time_finished", condition=COMPLETED),
        newest_first("import_list_by_game", "game", time="time_finished", condition=COMPLETED),
        newest_first("import_list_user_game", "user", "game", time="time_finished", condition=COMPLETED),
        newest_first("import_list_by_state", "state", time="time_queued", condition=~COMPLETED),
        newest_first("import_list_user_state", "user", "state", time="time_queued", condition=~COMPLETED),
        migrations.AddIndex("import", django.contrib.postgres.indexes.GinIndex(SEARCHED, name="import_search")),
        # The first two of these take the place of indexes without the primary key.
        migrations.RemoveIndex("import", "import_completed"),
        migrations.RemoveIndex("import", "import_by_user_finished"),
    ]
