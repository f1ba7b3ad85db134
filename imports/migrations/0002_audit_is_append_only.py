"""The audit trail cannot be rewritten, not even by the admin: the database refuses."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("imports", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql="""
                CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'audit entries can neither be changed nor deleted'; END $$;
                CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON imports_auditentry
                FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
            """,
            reverse_sql="""
                DROP TRIGGER audit_is_append_only ON imports_auditentry;
                DROP FUNCTION audit_is_append_only();
            """,
        )
    ]
