"""The calendar of a player's days with scores in a year: two half years side by side, and a table by month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Sum
from django.utils.dates import MONTHS_3

from imports.models import DailyRatings, User
from imports.pages.components.rating_history import today
from imports.pages.texts import formatting, player_texts

WEEKS_PER_HALF = 26
STEPS = (1, 20, 50, 100)
"""The numbers of scores a day at which cells get brighter."""
CELL = "h.84v.84h-.84z"


@dataclass(frozen=True, slots=True)
class MonthLabel:
    """A month's name above its first week; `x` in percent."""

    x: str
    name: str


@dataclass(frozen=True, slots=True)
class CalendarHalf:
    """26 weeks. `steps`: path of the cells at each brightness, in a box of 26 by 7."""

    steps: tuple[tuple[str, str], ...]
    months: tuple[MonthLabel, ...]


@dataclass(frozen=True, slots=True)
class MonthRow:
    """A month of the table."""

    name: str
    days: int
    scores: int
    most: int
    most_on: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """`_calendar.html`."""

    halves: tuple[CalendarHalf, ...]
    rows: tuple[MonthRow, ...]  # newest first
    label: str
    summary: str


def year_of_plays(owner: User, *, game: str = "", playtype: str = "") -> Calendar | None:
    """Returns the calendar of the last year, of one playtype or of all; None without timed scores. One query."""
    last = today()
    mine = DailyRatings.objects.filter(user=owner, day__gte=first_day(last), score_count__gt=0)
    if game:
        mine = mine.filter(game=game, playtype=playtype)
    # One row for each day, also with several games.
    counts: dict[date, int] = dict(mine.order_by().values_list("day").annotate(count=Sum("score_count")))
    return calendar_of(counts, last=last) if counts else None


def calendar_of(counts: Mapping[date, int], *, last: date) -> Calendar:
    """Returns the calendar of a year until `last`, from the number of scores by day."""
    start, half = first_day(last), timedelta(weeks=WEEKS_PER_HALF)
    return Calendar(
        halves=(_half(start, counts, last), _half(start + half, counts, last)),
        rows=tuple(_months(counts)),
        label=player_texts.calendar_label(len(counts)),
        summary=player_texts.days_played(len(counts), sum(counts.values())),
    )


def first_day(last: date) -> date:
    """Returns the Monday on which a year of whole weeks begins."""
    return last - timedelta(days=last.weekday()) - timedelta(weeks=2 * WEEKS_PER_HALF - 1)


def _half(start: date, counts: Mapping[date, int], last: date) -> CalendarHalf:
    paths: list[list[str]] = [[] for _ in range(len(STEPS) + 1)]
    months = []
    # A month that began in the last week of the half before, where its name does not fit.
    late = next((day for ago in range(1, 8) if (day := start - timedelta(days=ago)).day == 1), None)
    if late:
        months.append(MonthLabel("0.00%", str(MONTHS_3[late.month]).capitalize()))
    for week in range(WEEKS_PER_HALF):
        first = start + timedelta(weeks=week)
        for weekday in range(7):
            day = first + timedelta(days=weekday)
            if day <= last:
                step = sum(counts.get(day, 0) >= least for least in STEPS)
                paths[step].append(f"M{week} {weekday}{CELL}")
            # Above the week in which the month begins, except the last week, where its name does not fit.
            if day.day == 1 and week < WEEKS_PER_HALF - 1:
                months.append(MonthLabel(f"{week / WEEKS_PER_HALF * 100:.2f}%", str(MONTHS_3[day.month]).capitalize()))
    steps = tuple((f"q{step}", "".join(cells)) for step, cells in enumerate(paths) if cells)
    return CalendarHalf(steps, tuple(months))


def _months(counts: Mapping[date, int]) -> list[MonthRow]:
    by_month: dict[tuple[int, int], dict[date, int]] = {}
    for day, count in counts.items():
        by_month.setdefault((day.year, day.month), {})[day] = count
    rows = []
    for (year, month), days in sorted(by_month.items(), reverse=True):
        best = max(sorted(days), key=lambda day: days[day])
        name = formatting.written_month(date(year, month, 1))
        rows.append(MonthRow(name, len(days), sum(days.values()), days[best], formatting.written_day(best)))
    return rows
