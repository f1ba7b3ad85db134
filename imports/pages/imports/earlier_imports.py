"""Finds the earlier import of scores that a file repeats."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import reverse

from imports.models import Score


def import_of_scores(scores: QuerySet[Score]) -> str:
    """Returns the address of the import that the scores are from; empty unless there is exactly one. One query."""
    import_ids = scores.values_list("from_import__import_id", flat=True).distinct()[:2]
    return reverse("import-detail", args=[import_ids[0]]) if len(import_ids) == 1 else ""
