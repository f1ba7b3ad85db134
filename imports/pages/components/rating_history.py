"""A player's rating over time: the stored daily ratings, and their plots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from django.db.models import FloatField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.functional import cached_property

from imports.games import playtype_of
from imports.games.spec import Playtype
from imports.models import DailyRatings, GameStats
from imports.pages.components.class_progress import class_floor, find_ladder, floor_text
from imports.pages.components.import_summary import profile_rating, rating_format
from imports.pages.texts import formatting, player_texts
from imports.pages.texts.numbers import format_change
from imports.pipeline.rankings.ranking_entries import GAIN_DAYS
from imports.pipeline.rankings.rating_trends import ratings_since

MAX_POINTS = 120  # of a plot, and rows of the table beside it
DATES = 5  # dates written below a plot
SHORT_DAYS = 180  # maximum days of a plot with dates without a year
MAX_LEVELS = 5  # drawn class thresholds
PADDING = 0.08  # free share of the plot's height above and below the line
RANGES: dict[str, int | None] = {"30d": 30, "90d": 90, "1y": 365, "all": None}
"""The time ranges of a page, in days; None for everything."""


@dataclass(frozen=True, slots=True)
class RatedDay:
    """The rating at the end of a day (UTC)."""

    day: date
    value: float


def today() -> date:
    return timezone.now().astimezone(UTC).date()


@dataclass(frozen=True)
class Trend:
    """A rating over the last days, oldest first; the first value is the rating before them."""

    days: Sequence[RatedDay]
    playtype: Playtype
    start: date
    rating: str

    @property
    def before(self) -> float | None:
        """The rating before the days; None if there was none."""
        return self.days[0].value if self.days and self.days[0].day < self.start else None

    @cached_property
    def gain(self) -> str:
        """The signed change of the rating; empty without a change."""
        if not self.days:
            return ""
        shown = rating_format(self.playtype, self.rating)
        return format_change(self.before or 0.0, self.days[-1].value, shown, kind="profile")

    @cached_property
    def points(self) -> str:
        """The points of a line in a box of 100 by 38, for a plot without axes; empty without a line."""
        if len(self.days) < 2:
            return ""
        low, high = min(day.value for day in self.days), max(day.value for day in self.days)
        length = max(1, (today() - self.start).days)
        corners: list[str] = []
        before: float | None = None
        for day in self.days:
            x = max(0, (day.day - self.start).days) / length * 100
            y = 34 - (day.value - low) / ((high - low) or 1) * 30
            # A step: the rating was constant until that day.
            if before is not None:
                corners.append(f"{x:.1f},{before:.1f}")
            corners.append(f"{x:.1f},{y:.1f}")
            before = y
        return " ".join([*corners, f"100,{before:.1f}"])


def trends(rows: Sequence[GameStats], *, rating: str = "") -> dict[int, Trend]:
    """Returns the trend of a rating (the default one) over ninety days, by primary key of the stats. One query."""
    start = today() - timedelta(days=GAIN_DAYS)
    days, found = ratings_since(rows, start, rating=rating), {}
    for row in rows:
        playtype = playtype_of(row.game, row.playtype)
        shown = rating or playtype.default_profile_rating
        found[row.pk] = Trend([RatedDay(*each) for each in days[row.pk]], playtype, start, shown)
    return found


def rated_days(stats: GameStats, *, span: int | None) -> list[RatedDay]:
    """Returns the days of the last `span` with their default rating, oldest first, beginning with the day before.

    At most MAX_POINTS: of more days, the last one of each part of the time. One query, two with a span.
    """
    rating = playtype_of(stats.game, stats.playtype).default_profile_rating
    mine = DailyRatings.objects.filter(user=stats.user_id, game=stats.game, playtype=stats.playtype)
    # One number for each day instead of the document with all ratings.
    days = mine.order_by("day").values_list("day", Cast(KT(f"ratings__{rating}"), FloatField()))
    if span is None:
        rows = list(days)
    else:
        start = today() - timedelta(days=span)
        before = days.filter(day__lt=start).order_by("-day")[:1]
        rows = [*((start, value) for _, value in before), *days.filter(day__gte=start)]
    known = [(day, value) for day, value in rows if value is not None]
    if len(known) > MAX_POINTS:
        first, last = known[0], known[-1]
        length = -(-((last[0] - first[0]).days + 1) // MAX_POINTS)
        parts = {(last[0] - day).days // length: (day, value) for day, value in known}
        known = [first, *(each for each in parts.values() if each is not first)]
    return [RatedDay(day, value) for day, value in known]


# --- plots ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Point:
    """A day in the plot. `from_x`, `width`: the part of the plot that shows `label`, in percent."""

    x: str
    y: str
    from_x: str
    width: str
    label: str
    anchor: str  # start, middle or end: the position of the label at its point


@dataclass(frozen=True, slots=True)
class Level:
    """A class's threshold."""

    y: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class DayRow:
    """A row of the table beside the plot."""

    day: str
    value: str
    change: str
    class_name: str


@dataclass(frozen=True, slots=True)
class ImportDay:
    """A day (UTC) with file imports: the number of completed ones and of reverted ones."""

    day: date
    completed: int
    reverted: int


@dataclass(frozen=True, slots=True)
class ImportMark:
    """A day with file imports in the plot. `is_undone`: all of them were reverted."""

    x: str
    is_undone: bool


@dataclass(frozen=True, slots=True)
class RatingPlot:
    """`_rating_plot.html`: a rating over time as a step line; `other`: that of a second player, dashed."""

    line: str  # path in a box of 1000 by 1000
    area: str
    points: tuple[Point, ...]
    levels: tuple[Level, ...]
    ticks: tuple[str, ...]
    rows: tuple[DayRow, ...]  # newest first
    label: str
    axis: str
    dates: tuple[str, ...]  # at equal distances, including the first and the last
    y: str  # the end of the line
    other: str = ""
    other_y: str = ""
    marks: tuple[ImportMark, ...] = ()
    import_days: tuple[ImportDay, ...] = ()  # newest first

    @property
    def has_imports(self) -> bool:
        return any(not mark.is_undone for mark in self.marks)

    @property
    def has_reverted_imports(self) -> bool:
        return any(mark.is_undone for mark in self.marks)


@dataclass(frozen=True, slots=True)
class _Scale:
    start: date
    end: date
    low: float
    high: float

    def x(self, day: date) -> float:
        return max(0.0, (day - self.start).days / ((self.end - self.start).days or 1))

    def y(self, value: float) -> float:
        return 1 - (value - self.low) / (self.high - self.low)

    def dates(self) -> tuple[str, ...]:
        """Days at equal distances; without the year if no day occurs twice in the plot."""
        length = (self.end - self.start).days
        parts = DATES - 1 if length >= DATES - 1 else 1
        days = (self.start + timedelta(days=round(part * length / parts)) for part in range(parts + 1))
        write = formatting.day_of_year if length < SHORT_DAYS else formatting.written_day
        return tuple(map(write, days))


def rating_plot(
    days: Sequence[RatedDay],
    playtype: Playtype,
    *,
    span: int | None,
    other: Sequence[RatedDay] = (),
    imported: Sequence[ImportDay] = (),
    end: date | None = None,
) -> RatingPlot | None:
    """Returns the plot of a rating until `end` (today); None with fewer than two days."""
    end = end or today()
    if not days or (len(days) < 2 and days[0].day == end):
        return None
    rating = playtype.default_profile_rating
    shown = [day.value for day in (*days, *other)]
    margin = (max(shown) - min(shown)) * PADDING or max(shown) * PADDING or 1
    start = end - timedelta(days=span) if span else min(day.day for day in (*days, *other))
    scale = _Scale(start, end, max(0.0, min(shown) - margin), max(shown) + margin)
    line, rows = _steps(days, scale), _rows(days, playtype)
    low, high = (profile_rating(value, playtype, rating) for value in (scale.low, scale.high))
    return RatingPlot(
        line=line,
        area=f"{line}V1000H{scale.x(days[0].day) * 1000:.0f}z",
        points=tuple(_points(days, rows, scale)),
        levels=tuple(_levels(playtype, scale)),
        ticks=tuple(f"{scale.x(day.day) * 100:.2f}%" for day in days),
        rows=tuple(reversed(rows)),
        label=player_texts.plot_label(
            formatting.rating_name(rating, playtype),
            *(profile_rating(day.value, playtype, rating) for day in (days[0], days[-1])),
            start=formatting.written_day(start),
        ),
        axis=player_texts.axis_note(low, high),
        dates=scale.dates(),
        y=f"{scale.y(days[-1].value) * 100:.2f}%",
        other=_steps(other, scale),
        other_y=f"{scale.y(other[-1].value) * 100:.2f}%" if other else "",
        marks=tuple(ImportMark(f"{scale.x(each.day) * 100:.2f}%", not each.completed) for each in imported),
        import_days=tuple(reversed(imported)),
    )


def _steps(days: Sequence[RatedDay], scale: _Scale) -> str:
    """Returns a path on which each rating is constant until the next day, and the last one until today."""
    if not days:
        return ""
    first, *others = days
    corners = "".join(f"H{scale.x(day.day) * 1000:.0f}V{scale.y(day.value) * 1000:.0f}" for day in others)
    return f"M{scale.x(first.day) * 1000:.0f} {scale.y(first.value) * 1000:.0f}{corners}H1000"


def _points(days: Sequence[RatedDay], rows: Sequence[DayRow], scale: _Scale) -> list[Point]:
    places = [scale.x(day.day) * 100 for day in days]
    points = []
    for number, (day, place, row) in enumerate(zip(days, places, rows, strict=True)):
        # From halfway to the previous point to halfway to the next one.
        left = (places[number - 1] + place) / 2 if number else 0.0
        right = (places[number + 1] + place) / 2 if number + 1 < len(places) else 100.0
        points.append(
            Point(
                x=f"{place:.2f}%",
                y=f"{scale.y(day.value) * 100:.2f}%",
                from_x=f"{left:.2f}%",
                width=f"{max(0.0, right - left):.2f}%",
                label=player_texts.point_label(row.value, row.day, row.change),
                anchor="start" if place < 30 else "end" if place > 70 else "middle",
            )
        )
    return points


def _levels(playtype: Playtype, scale: _Scale) -> list[Level]:
    """Returns the class thresholds within the plot; of many, at most MAX_LEVELS."""
    ladder = find_ladder(playtype, playtype.default_profile_rating)
    if ladder is None:
        return []
    first, last = ladder.index(scale.low) + 1, ladder.index(scale.high)
    step = -(-(last - first + 1) // MAX_LEVELS) or 1
    found = [(ladder.name(index), class_floor(ladder, index)) for index in range(last, first - 1, -step)]
    return [
        Level(f"{scale.y(floor) * 100:.2f}%", name, floor_text(ladder, floor))
        for name, floor in found
        if floor is not None
    ]


def _rows(days: Sequence[RatedDay], playtype: Playtype) -> list[DayRow]:
    """Returns rows of the table, oldest first."""
    rating = playtype.default_profile_rating
    ladder = find_ladder(playtype, rating)
    shown, before, rows = rating_format(playtype, rating), None, []
    for day in days:
        rows.append(
            DayRow(
                day=formatting.written_day(day.day),
                value=profile_rating(day.value, playtype, rating),
                change=format_change(before, day.value, shown, kind="profile"),
                class_name=ladder.name(ladder.index(day.value)) if ladder else "",
            )
        )
        before = day.value
    return rows
