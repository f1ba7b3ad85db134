"""Texts of the home page. No database access."""

from __future__ import annotations

from django.utils.translation import ngettext


def plot_label(rating: str, before: str, after: str, *, days: int) -> str:
    """Returns the text alternative of the picture of the example's rating."""
    return ngettext(
        "{rating} from {before} to {after} in {days} day", "{rating} from {before} to {after} in {days} days", days
    ).format(rating=rating, before=before, after=after, days=days)
