"""What several migrations do for moderators. The name begins with an underscore, so that Django takes it for none.

Frozen migrations rest on it: it uses historical models alone, and must go on doing what it does.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations


def let_moderators_see(*models: str) -> migrations.RunPython:
    """Gives the group the permissions to look at these models, as it may look at all others (0006)."""
    return _give([f"view_{model}" for model in models])


def let_moderators_delete(*models: str) -> migrations.RunPython:
    """Gives the group the permissions to delete rows of these models."""
    return _give([f"delete_{model}" for model in models])


def _give(codenames: list[str]) -> migrations.RunPython:
    def run(apps: Any, schema_editor: Any) -> None:
        app = apps.get_app_config("imports")
        # Django makes permissions only after all migrations have run, which is too late to give them to anybody.
        app.models_module = True
        create_permissions(app, apps=apps, verbosity=0, using=schema_editor.connection.alias)
        app.models_module = None
        found = apps.get_model("auth", "Permission").objects.filter(
            content_type__app_label="imports", codename__in=codenames
        )
        for group in apps.get_model("auth", "Group").objects.filter(name="Moderators"):
            group.permissions.add(*found)

    return migrations.RunPython(run, migrations.RunPython.noop)
