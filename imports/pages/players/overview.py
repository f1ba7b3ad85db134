"""A player's page of a game: progress to the next class, lamps by level, and grades."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.db.models import Count, FilteredRelation, Max, Q
from django.db.models.fields.json import KeyTextTransform

from imports.games.spec import Game, Playtype
from imports.models import Chart, GameStats
from imports.pages.components.class_progress import (
    class_floor,
    distance,
    find_ladder,
    floor_text,
    next_class,
    progress_in_class,
)
from imports.pages.components.import_summary import rating_format
from imports.pages.components.lamp_colors import TABLE, Light, light_of, row_ladder
from imports.pages.components.rating_history import Trend
from imports.pages.components.view_models import DistributionRow, Note, Rail, rail
from imports.pages.texts import formatting, player_texts
from imports.pipeline.rankings.past_bests import count_grades_gained
from imports.pipeline.rankings.ranking_entries import GAIN_DAYS

MAX_LEVELS = 7  # rows of the table of lamps; all lower levels share a row
STRENGTHS = (1, 5, 20, 50, 100)
"""The numbers of charts from which a cell is brighter."""


@dataclass(frozen=True, slots=True)
class ClassProgress:
    """A rating between its class and the next. `ends`: (threshold, class) at both ends of the rail."""

    rail: Rail
    ends: tuple[tuple[str, str], ...]
    next_class: str
    pace: str


def class_progress(value: float, playtype: Playtype, trend: Trend) -> ClassProgress | None:
    """Returns the progress; None without a ladder of classes, and at its top."""
    rating = playtype.default_profile_rating
    ladder = find_ladder(playtype, rating)
    following = next_class(ladder, value) if ladder else None
    progress = progress_in_class(ladder, value) if ladder else None
    if ladder is None or following is None or progress is None:
        return None
    index = ladder.index(value)
    floor = class_floor(ladder, index) or 0.0
    gained = value - trend.days[0].value if trend.days and trend.days[0].day < trend.start else 0.0
    days = round((following[0] - value) / gained * GAIN_DAYS) if gained > 0 else 0
    return ClassProgress(
        rail=progress,
        ends=((floor_text(ladder, floor), ladder.name(index)), (floor_text(ladder, following[0]), following[1])),
        next_class=formatting.sentence(
            formatting.distance_to_class(distance(value, following[0], rating_format(playtype, rating)), following[1])
        ),
        # An estimate of many years is useless.
        pace=player_texts.pace(days) if 0 < days < 2 * 365 else "",
    )


def class_notes(stats: GameStats, playtype: Playtype) -> list[Note]:
    """Returns the classes that imports provided."""
    return [
        Note("trophy", f"{formatting.class_set_name(name)} {group.values[group.index(stats.classes[name])].name}")
        for name, group in playtype.classes.items()
        if group.is_provided and name in stats.classes
    ]


# --- lamps by level -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HeatCell:
    """`strength` from 0 (none) to 5; `label` and `url` only for cells with charts."""

    count: int
    color: str
    strength: int
    label: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A level; `label` if the short form is not clear."""

    level: str
    cells: tuple[HeatCell, ...]
    played: int
    all: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class HeatTable:
    """`_heat.html`: charts by level and lamp, the highest level and the best lamp first."""

    lamps: tuple[Light, ...]
    rows: tuple[HeatRow, ...]


@dataclass(frozen=True, slots=True)
class LevelCounts:
    """Primary charts of a playtype by level, the highest first, and a player's bests on them by lamp and grade."""

    levels: Sequence[tuple[str, int]]
    lamps: Mapping[str, Counter[str]]
    grades: Counter[str]


def count_levels(stats: GameStats, game: Game) -> LevelCounts:
    """Returns the counts. One query, which reads the charts and the player's bests once."""
    charts = Chart.objects.filter(game=stats.game, playtype=stats.playtype, is_primary=True)
    # Redundant, as the chart has the same game and playtype: lets the index of a player's bests find only these rows.
    theirs = Q(
        bests__user=stats.user_id, bests__game=stats.game, bests__playtype=stats.playtype, bests__is_primary=True
    )
    lamp, grade = (KeyTextTransform(ladder, "best__score_data") for ladder in (row_ladder(game.slug), "grade"))
    parts = (
        charts.annotate(best=FilteredRelation("bests", condition=theirs))
        .values_list("level", lamp, grade)
        .annotate(count=Count("pk"), num=Max("level_num"))
        .order_by()
    )
    lamps: dict[str, Counter[str]] = defaultdict(Counter)
    grades: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    numbers: dict[str, float] = {}
    for level, lamp_value, grade_value, count, number in parts:
        counts[level] += count
        numbers[level] = max(number, numbers.get(level, number))
        if lamp_value is not None:
            lamps[level][lamp_value] += count
            grades[grade_value] += count
    levels = sorted(counts, key=lambda level: (numbers[level], level), reverse=True)
    return LevelCounts([(level, counts[level]) for level in levels], lamps, grades)


def lamps_by_level(found: LevelCounts, game: Game, *, url: str) -> HeatTable | None:
    """Returns the table; None without bests on primary charts. `url`: of the list of bests."""
    ladder, counts, levels = row_ladder(game.slug), found.lamps, found.levels
    if not counts:
        return None
    # Starts at the highest level with a best, so that a beginner's table is not full of empty rows.
    highest = next((place for place, row in enumerate(levels) if row[0] in counts), 0)
    shown = levels[highest : highest + MAX_LEVELS]
    below = levels[highest + MAX_LEVELS :]
    values = [value for value in reversed(TABLE[game.slug][ladder]) if any(row[value] for row in counts.values())]
    lights = tuple(light_of(game.slug, ladder, value) for value in values)
    rows = [_heat_row(level, counts.get(level, {}), all_, lights, url) for level, all_ in shown]
    if below:
        rest: Counter[str] = sum((counts[level] for level, _ in below if level in counts), Counter())
        level, label = f"{below[0][0]}−", player_texts.level_and_below(below[0][0])
        rows.append(replace(_heat_row(level, rest, sum(all_ for _, all_ in below), lights, ""), label=label))
    return HeatTable(lights, tuple(rows))


def _heat_row(level: str, counts: Mapping[str, int], all_: int, lights: tuple[Light, ...], url: str) -> HeatRow:
    cells = tuple(
        HeatCell(
            count=counts.get(light.value, 0),
            color=light.color,
            strength=sum(counts.get(light.value, 0) >= least for least in STRENGTHS),
            label=player_texts.charts_with(counts.get(light.value, 0), level, light.value),
            url=f"{url}&{urlencode({'level': level, 'lamp': light.value})}#parts" if url else "",
        )
        for light in lights
    )
    return HeatRow(level, cells, sum(counts.values()), all_)


# --- grades ---------------------------------------------------------------------------------------------


def grades(found: LevelCounts, stats: GameStats, game: Game, trend: Trend) -> list[DistributionRow]:
    """Returns the number of bests by grade, the best first, and the increase in ninety days. One query."""
    counts = found.grades
    # A player who started within these days has no earlier values to compare with.
    is_compared = trend.before is not None
    gained = count_grades_gained(stats, trend.start) if is_compared else Counter()
    order = {value: place for place, value in enumerate(TABLE[game.slug]["grade"])}
    values = sorted({*counts, *gained}, key=lambda value: order.get(value, -1), reverse=True)
    most = max((max(counts[value], counts[value] - gained[value]) for value in values), default=0)
    rows = []
    for value in values:
        count, change = counts[value], gained[value]
        moved = ("more", change) if change > 0 else ("less", -change)
        bar = rail((("had", count - max(0, change)), moved), total=most)
        rows.append(DistributionRow(light_of(game.slug, "grade", value), count, change if is_compared else None, bar))
    return rows
