"""An index of the few kinds of audit entries that are read back: deletions, and orphans that were tried.

By itself, so that it can be built beside running work and begun again.
"""

from __future__ import annotations

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("imports", "0013_busy_during_reratings")]

    operations = [
        AddIndexConcurrently(
            "auditentry",
            models.Index(
                "subject", "id", name="audit_read_back",
                condition=models.Q(verb__in=("score deleted", "blacklisted", "orphans tried")),
            ),
        ),
    ]  # fmt: skip
