"""Made-up plays for the style guide: a chart's board and history, a score's metrics, an evening."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from imports.games import playtype_of
from imports.pages.components.calendar import calendar_of
from imports.pages.components.chart_plays.history import PlayRow, Plot, Point
from imports.pages.components.chart_plays.leaderboard import LeaderboardRow
from imports.pages.components.chart_plays.metric_lines import MetricLine
from imports.pages.components.lamp_colors import light_of
from imports.pages.components.lamp_strip import play_strip
from imports.pages.components.rating_history import RatedDay, rating_plot
from imports.pages.components.view_models import Dot, PlayDots, PlayedSession
from imports.pages.core.pagination import Page

NIGHT = 1_795_387_260_000  # ms
DAY = 86_400_000

PLAY_VALUES = (
    ("9,861,044", 9_861_044.0, "AAA+", "MAXXIVE CLEAR", "0.397", "+72,142", NIGHT),
    ("9,701,530", 9_701_530.0, "AA+", "EXCESSIVE CLEAR", "0.361", "", NIGHT - DAY),
    ("9,788,902", 9_788_902.0, "AAA", "EXCESSIVE CLEAR", "0.378", "", NIGHT - 9 * DAY),
)


PLAYS = tuple(
    PlayRow(
        url="#",
        time=time,
        score=score,
        grade=light_of("sdvx", "grade", grade),
        lamp=light_of("sdvx", "lamp", lamp),
        rating=rating,
        is_best=bool(gain) or place == len(PLAY_VALUES) - 1,
        is_first=place == len(PLAY_VALUES) - 1,
        gain=gain,
        value=value,
    )
    for place, (score, value, grade, lamp, rating, gain, time) in enumerate(PLAY_VALUES)
)
"""Newest first: a new best, a play that is not, and the first play."""

BOARD = tuple(
    LeaderboardRow(
        rank=place + 1,
        player=("hanabi", "mirei", "orrery")[place],
        url="#",
        score=play.score,
        grade=play.grade,
        lamp=play.lamp,
        rating=play.rating,
        time=play.time,
        is_own=place == 1,
    )
    for place, play in enumerate(PLAYS)
)
"""Three rows: the first is of another player, the second of the reader."""

PLOT = Plot(
    points=(
        Point("6.00%", "46.00%", is_best=True, light="gold", to_x="84.00%", to_y="94.00%"),
        Point("84.00%", "94.00%", is_best=False, light="gold", to_x="94.00%", to_y="6.00%"),
        Point("94.00%", "6.00%", is_best=True, light="violet"),
    ),
    values=("9,861,044", "9,781,287", "9,701,530"),
    start=NIGHT - 9 * DAY,
    end=NIGHT,
    label="3 scores over time, from 9,701,530 to 9,861,044; the table holds the same numbers",
)


RATED = tuple(
    RatedDay(date(2026, 8, 24) + timedelta(days=10 * number), 17.024 + number * number * 0.0074) for number in range(10)
)
DAYS_PLAYED = {date(2026, 11, 22) - timedelta(days=number * 3): 1 + number * 37 % 130 for number in range(110)}


def sample_plays() -> dict[str, Any]:
    return {
        "board": BOARD,
        "plays": PLAYS,
        "plot": PLOT,
        "evenings": PlayDots(
            dots=(
                Dot("3.00%", "52.00%"),
                Dot("24.00%", "94.00%"),
                Dot("70.00%", "48.00%"),
                Dot("45.00%", "20.00%", "violet"),
                Dot("97.00%", "6.00%", "gold"),
            ),
            values=("9,861,044", "9,781,287", "9,701,530"),
            times=(NIGHT - DAY, NIGHT - DAY + 7_200_000, NIGHT),
            is_one_night=False,
            sessions=(
                PlayedSession("Saturday, dusk", "#", 3, 1, "9,790,110", light_of("sdvx", "grade", "AAA")),
                PlayedSession("Sunday, last train", "#", 2, 1, "9,820,500", light_of("sdvx", "grade", "AAA+")),
            ),
            label="5 plays in order, 2 new bests marked; table below",
        ),
        "rating_plot": rating_plot(RATED, playtype_of("sdvx", "Single"), span=None, end=date(2026, 11, 22)),
        "play_strip": play_strip(
            [play.lamp for play in reversed(PLAYS)],
            [play.is_best for play in reversed(PLAYS)],
            [time for *_, time in reversed(PLAY_VALUES)],
        ),
        "calendar": calendar_of(DAYS_PLAYED, last=date(2026, 11, 22)),
        "metrics": (
            MetricLine("Score", "9,861,044"),
            MetricLine("Grade", "AAA+", light=light_of("sdvx", "grade", "AAA+")),
            MetricLine("Gauge over time", "300 values, 0 to 100", trace="0,90 150,60 300,40 450,35 600,8"),
        ),
        "cursor_page": Page((), newer_url="?after=1", older_url="?before=1"),
    }
