"""/api/v1/games: the games of this instance, their leaderboards and players (spec: http-api-reads §7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import FloatField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports import jobs
from imports.api.catalogue import schemas
from imports.api.catalogue.caching import cached
from imports.api.catalogue.game_config import game_config, playtype_config, playtype_config_v3
from imports.api.catalogue.views import NOT_OFFERED, GamePlaytype, GameViewSet, GameViewSetV3, UnknownGame
from imports.api.common import schemas as shared
from imports.api.common import schemas_stats
from imports.api.common.activity import FEED_QUERY, Feed, Feeds, FeedScope, feed_params, feeds
from imports.api.common.generations import Generation
from imports.api.common.players import MAX_FOUND_USERS, find_users
from imports.api.common.queries import bests_with_related, read_snapshot
from imports.api.core.endpoints import endpoint
from imports.api.core.exceptions import ParameterError
from imports.api.core.pagination import CursorPagination
from imports.api.core.parameters import RATING, Fields, positive_int, rating_param, text
from imports.games import BY_SLUG, by_id
from imports.models import Chart, GameStats, PersonalBest, Score, User
from imports.pipeline.rankings.ranks import stats_ranks

LEADERS = CursorPagination(key="rating", kind=float, limit=500, nullable=True)
CURSOR, _ = LEADERS.parameters
LEADERS_QUERY = Fields(CURSOR, is_strict=False)
PLAYERS_QUERY = Fields(text("search", longest=10_000, required=True, description="The search query."))
RETRIEVED = "Retrieved information about {name}"
DEFAULT_LEADERS = 100  # players
MAX_BESTS = 50
MAX_FOUND_PLAYERS = 1_000  # in the API of 2026, where Tachi has no limit


class LeaderLimitTooLarge(ParameterError):
    message = f"Invalid limit. Limit is capped at {LEADERS.limit}."


class BestLimitTooLarge(ParameterError):
    message = f"Cannot specify a limit higher than {MAX_BESTS}."


LEADER_LIMIT = positive_int(
    "limit",
    "The number of results per page.",
    default=DEFAULT_LEADERS,
    maximum=LEADERS.limit,
    too_large=LeaderLimitTooLarge,
)
BEST_LIMIT = positive_int(
    "limit", "The number of results per page.", default=MAX_BESTS, maximum=MAX_BESTS, too_large=BestLimitTooLarge
)


class Games(GameViewSet):
    """Lists the games of this instance."""

    lookup_field = "game"

    @endpoint(id="listGames", returns=schemas.Games, message="Returned support information for {count} game(s).")
    def list(self, request: Request) -> Response:
        """Lists the games of this instance."""
        games = jobs.enabled_games()
        body = schemas.Games(
            supported_games=[game.slug for game in games],
            configs={game.slug: game_config(game) for game in games},
        )
        return self.ok(body, count=len(games))

    @endpoint(
        id="getGame",
        returns=(schemas.GameConfig, schemas.GameInfo),
        message=("Returned information for {game}", RETRIEVED),
        raises=(UnknownGame,),
    )
    def retrieve(self, request: Request, **address: str) -> Response:
        """Returns a game.

        For an ID of API version 2026 (`iidx-sp`), returns the game as defined by that version.
        """
        # For an ID that is also that of a game of 2025, Tachi returns the game group to clients of 2026, too.
        played = by_id(jobs.enabled_games()).get(self.kwargs["game"])
        if played is not None and self.kwargs["game"] not in BY_SLUG:
            return self.ok(
                game_info(GamePlaytype(*played), of_2026=True), message=RETRIEVED, name=played[0].label(played[1].name)
            )
        game = self.game()
        return self.ok(game_config(game), game=game.slug)


class GameInfo(GameViewSet):
    """A playtype: its config and its players."""

    @endpoint(
        id="getPlaytype",
        returns=schemas.GameInfo,
        message=RETRIEVED,
        raises=NOT_OFFERED,
    )
    def list(self, request: Request, **address: str) -> Response:
        """Returns the configuration of a playtype and the number of its players."""
        played = self.game_playtype()
        return self.ok(game_info(played), name=played.game.label(played.playtype.name))

    @endpoint(
        id="getLeaderboard",
        returns=schemas.Leaders,
        message="Returned {count} user's game stats.",
        query=(RATING, CURSOR, LEADER_LIMIT),
        paging=LEADERS,
        raises=NOT_OFFERED,
    )
    @action(detail=False)
    def leaderboard(self, request: Request, **address: str) -> Response:
        """Lists players by a profile rating."""
        return self.leaders(schemas.Leaders)

    def leaders(self, kind: Any) -> Response:
        """Returns a page of the leaderboard. `kind`: the class of the body, with or without ranks of its rows."""
        played = self.game_playtype()
        limit = self.parameter(LEADER_LIMIT)
        rating = rating_param(
            self.request, known=played.playtype.profile_ratings, default=played.playtype.default_profile_rating
        )
        params = {**LEADERS_QUERY.from_query(self.request), "limit": limit}
        value = Cast(KeyTextTransform(rating, "ratings"), FloatField())
        with read_snapshot():
            stats = GameStats.objects.filter(**played.names).prefetch_related("user").annotate(rating=value)
            page = LEADERS.page(stats, params)
            rows = self.rows(page.rows, rating)
        body = self.documents.of(kind)(
            game_stats=rows,
            users=[shared.User.from_row(row.user) for row in page.rows],
        )
        return page.add_pagination_headers(self.request, self.ok(body, count=len(page.rows)))

    def rows(self, stats: Sequence[GameStats], rating: str) -> schemas_stats.StatsRows:
        """Returns the documents of stats."""
        return [self.documents.of(schemas_stats.Stats).from_row(row) for row in stats]

    @endpoint(
        id="getBestLeaderboard",
        returns=schemas.BestLeaders,
        message="Successfully returned {count} pbs.",
        query=(RATING, BEST_LIMIT),
        raises=NOT_OFFERED,
    )
    @action(detail=False, url_path="pb-leaderboard")
    def best_leaderboard(self, request: Request, **address: str) -> Response:
        """Lists the personal bests of all players by a score rating."""
        played = self.game_playtype()
        limit = self.parameter(BEST_LIMIT)
        declared = played.playtype
        rating = rating_param(
            request,
            known=declared.score_ratings,
            default=declared.default_score_rating,
            # Tachi names the wrong ratings in the API of 2025.
            listed=declared.score_ratings if self.is_v3 else declared.profile_ratings,
        )

        def best_keys() -> list[int]:
            # Scans all bests of the playtype: there is no index for every rating.
            value = Cast(KeyTextTransform(rating, "calculated_data"), FloatField())
            bests = PersonalBest.objects.filter(**played.names).annotate(rating=value)
            return list(bests.order_by(value.desc(nulls_last=True), "pk").values_list("pk", flat=True)[:MAX_BESTS])

        # The selection of bests is at most ten minutes old; their ratings are current.
        keys = cached(f"bests:{played}:{rating}", best_keys)
        with read_snapshot():
            body = _best_leaders(keys, rating, limit, self.documents)
        return self.ok(body, count=len(body.pbs))

    @endpoint(
        id="searchPlayers",
        returns=schemas.Users,
        message="Found {count} user(s)",
        query=PLAYERS_QUERY,
        raises=NOT_OFFERED,
    )
    @action(detail=False)
    def players(self, request: Request, **address: str) -> Response:
        """Searches the players of a game by a part of their name."""
        played = self.game_playtype()
        search = self.query(PLAYERS_QUERY)["search"]
        stats = GameStats.objects.filter(**played.names)
        # Players of the game only; unlike in Tachi, short search texts miss none.
        limit = MAX_FOUND_PLAYERS if self.is_v3 else MAX_FOUND_USERS
        users = find_users(search, User.objects.filter(pk__in=stats.values("user")), limit=limit)
        return self.ok([shared.User.from_row(user) for user in users], count=len(users))

    @endpoint(
        id="getGameActivity",
        returns=Feed,
        message="Retrieved activity.",
        query=FEED_QUERY,
        raises=NOT_OFFERED,
    )
    @action(detail=False)
    def activity(self, request: Request, **address: str) -> Response:
        """Returns the recent activity of all players on a game."""
        return self.ok(self.feed())

    def feed(self) -> Feed:
        scope = FeedScope(**self.game_playtype().names)
        params = feed_params(self.request)
        with read_snapshot():
            return feeds([scope], params, self.documents)[scope]


class GameInfoV3(GameViewSetV3, GameInfo):
    """The same in the API of 2026; the config of a game is at /games/:game."""

    @endpoint(
        id="getLeaderboard",
        returns=schemas.RankedLeaders,
        message="Returned {count} user's game stats.",
        query=(RATING, CURSOR, LEADER_LIMIT),
        paging=LEADERS,
        raises=NOT_OFFERED,
    )
    @action(detail=False)
    def leaderboard(self, request: Request, **address: str) -> Response:  # type: ignore[override]  # as DRF's stubs have actions
        """Lists players by a profile rating, with their ranks."""
        return self.leaders(schemas.RankedLeaders)

    def rows(self, stats: Sequence[GameStats], rating: str) -> schemas_stats.StatsRows:
        # Only for the rows of this page.
        ranks = stats_ranks(stats, rating)
        return [self.documents.of(schemas_stats.RankedRow).from_row(row, rank=ranks[row.pk]) for row in stats]

    @endpoint(
        id="getGameActivity",
        returns=Feeds,
        message="Retrieved activity.",
        query=FEED_QUERY,
        raises=NOT_OFFERED,
    )
    @action(detail=False)
    def activity(self, request: Request, **address: str) -> Response:  # type: ignore[override]  # as DRF's stubs have actions
        """Returns the recent activity of all players on a game, keyed by the ID of the game."""
        return self.ok({self.kwargs["game_id"]: self.feed()})


def game_info(played: GamePlaytype, *, of_2026: bool = False) -> schemas.GameInfo:
    """Returns the config of a playtype, and counts that are at most ten minutes old."""

    def counts() -> dict[str, int]:
        return {
            "score_count": Score.objects.filter(**played.names).count(),
            "player_count": GameStats.objects.filter(**played.names).count(),
            "chart_count": Chart.objects.filter(**played.names).count(),
        }

    config = playtype_config_v3(played) if of_2026 else playtype_config(played.playtype)
    return schemas.GameInfo(config=config, **cached(f"counts-by-member:{played}", counts))


def _best_leaders(keys: list[int], rating: str, limit: int, documents: Generation) -> schemas.BestLeaders:
    """Returns the documents of bests, ordered by their current ratings."""
    bests = PersonalBest.objects.defer("rank_keys").prefetch_related("user").in_bulk(keys).values()

    def place(best: PersonalBest) -> tuple[bool, float, int]:
        value = best.calculated_data.get(rating)
        return value is None, -(value or 0), best.pk

    ordered = sorted(bests, key=place)[:limit]
    people = {best.user_id: best.user for best in ordered}
    related = bests_with_related(ordered, documents)
    return documents.of(schemas.BestLeaders)(
        pbs=related.pbs,
        songs=related.songs,
        charts=related.charts,
        users=[shared.User.from_row(user) for user in people.values()],
    )
