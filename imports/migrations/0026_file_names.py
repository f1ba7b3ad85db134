"""Moderators find imports by the beginning of their file's name. Made beside the table's traffic."""

from __future__ import annotations

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("imports", "0025_rating_gains")]

    operations = [
        AddIndexConcurrently(
            "importinput",
            models.Index(
                fields=["file_name"], name="input_by_file_name", opclasses=("varchar_pattern_ops",),
                condition=~models.Q(file_name=""),
            ),
        ),
    ]  # fmt: skip
