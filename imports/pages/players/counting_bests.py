"""The bests that a player's rating is computed from, for the page, and what each adds to it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models.fields.json import KT

from imports.games.improvements import improvable_number, least_ladder_value, least_number
from imports.games.judging import as_of_today
from imports.games.spec import Chart, Play, Playtype
from imports.models import GameStats, PersonalBest
from imports.pages.components.best_rows import BestRow, best_row
from imports.pages.components.import_summary import rating_format
from imports.pages.components.lamp_colors import light_of, row_ladder, shown_lamp
from imports.pages.components.score_rows import metric_format
from imports.pages.texts import player_texts, score_texts
from imports.pages.texts.numbers import format_change, format_metric_difference, format_rating
from imports.pipeline.rankings.counting_bests import Counted, count_bests
from imports.pipeline.scoring.chart_loading import charts_by_pk

NEXT_COUNT = 10  # best ones that do not count
NEXT_ROWS = 3  # of them that are listed with what they need
FIRST_ROWS = 8  # of the table; the list of bests has all
GAP = 2  # bars, before the bests that do not count
LOWEST_SHARE = 0.9  # lowest value of the picture's axis, as a part of the least value that counts


@dataclass(frozen=True, slots=True)
class Bar:
    """A best in the picture. Positions are percentages, as text."""

    x: str
    y: str
    height: str
    color: str
    counts: bool


@dataclass(frozen=True, slots=True)
class CountingRow:
    """A best that counts: its place, and what the rating would lose without it."""

    place: int
    best: BestRow
    adds: str


@dataclass(frozen=True, slots=True)
class NextRow:
    """A best that does not count yet; `missing` is the difference to the rating of the last best that counts.

    `needs`: what would make it count, such as `needs +4,000, or MAXX`; empty if neither score nor lamp can.
    """

    best: BestRow
    missing: str
    needs: str


@dataclass(frozen=True, slots=True)
class CountingBests:
    """`rows`: the first of the `count` bests that count. `least`, `low`, `high`: least value that counts, and ends of
    the picture's axis.
    """

    rows: tuple[CountingRow, ...]
    count: int
    following: tuple[NextRow, ...]
    bars: tuple[Bar, ...]
    bar_width: str
    next_count: int
    least: str
    low: str
    high: str
    cut: str


def adds(counted: Counted, number: int, playtype: Playtype) -> str:
    """Returns what the best at this place, from 1, adds to the rating; empty if it is below the shown decimals."""
    loss = list(counted.added.values())[number - 1]
    shown = rating_format(playtype, playtype.default_profile_rating)
    return format_change(counted.whole - loss, counted.whole, shown, kind="profile")


def what_it_needs(counted: Counted, place: int, best: PersonalBest, chart: Chart, playtype: Playtype) -> str:
    """Returns the least score and the least lamp with which the best at this index of `counted.found` would count."""
    data, rating = best.score_data, playtype.profile_ratings[playtype.default_profile_rating].of[0]
    metrics = as_of_today({name: data[name] for name in playtype.metrics if name in data}, playtype)
    play = Play(metrics, data["judgements"], data["optional"])

    def suffices(value: float) -> bool:
        return value > counted.found[place][0] and counted.would_count(place, value)

    gap, lamp, name = "", "", improvable_number(playtype)
    value = least_number(play, chart, playtype, rating, suffices)
    if name and value is not None:
        gap = format_metric_difference(value - metrics[name], metric_format(playtype, name))
    raised = least_ladder_value(play, chart, playtype, rating, suffices)
    if raised:
        ladder, better = raised
        if ladder in playtype.optional_ladders:  # `Flare IX`
            lamp = f"{score_texts.metric_name(ladder)} {better.optional[ladder]}"
        else:
            lamp = shown_lamp(best.game, better.metrics).short
    return player_texts.needs(gap, lamp)


def counting_bests(stats: GameStats, playtype: Playtype) -> CountingBests | None:
    """Returns the bests that count, for the page; None without any. Seven queries at most."""
    counted = count_bests(stats.user_id, stats.game, playtype)
    found, added = counted.found, counted.added
    if not added:
        return None
    following = [place for place in counted.following if found[place][2]][:NEXT_COUNT]
    # The picture shows the lamps of all of them, the lists show a few.
    drawn, listed = (*added, *following), (*list(added)[:FIRST_ROWS], *following[:NEXT_ROWS])
    lamp = KT(f"score_data__{row_ladder(stats.game)}")
    mine = PersonalBest.objects.filter(pk__in=[found[place][3] for place in drawn])
    lamps = dict(mine.values_list("pk", lamp))
    rows = mine.defer("composed_from", "rank_keys").in_bulk([found[place][3] for place in listed])
    charts = counted.charts or charts_by_pk({best.chart_id for best in rows.values()})
    bests = {place: best_row(rows[found[place][3]], charts) for place in listed}
    rating = playtype.profile_ratings[playtype.default_profile_rating]
    shown = playtype.score_ratings[rating.of[0]].shown
    values = [found[place][0] for place in drawn]
    least = found[max(added)][0]
    # Not from zero: all bars would look alike. The page shows the ends of the axis.
    low, high = min(least * LOWEST_SHARE, *values), max(values)
    scale = (high - low) or 1
    gap = GAP if following else 0
    width = 100 / (len(values) + gap)
    return CountingBests(
        rows=tuple(
            CountingRow(number, bests[place], adds(counted, number, playtype))
            for number, place in enumerate(list(added)[:FIRST_ROWS], 1)
        ),
        count=len(added),
        following=tuple(
            NextRow(
                best=bests[place],
                missing=format_change(found[place][0], least, shown, kind="score").removeprefix("+"),
                needs=what_it_needs(counted, place, rows[found[place][3]], charts[found[place][1]], playtype),
            )
            for place in following[:NEXT_ROWS]
        ),
        bars=tuple(
            Bar(
                x=f"{(number if place in added else number + gap) * width:.2f}%",
                y=f"{(high - found[place][0]) / scale * 96:.2f}%",
                height=f"{100 - (high - found[place][0]) / scale * 96:.2f}%",
                color=light_of(stats.game, row_ladder(stats.game), lamps[found[place][3]]).color,
                counts=place in added,
            )
            for number, place in enumerate(drawn)
        ),
        bar_width=f"{width * 0.8:.2f}%",
        next_count=len(following),
        least=format_rating(least, shown, kind="score"),
        low=format_rating(low, shown, kind="score"),
        high=format_rating(high, shown, kind="score"),
        cut=f"{(high - least) / scale * 96:.2f}%",
    )
