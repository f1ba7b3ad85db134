"""Texts of the pages of games about metrics, ratings and classes. No database access."""

from __future__ import annotations

from django.utils.translation import gettext as _

from imports.pages.texts.translation import gettext_lazy

GAMES, API = gettext_lazy("Games"), gettext_lazy("API")
EXAMPLE = gettext_lazy("View an example")
ALL_LEVELS = gettext_lazy("All levels")
GIVEN, OPTIONAL, DERIVED = gettext_lazy("required"), gettext_lazy("optional"), gettext_lazy("calculated")
NUMBER, WHOLE_NUMBER = gettext_lazy("number"), gettext_lazy("whole number")
AS_THE_CHART = gettext_lazy("up to the chart's maximum")
OF_A_SCORE, OF_A_SESSION, OF_A_PROFILE = gettext_lazy("a score"), gettext_lazy("a session"), gettext_lazy("a profile")
CLASS_GIVEN = gettext_lazy("Set by the file.")


def class_derived(minimum_scores: int | None) -> str:
    if minimum_scores is None:
        return _("Calculated from the ratings.")
    return _("Calculated from the ratings, with at least {minimum_scores} scores.").format(
        minimum_scores=minimum_scores
    )


def one_of(count: int) -> str:
    return _("one of {count}, below").format(count=count)


def list_of(item: str, *, nullable: bool) -> str:
    text = _("list, each a {item}, or null") if nullable else _("list, each a {item}")
    return text.format(item=item)


def range_of(low: str | None, high: str | None) -> str:
    """Returns a range: `0 to 100`, `0 or more`, `up to 5`; empty without bounds."""
    if low is None:
        return "" if high is None else _("up to {high}").format(high=high)
    return _("{low} or more").format(low=low) if high is None else _("{low} to {high}").format(low=low, high=high)
