"""The overview of a game: numbers of songs and charts by level, best players, and the reader's rank."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count
from django.urls import reverse

from imports.games import playtype_of
from imports.games.spec import Game, Playtype
from imports.models import Chart, GameStats, Song, User
from imports.pages.components.class_progress import find_ladder
from imports.pages.components.import_summary import profile_rating
from imports.pages.texts import formatting
from imports.pipeline.rankings.leaderboards import find_ranked
from imports.pipeline.rankings.ranks import stats_rankings

MAX_BEST_PLAYERS = 10


@dataclass(frozen=True, slots=True)
class OwnPlace:
    """The reader's default rating in a playtype, and its rank."""

    rating_name: str
    rating: str
    rank: int
    out_of: int
    url: str


@dataclass(frozen=True, slots=True)
class PlaytypeCard:
    """A playtype in the list of games. `label` is empty where the game has only one; `own` is None for guests."""

    label: str
    leaderboard_url: str
    charts_url: str
    own: OwnPlace | None


@dataclass(frozen=True, slots=True)
class GameCard:
    """A game in the list of all."""

    game: Game
    song_count: int
    playtypes: tuple[PlaytypeCard, ...]


@dataclass(frozen=True, slots=True)
class RankedPlayer:
    """One of a playtype's best players."""

    rank: int
    name: str
    class_name: str
    rating: str
    url: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class Level:
    """A level of a playtype and its number of primary charts."""

    name: str
    number: float
    count: int


def game_cards(games: Sequence[Game], *, reader: User | None) -> list[GameCard]:
    """Returns the games of the list. At most three queries."""
    songs = dict(Song.objects.values_list("game").annotate(Count("pk")).order_by())
    slugs = [game.slug for game in games]
    places = own_places(GameStats.objects.filter(user=reader, game__in=slugs), reader) if reader else {}
    return [
        GameCard(
            game=game,
            song_count=songs.get(game.slug, 0),
            playtypes=tuple(
                PlaytypeCard(
                    label=game.playtype_labels.get(name, name) if len(game.by_name) > 1 else "",
                    leaderboard_url=reverse("leaderboard", args=[game.slug, name]),
                    charts_url=charts_url(game, name),
                    own=places.get((game.slug, name)),
                )
                for name in game.by_name
            ),
        )
        for game in games
    ]


def own_places(rows: Iterable[GameStats], reader: User) -> dict[tuple[str, str], OwnPlace]:
    """Returns the reader's ranks by game and playtype; those without a rating are left out. Two queries."""
    stats = list(rows)
    rankings = stats_rankings(stats) if stats else {}
    places = {}
    for row in stats:
        playtype = playtype_of(row.game, row.playtype)
        rating = playtype.default_profile_rating
        value = row.ratings.get(rating)
        if value is None:
            continue
        rank = rankings[row.pk][rating]
        places[row.game, row.playtype] = OwnPlace(
            rating_name=formatting.rating_name(rating, playtype),
            rating=profile_rating(value, playtype, rating),
            rank=rank.rank,
            out_of=rank.out_of,
            url=reverse("player-game", args=[reader.username, row.game, row.playtype]),
        )
    return places


def best_players(game: Game, playtype: Playtype, *, reader: User | None) -> tuple[list[RankedPlayer], int]:
    """Returns the best players by the default rating, and the number of ranked players. At most four queries."""
    rating = playtype.default_profile_rating
    found, count = find_ranked(game.slug, playtype, rating, name="", limit=MAX_BEST_PLAYERS, before=0)
    names = dict(User.objects.filter(pk__in=[each.user_id for each in found]).values_list("pk", "username"))
    ladder = find_ladder(playtype, rating)
    players = [
        RankedPlayer(
            rank=each.rank,
            name=names[each.user_id],
            class_name=ladder.name(ladder.index(each.value)) if ladder else "",
            rating=profile_rating(each.value, playtype, rating),
            url=reverse("player-game", args=[names[each.user_id], game.slug, playtype.name]),
            is_own=reader is not None and each.user_id == reader.pk,
        )
        for each in found
        if each.user_id in names
    ]
    return players, count


def levels_of(game: Game, playtype: Playtype) -> list[Level]:
    """Returns the levels of a playtype's primary charts, highest first. One query."""
    charts = Chart.objects.filter(game=game.slug, playtype=playtype.name, is_primary=True)
    counted: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for name, number, count in charts.values_list("level", "level_num").annotate(Count("pk")).order_by():
        counted[name].append((number, count))
    # Charts of one level may have different numbers (14.7 and 14.8 are both 14+).
    levels = [
        Level(name, max(number for number, _ in parts), sum(count for _, count in parts))
        for name, parts in counted.items()
    ]
    return sorted(levels, key=lambda level: (-level.number, level.name))


def charts_url(game: Game, playtype: str) -> str:
    address = reverse("chart-list", args=[game.slug])
    return f"{address}?playtype={playtype}" if len(game.by_name) > 1 else address
