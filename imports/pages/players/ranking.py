"""The ranking of a game's players: a page of it, the players around the reader, and the distribution of values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imports import jobs
from imports.games.spec import Game, Playtype
from imports.models import GameStats, User
from imports.pages.components.class_progress import find_ladder
from imports.pages.components.import_summary import profile_rating, rating_format
from imports.pages.components.rating_history import Trend, trends
from imports.pages.texts import formatting, player_texts
from imports.pages.texts.numbers import format_change, format_number
from imports.pipeline.rankings.leaderboards import (
    Ranked,
    charts_played,
    places_gained,
    ranked_around,
    rating_spread,
)
from imports.pipeline.rankings.ranking_entries import CHARTS, GAIN

PER_PAGE = 25
TOP = 5  # first players shown to a reader who is beyond the first page
AROUND = 3  # players above and below the reader
BAR_COUNT = 30
MIN_BAR_PERCENT = 2.0  # percent of the height, for bars of few players


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
    """A range of ratings; positions are percentages, as text. `is_here`: it contains the reader's rating."""

    x: str
    y: str
    height: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class LeaderboardSummary:
    """The reader's place, and the number of players in each range of ratings, lowest first."""

    own: Ranked
    around: tuple[Ranked, ...]
    out_of: int
    ahead_of: int  # percent
    behind: str  # difference to the next player
    next_player: str
    change: str  # places gained or lost by the gain of ninety days; empty for none
    bars: tuple[SpreadBar, ...]
    bar_width: str
    low: str
    high: str
    here: str  # the middle of the reader's bar, in percent
    value: str


@dataclass(frozen=True, slots=True)
class ChosenRanking:
    """The value that players are ranked by: a profile rating, the gain of the default one, or the charts played.

    `rating`: the profile rating that rows show.
    """

    key: str
    playtype: Playtype

    @property
    def rating(self) -> str:
        return self.key if self.key in self.playtype.profile_ratings else self.playtype.default_profile_rating

    @property
    def name(self) -> str:
        return dict(ranking_choices(self.playtype))[self.key]

    def text(self, value: float) -> str:
        """Returns a value as it is shown."""
        if self.key == CHARTS:
            return format_number(value)
        return profile_rating(value, self.playtype, self.rating)

    def distance(self, low: float, high: float) -> str:
        """Returns the difference of two values as it is shown, without a sign."""
        if self.key == CHARTS:
            return player_texts.charts(int(high - low))
        return format_change(low, high, rating_format(self.playtype, self.rating), kind="profile").removeprefix("+")


def ranking_choices(playtype: Playtype) -> list[tuple[str, str]]:
    """Returns the rankings of a playtype with their labels."""
    ratings = [(name, formatting.rating_name(name, playtype)) for name in playtype.profile_ratings]
    return [*ratings, (GAIN, str(player_texts.GAINED)), (CHARTS, str(player_texts.PLAYED))]


def game_choices(game: Game, playtype: Playtype) -> list[tuple[str, str]]:
    """Returns the playtypes of this instance's games and the shown one: value (`sdvx/Single`) and label."""
    games = jobs.enabled_games()
    found = [(f"{each.slug}/{name}", each.label(name)) for each in games for name in each.by_name]
    return found if game in games else [(f"{game.slug}/{playtype.name}", game.label(playtype.name)), *found]


def leaderboard_summary(reader: User, game: Game, chosen: ChosenRanking, *, out_of: int) -> LeaderboardSummary | None:
    """Returns the reader's place; None if the reader is not ranked. Eight queries at most."""
    playtype = chosen.playtype
    around = ranked_around(reader.pk, game.slug, playtype, chosen.key, distance=AROUND)
    own = next((each for each in around if each.user_id == reader.pk), None)
    if own is None:
        return None
    spread = rating_spread(game.slug, playtype, chosen.key, bins=BAR_COUNT)
    above = [each for each in around if each.rank < own.rank]
    gained = 0
    if chosen.key == chosen.rating:
        stats = GameStats.objects.get(user=reader, game=game.slug, playtype=playtype.name)
        before = trends([stats], rating=chosen.rating)[stats.pk].before
        gained = places_gained(stats, chosen.rating, before=before)
    most = max(part.count for part in spread.bins)
    width, here = 100 / BAR_COUNT, spread.bin_of(own.value)
    bars = []
    for part in spread.bins:
        height = max(MIN_BAR_PERCENT, part.count / most * 100)
        x = (part.number - 1) * width
        bars.append(SpreadBar(f"{x:.2f}%", f"{100 - height:.2f}%", f"{height:.2f}%", part.number == here))
    return LeaderboardSummary(
        own=own,
        around=tuple(around),
        out_of=out_of,
        ahead_of=100 * (out_of - own.rank) // out_of,
        behind=chosen.distance(own.value, above[-1].value) if above else "",
        next_player=User.objects.get(pk=above[-1].user_id).username if above else "",
        change=player_texts.places_gained(gained) if gained else "",
        bars=tuple(bars),
        bar_width=f"{width * 0.86:.2f}%",
        low=chosen.text(spread.low),
        high=chosen.text(spread.high),
        here=f"{(here - 0.5) * width:.2f}%",
        value=chosen.text(own.value),
    )


def ranked_rows(places: Sequence[Ranked], game: Game, chosen: ChosenRanking, *, reader: User | None) -> list[RankedRow]:
    """Returns the rows of these players. Three queries for any number of players."""
    playtype, rating = chosen.playtype, chosen.rating
    players = {each.user_id for each in places}
    found = GameStats.objects.filter(user__in=players, game=game.slug, playtype=playtype.name).select_related("user")
    stats = {row.user_id: row for row in found}
    if not stats:
        return []
    charts, trend = charts_played(players, game.slug, playtype.name), trends(list(stats.values()), rating=rating)
    ladder = find_ladder(playtype, rating)
    rows = []
    for each in places:
        row = stats[each.user_id]
        value = row.ratings.get(rating)
        rows.append(
            RankedRow(
                rank=each.rank,
                player=row.user.username,
                rating=formatting.UNKNOWN if value is None else profile_rating(value, playtype, rating),
                class_name=ladder.name(ladder.index(value)) if ladder and value is not None else "",
                trend=trend[row.pk],
                charts=charts.get(each.user_id, 0),
                is_own=row.user == reader,
            )
        )
    return rows
