"""An invented evening for the landing page: the result of a file, ninety days of the rating, and the revert."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from imports.catalogue.chart_names import ChartName
from imports.games import playtype_of
from imports.pages.components.import_summary import profile_rating, rating_format
from imports.pages.components.lamp_colors import light_of
from imports.pages.components.rating_history import RatedDay, RatingPlot, rating_plot, today
from imports.pages.components.view_models import DiffRow, RatingChange, SongName
from imports.pages.texts import formatting, home_texts, import_texts
from imports.pages.texts.numbers import format_change
from imports.pipeline.rankings.ranking_entries import GAIN_DAYS

SCORES, BESTS = 214, 37
BEFORE, AFTER = 17.482, 17.614
# Days ago -> the rating at the end of the day.
VOLFORCES = {
    90: 16.860, 86: 16.884, 85: 16.912, 78: 16.914, 77: 16.917, 73: 16.928, 72: 16.944, 71: 16.947, 70: 16.974,
    66: 17.000, 57: 17.016, 56: 17.028, 44: 17.058, 43: 17.076, 36: 17.079, 35: 17.130, 30: 17.163, 29: 17.178,
    27: 17.197, 26: 17.221, 23: 17.250, 18: 17.286, 17: 17.356, 15: 17.367, 14: 17.388, 12: 17.394, 9: 17.414,
    7: 17.432, 6: BEFORE, 0: AFTER,
}  # fmt: skip
GAINS = (
    ("終電後のプラネタリウム", ChartName("HVN", "18"), ("9,884,120", "9,931,507"), ("EXC", "UC"), "+0.024"),
    ("Parallax Heart", ChartName("EXH", "17"), ("9,960,221", "10,000,000"), ("UC", "PUC"), "+0.019"),
)
LAMPS = {"UC": "ULTIMATE CHAIN", "PUC": "PERFECT ULTIMATE CHAIN"}


@dataclass(frozen=True, slots=True)
class Evening:
    """The example. `label`: the text alternative of the plot."""

    headline: str
    game: str
    change: RatingChange
    plot: RatingPlot | None
    label: str
    gains: Sequence[DiffRow]
    scores: int


def example_evening() -> Evening:
    """Returns the example, with the same numbers for everybody, on the days before today."""
    playtype = playtype_of("sdvx", "Single")
    rating = playtype.default_profile_rating
    days = [RatedDay(today() - timedelta(days=ago), value) for ago, value in VOLFORCES.items()]
    plot = rating_plot(days, playtype, span=GAIN_DAYS)
    first, before, after = (profile_rating(value, playtype, rating) for value in (days[0].value, BEFORE, AFTER))
    name = formatting.rating_name(rating, playtype)
    return Evening(
        headline=import_texts.headline(scores=SCORES, bests=BESTS, rows=SCORES),
        game="SOUND VOLTEX",
        change=RatingChange(
            name, before, after, format_change(BEFORE, AFTER, rating_format(playtype, rating), kind="profile")
        ),
        plot=replace(plot, points=()) if plot else None,
        label=home_texts.plot_label(name, first, after, days=GAIN_DAYS),
        gains=[
            DiffRow(
                song=SongName(title),
                chart=chart,
                light=light_of("sdvx", "lamp", LAMPS[lamps[1]]),
                changes=(scores, lamps),
                change=gain,
            )
            for title, chart, scores, lamps, gain in GAINS
        ],
        scores=SCORES,
    )
