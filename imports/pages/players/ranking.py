"""The players of a game by rating: the page, those around the reader, and how ratings are spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from imports import jobs
from imports.games import playtype_of
from imports.games.spec import Game, Playtype
from imports.models import GameStats, PersonalBest, User
from imports.pages.components.class_progress import find_ladder
from imports.pages.components.import_summary import profile_rating, rating_format
from imports.pages.components.rating_history import Trend, trends
from imports.pages.texts import player_texts
from imports.pages.texts.numbers import format_change
from imports.pipeline.rankings.leaderboards import Ranked, places_gained, ranked_around, rating_spread

PER_PAGE = 25
AROUND = 3  # players above and below the reader
BAR_COUNT = 30
MIN_BAR_PERCENT = 2.0  # percent of the height that a bar of few players has


@dataclass(frozen=True, slots=True)
class RankedRow:
    """A player in the ranking."""

    rank: int
    player: str
    rating: str
    class_name: str
    trend: Trend
    charts: int
    is_own: bool


@dataclass(frozen=True, slots=True)
class SpreadBar:
    """A part of the ratings; places are percent, as text. `is_here`: the reader's is in it."""

    x: str
    y: str
    height: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class LeaderboardSummary:
    """Where the reader stands, and how many players there are in each part of the ratings, lowest first."""

    own: Ranked
    around: tuple[Ranked, ...]
    out_of: int
    ahead_of: int  # percent
    behind: str  # what is missing to the next player
    next_player: str
    change: str  # how many places the gain of ninety days moved them; empty for none
    bars: tuple[SpreadBar, ...]
    bar_width: str
    low: str
    high: str


def game_choices(game: Game, playtype: Playtype) -> list[tuple[str, str]]:
    """The playtypes of this instance's games and the one that is shown: `sdvx/Single`, and what it is called."""
    games = jobs.enabled_games()
    found = [(f"{each.slug}/{name}", each.label(name)) for each in games for name in each.by_name]
    return found if game in games else [(f"{game.slug}/{playtype.name}", game.label(playtype.name)), *found]


def leaderboard_summary(reader: User, game: Game, playtype: Playtype, rating: str) -> LeaderboardSummary | None:
    """Returns where the reader stands, None for whoever has no rating there. Six queries at most."""
    around, out_of = ranked_around(reader.pk, game.slug, playtype, rating, distance=AROUND)
    own = next((each for each in around if each.user_id == reader.pk), None)
    if own is None:
        return None
    spread = rating_spread(own.value, game.slug, playtype, rating, bins=BAR_COUNT)
    above = [each for each in around if each.rank < own.rank]
    stats = GameStats.objects.get(pk=own.key)
    gained = places_gained(stats, rating, before=trends([stats], rating=rating)[stats.pk].before)
    most = max(part.count for part in spread.bins)
    width = 100 / BAR_COUNT
    bars = []
    for part in spread.bins:
        height = max(MIN_BAR_PERCENT, part.count / most * 100)
        x = (part.number - 1) * width
        bars.append(SpreadBar(f"{x:.2f}%", f"{100 - height:.2f}%", f"{height:.2f}%", part.number == spread.own))
    shown = rating_format(playtype, rating)
    return LeaderboardSummary(
        own=own,
        around=tuple(around),
        out_of=out_of,
        ahead_of=100 * (out_of - own.rank) // out_of,
        behind=format_change(own.value, above[-1].value, shown, kind="profile").removeprefix("+") if above else "",
        next_player=User.objects.get(pk=above[-1].user_id).username if above else "",
        change=player_texts.places_gained(gained) if gained else "",
        bars=tuple(bars),
        bar_width=f"{width * 0.86:.2f}%",
        low=profile_rating(spread.low, playtype, rating),
        high=profile_rating(spread.high, playtype, rating),
    )


def ranked_rows(places: Sequence[Ranked], rating: str, *, reader: User | None) -> list[RankedRow]:
    """The rows of some players of one playtype. Three queries, however many they are."""
    stats = GameStats.objects.select_related("user").in_bulk([each.key for each in places])
    rows = [stats[each.key] for each in places if each.key in stats]
    if not rows:
        return []
    playtype = playtype_of(rows[0].game, rows[0].playtype)
    bests = PersonalBest.objects.filter(
        user__in=[row.user_id for row in rows], game=rows[0].game, playtype=playtype.name
    )
    counts = dict(bests.order_by().values_list("user").annotate(count=Count("pk")))
    trend = trends(rows, rating=rating)
    ladder = find_ladder(playtype, rating)
    ranks = {each.key: each.rank for each in places}
    return [
        RankedRow(
            rank=ranks[row.pk],
            player=row.user.username,
            rating=profile_rating(row.ratings.get(rating), playtype, rating),
            class_name=ladder.name(ladder.index(row.ratings[rating])) if ladder else "",
            trend=trend[row.pk],
            charts=counts.get(row.user_id, 0),
            is_own=row.user == reader,
        )
        for row in rows
    ]
