"""What each best added to the rating, kept with the import that brought it. Null: imports of the release before."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("imports", "0024_pictures_and_classes_by_hand")]

    operations = [
        migrations.AddField("import", "rating_gains", models.JSONField(blank=True, editable=False, null=True)),
    ]
