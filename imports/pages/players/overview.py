"""A player's page of a game: where they stand, lamps by level, and grades."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.db.models import Count, Max
from django.db.models.fields.json import KT

from imports.games.spec import Game, Playtype
from imports.models import Chart, GameStats, PersonalBest
from imports.pages.components.class_progress import class_floor, distance, find_ladder, next_class, progress_in_class
from imports.pages.components.import_summary import rating_format
from imports.pages.components.lamp_colors import TABLE, Light, light_of, row_ladder
from imports.pages.components.rating_history import Trend, trends
from imports.pages.components.view_models import DistributionRow, Note, Rail, rail
from imports.pages.texts import formatting, player_texts
from imports.pages.texts.numbers import format_number
from imports.pipeline.rankings.past_bests import count_grades_gained
from imports.pipeline.rankings.standings import GAIN_DAYS

MAX_LEVELS = 7  # rows of the table of lamps; all levels below are one
STRENGTHS = (1, 5, 20, 50, 100)
"""From how many charts on each cell is brighter."""


@dataclass(frozen=True, slots=True)
class ClassProgress:
    """A rating on the way from its class to the next. `ends`: (threshold, class) at both ends of the rail."""

    rail: Rail
    ends: tuple[tuple[str, str], ...]
    next_class: str
    pace: str


def class_progress(value: float, playtype: Playtype, trend: Trend) -> ClassProgress | None:
    """None without a ladder of classes, and at its top."""
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
        ends=((format_number(floor), ladder.name(index)), (format_number(following[0]), following[1])),
        next_class=formatting.distance_to_class(
            distance(value, following[0], rating_format(playtype, rating)), following[1]
        ),
        # A way of many years says nothing.
        pace=player_texts.pace(days) if 0 < days < 2 * 365 else "",
    )


def class_notes(stats: GameStats, playtype: Playtype) -> list[Note]:
    """The classes that imports gave."""
    return [
        Note("trophy", f"{formatting.class_set_name(name)} {group.values[group.index(stats.classes[name])].name}")
        for name, group in playtype.classes.items()
        if group.is_provided and name in stats.classes
    ]


# --- lamps by level -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HeatCell:
    """`strength` from 0 (none) to 5; `label` and `url` only where there are charts."""

    count: int
    color: str
    strength: int
    label: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A level; `label` where its short form does not say what it is."""

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


def lamps_by_level(stats: GameStats, game: Game, *, url: str) -> HeatTable | None:
    """None where the player has no bests on primary charts. Two queries. `url`: of the list of bests."""
    ladder = row_ladder(game.slug)
    bests = PersonalBest.objects.filter(user=stats.user_id, game=stats.game, playtype=stats.playtype, is_primary=True)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for level, lamp, count in (
        bests.values_list("chart__level", KT(f"score_data__{ladder}")).annotate(count=Count("pk")).order_by()
    ):
        counts[level][lamp] += count
    if not counts:
        return None
    charts = Chart.objects.filter(game=stats.game, playtype=stats.playtype, is_primary=True)
    levels = list(
        charts.values_list("level").annotate(count=Count("pk"), num=Max("level_num")).order_by("-num", "-level")
    )
    # From the highest that the player has played: a beginner's table is not full of empty rows.
    highest = next((place for place, row in enumerate(levels) if row[0] in counts), 0)
    shown = levels[highest : highest + MAX_LEVELS]
    below = levels[highest + MAX_LEVELS :]
    values = [value for value in reversed(TABLE[game.slug][ladder]) if any(row[value] for row in counts.values())]
    lights = tuple(light_of(game.slug, ladder, value) for value in values)
    rows = [_heat_row(level, counts[level], all_, lights, url) for level, all_, _ in shown]
    if below:
        rest: Counter[str] = sum((counts[level] for level, _, _ in below), Counter())
        level, label = f"{below[0][0]}−", player_texts.level_and_below(below[0][0])
        rows.append(replace(_heat_row(level, rest, sum(all_ for _, all_, _ in below), lights, ""), label=label))
    return HeatTable(lights, tuple(rows))


def _heat_row(level: str, counts: Mapping[str, int], all_: int, lights: tuple[Light, ...], url: str) -> HeatRow:
    cells = tuple(
        HeatCell(
            count=counts[light.value],
            color=light.color,
            strength=sum(counts[light.value] >= least for least in STRENGTHS),
            label=player_texts.charts_with(counts[light.value], level, light.value),
            url=f"{url}&{urlencode({'level': level, 'lamp': light.value})}#parts" if url else "",
        )
        for light in lights
    )
    return HeatRow(level, cells, sum(counts.values()), all_)


# --- grades ---------------------------------------------------------------------------------------------


def grades(stats: GameStats, game: Game) -> list[DistributionRow]:
    """How many bests have each grade, the best grade first, and how many more than ninety days ago. Three queries."""
    bests = PersonalBest.objects.filter(user=stats.user_id, game=stats.game, playtype=stats.playtype, is_primary=True)
    counts = Counter(dict(bests.values_list(KT("score_data__grade")).annotate(count=Count("pk")).order_by()))
    trend = trends([stats])[stats.pk]
    # Of a player who began in these days there is nothing to compare with.
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
