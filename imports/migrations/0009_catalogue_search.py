"""Songs can be found by the letters of their names, in any script and whatever the database's locale.

`catalogue_text` does what `imports.fuzzy.plain` does, in lower case. The bodies stand in SQL's own form, which names
functions for good: a restored dump, which looks for nothing by its path, can compute the column again.
"""

from __future__ import annotations

import django.contrib.postgres.indexes
from django.db import migrations, models

FUNCTIONS = r"""
    CREATE FUNCTION catalogue_text(title text, artist text, alt_titles text[], search_terms text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lower(normalize(regexp_replace(
        normalize(array_to_string(ARRAY[title, artist] || alt_titles || search_terms, E'\n'), NFKD),
        '[\u0300-\u036f]', '', 'g'), NFKC));

    CREATE FUNCTION catalogue_letters(names text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT array_agg(DISTINCT letter) FROM unnest(string_to_array(names, NULL)) AS letters (letter));
"""
NO_FUNCTIONS = """
    DROP FUNCTION catalogue_letters(text);
    DROP FUNCTION catalogue_text(text, text, text[], text[]);
"""


class Migration(migrations.Migration):
    dependencies = [("imports", "0008_read_indexes")]

    operations = [
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.AddField(
            model_name="song",
            name="search_text",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func("title", "artist", "alt_titles", "search_terms", function="catalogue_text"),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddIndex(
            model_name="song",
            index=django.contrib.postgres.indexes.GinIndex(
                models.Func("search_text", function="catalogue_letters"), name="song_letters", gin_pending_list_limit=64
            ),
        ),
    ]
