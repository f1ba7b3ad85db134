"""Compares a score with its player's other scores on the chart."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from imports.games.spec import Playtype
from imports.models import Score
from imports.pages.components.score_rows import DEFAULT_METRIC, metric_format
from imports.pages.texts import import_texts
from imports.pages.texts.numbers import MINUS, format_metric, format_metric_difference

RECENT = 5  # earlier plays with whose best a score is compared


@dataclass(frozen=True, slots=True)
class RecentBest:
    """The best of the last `RECENT` plays before a score, and the signed difference of the score to it, as texts."""

    value: str
    difference: str


def place_among_own(score: Score) -> str:
    """Returns the place by the default metric: `#31 of 40 plays`. One query, of the index of the chart's scores."""
    own = Score.objects.filter(user=score.user_id, chart=score.chart_id).annotate(value=DEFAULT_METRIC)
    counts = own.aggregate(all=Count("pk"), better=Count("pk", filter=Q(value__gt=score.best_keys[0])))
    return import_texts.place_among_plays(counts["better"] + 1, counts["all"])


def recent_best(score: Score, playtype: Playtype) -> RecentBest | None:
    """Returns None for an untimed score, and if there are fewer earlier plays. One query, of the same index."""
    value = score.best_keys[0]
    if score.time_achieved is None or value is None:
        return None
    earlier = Score.objects.filter(user=score.user_id, chart=score.chart_id, time_achieved__lt=score.time_achieved)
    values = list(earlier.order_by("-time_achieved", "-pk").values_list("best_keys__0", flat=True)[:RECENT])
    known = [each for each in values if each is not None]
    if len(known) < RECENT:
        return None
    shown, difference = metric_format(playtype, playtype.default_metric), value - max(known)
    if difference < 0:
        text = f"{MINUS}{format_metric(-difference, shown)}"
    else:
        text = format_metric_difference(difference, shown) if difference else ""
    return RecentBest(format_metric(max(known), shown), text)
