"""The group `Moderators`, and an index for each filter of the moderators' list of imports."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations, models

GROUP = "Moderators"
LOOKED_AT = (
    "apitoken",
    "auditentry",
    "blockedclient",
    "chart",
    "classachievement",
    "gamestats",
    "idempotencykey",
    "import",
    "importinput",
    "importproblem",
    "importsession",
    "orphanscore",
    "personalbest",
    "rerating",
    "score",
    "scoreblacklist",
    "session",
    "song",
    "user",
)
CHANGED = ("add_blockedclient", "change_blockedclient", "delete_blockedclient", "delete_apitoken")


def make_group(apps: Any, schema_editor: Any) -> None:
    """With what moderators may do in the admin, and whoever is one already."""
    app = apps.get_app_config("imports")
    # Django makes permissions only after all migrations have run, which is too late to give them to anybody.
    app.models_module = True
    create_permissions(app, apps=apps, verbosity=0, using=schema_editor.connection.alias)
    app.models_module = None
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=GROUP)
    codenames = [*CHANGED, *(f"view_{name}" for name in LOOKED_AT)]
    permissions = apps.get_model("auth", "Permission").objects
    group.permissions.set(permissions.filter(content_type__app_label="imports", codename__in=codenames))
    group.user_set.set(apps.get_model("imports", "User").objects.filter(is_staff=True))


def drop_group(apps: Any, _schema_editor: Any) -> None:
    """Whoever moderates still does: staff they stay."""
    apps.get_model("auth", "Group").objects.filter(name=GROUP).delete()


def newest_first(field: str, name: str) -> migrations.AddIndex:
    return migrations.AddIndex("import", models.Index(field, models.F("id").desc(), name=name))


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("imports", "0005_accounts_and_moderation"),
    ]

    operations = [
        newest_first("game", "import_by_game"),
        newest_first("import_type", "import_by_type"),
        newest_first("service", "import_by_service"),
        newest_first("client", "import_by_client"),
        newest_first("user_intent", "import_by_intent"),
        migrations.AddIndex("import", models.Index("time_queued", "state", name="import_by_time")),
        migrations.RunPython(make_group, drop_group),
    ]
