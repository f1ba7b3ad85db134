"""What reratings have to remember.

Everything is new beside what is there, and may be missing: the previous release neither reads nor writes it.
"""

from __future__ import annotations

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("imports", "0012_session_identities")]

    operations = [
        *(
            migrations.AddField(
                "rerating",
                name,
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.BigIntegerField(), blank=True, null=True, size=None
                ),
            )
            for name in ("busy_players", "busy_imports")
        ),
    ]
