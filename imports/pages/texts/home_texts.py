"""What the first page says. Pure."""

from __future__ import annotations

from django.utils.translation import ngettext


def plot_label(rating: str, before: str, after: str, *, days: int) -> str:
    """The picture of the example's rating, for those who do not see it."""
    return ngettext(
        "{rating} from {before} to {after} in {days} day", "{rating} from {before} to {after} in {days} days", days
    ).format(rating=rating, before=before, after=after, days=days)
