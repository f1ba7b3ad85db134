"""No index is redundant, because each takes space, and time in every import."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

from tests.query_plans import plan_of

pytestmark = pytest.mark.django_db

ASKED_BY_PEOPLE = {"imports_user", "imports_blockedclient"}
"""Small tables that people edit by hand."""


def test_unique_text_columns_have_no_second_index_for_like() -> None:
    with connection.cursor() as cursor:
        # File names are searched by prefix, in an index for this purpose.
        cursor.execute(
            "SELECT tablename FROM pg_indexes"
            " WHERE strpos(indexdef, '_pattern_ops') > 0 AND indexname <> 'input_by_file_name'"
        )
        found = {table for (table,) in cursor.fetchall()}
    tables = {model._meta.db_table for model in apps.get_app_config("imports").get_models()}
    assert found & tables <= ASKED_BY_PEOPLE


def test_no_index_is_a_prefix_of_another() -> None:
    """Partial indexes are left out, because they are smaller; unique ones, because they are constraints."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT short.indexrelid::regclass::text, long.indexrelid::regclass::text
            FROM pg_index AS short JOIN pg_index AS long USING (indrelid)
            WHERE short.indexrelid <> long.indexrelid AND NOT short.indisunique
              AND short.indpred IS NULL AND long.indpred IS NULL AND short.indexprs IS NULL AND long.indexprs IS NULL
              AND long.indnkeyatts > short.indnkeyatts
              AND long.indkey::text LIKE short.indkey::text || ' %'
              AND short.indrelid::regclass::text IN (
                  'imports_import', 'imports_score', 'imports_session', 'imports_importsession',
                  'imports_personalbest', 'imports_auditentry', 'imports_orphanscore', 'imports_importproblem')
            """
        )
        assert cursor.fetchall() == []


@pytest.mark.parametrize(
    ("table", "column", "index"),
    [
        ("imports_score", "score_id", "score_ids_are_unique"),
        ("imports_import", "import_id", "import_ids_are_unique"),
        ("imports_session", "session_id", "session_ids_are_unique"),
        ("imports_orphanscore", "orphan_id", "orphan_ids_are_unique"),
        ("imports_chart", "chart_id", "chart_ids_are_unique"),
        ("imports_chart", "v3_id", "v3_chart_ids_are_unique"),
        ("imports_song", "v3_id", "v3_song_ids_are_unique"),
        ("imports_apitoken", "digest", "tokens_are_unique"),
    ],
)
def test_an_id_is_looked_up_in_its_unique_index(table: str, column: str, index: str) -> None:
    statement = f"SELECT 1 FROM {table} WHERE {column} = 'x'"  # noqa: S608 - our own names
    plan = plan_of(statement, without=["enable_seqscan"])
    assert index in plan


@pytest.mark.parametrize(
    ("table", "columns", "indexes"),
    [
        (
            "imports_chart",
            ("v3_id = 'x'", "chart_id = 'x'", "former_ids @> ARRAY['x']"),
            ("v3_chart_ids_are_unique", "chart_ids_are_unique", "chart_former_ids"),
        ),
        (
            "imports_song",
            ("v3_id = 'x'", "former_ids @> ARRAY['x']"),
            ("v3_song_ids_are_unique", "song_former_ids"),
        ),
    ],
)
def test_each_kind_of_id_is_looked_up_in_its_index(
    table: str, columns: tuple[str, ...], indexes: tuple[str, ...]
) -> None:
    statement = f"SELECT 1 FROM {table} WHERE {' OR '.join(columns)}"  # noqa: S608 - our own names
    plan = plan_of(statement, without=["enable_seqscan"])
    assert all(index in plan for index in indexes)
