"""Songs and charts get the IDs of the API of 2026 beside those they have (`imports.models.catalogue`).

Every row has one from the moment it is there, whoever brings it: the release before inserts none, so a trigger derives
it. The next migration does so for the rows that are there already.
"""

from __future__ import annotations

import django.contrib.postgres.fields
from django.db import migrations, models

# Named by no path but PostgreSQL's own, so that a dump can be restored, which looks for nothing by its path.
TRIGGER = """
    CREATE FUNCTION derive_{table}_v3_id() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.v3_id := '{letter}f' || left(encode(sha256(convert_to({legacy_id}, 'UTF8')), 'hex'), 18);
        RETURN NEW;
    END $$;
    CREATE TRIGGER derive_v3_id BEFORE INSERT OR UPDATE ON imports_{table}
    FOR EACH ROW WHEN (NEW.v3_id = '') EXECUTE FUNCTION derive_{table}_v3_id();
"""
NO_TRIGGER = """
    DROP TRIGGER derive_v3_id ON imports_{table};
    DROP FUNCTION derive_{table}_v3_id();
"""
TRIGGERS = TRIGGER.format(table="song", letter="S", legacy_id="NEW.game || ':' || NEW.song_id") + TRIGGER.format(
    table="chart", letter="C", legacy_id="NEW.chart_id"
)
NO_TRIGGERS = NO_TRIGGER.format(table="chart") + NO_TRIGGER.format(table="song")


class Migration(migrations.Migration):
    dependencies = [("imports", "0019_comments_of_any_length")]

    operations = [
        *(
            operation
            for model in ("song", "chart")
            for operation in (
                migrations.AddField(model, "v3_id", models.TextField(db_default="", editable=False)),
                migrations.AddField(
                    model,
                    "former_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        db_default=[],
                        default=list,
                        editable=False,
                        size=None,
                    ),
                ),
            )
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
