"""/api/v1/games: the games of this instance, and who plays them how well (spec: http-api-reads §7)."""

from __future__ import annotations

from django.db.models import FloatField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports import jobs
from imports.api import parameters, queries
from imports.api.activity import GPT, feeds, wish_of
from imports.api.documents import Document, stats_document, user_document
from imports.api.errors import Refused
from imports.api.game_config import game_config, playtype_config
from imports.api.game_resource import GameResource, Played
from imports.api.loading import bests_with_companions, one_moment
from imports.api.paging import Paging
from imports.api.remembered import remembered
from imports.api.responses import success
from imports.api.users import users_named
from imports.formats import schema
from imports.models import Chart, GameStats, PersonalBest, Score, User

LEADERS = Paging(key="rating", kind=float, most=500, nullable=True)
USUAL = 100  # players
LEADERS_QUERY = {"cursor": LEADERS.members["cursor"]}
BESTS = 50
PLAYERS_QUERY = {"search": schema.string("Expected string.", high=10_000)}


class Games(GameResource):
    """What this instance takes."""

    lookup_field = "game"

    def list(self, request: Request) -> Response:
        games = jobs.offered_games()
        body = {
            "supportedGames": [game.slug for game in games],
            "configs": {game.slug: game_config(game) for game in games},
        }
        return success(f"Returned support information for {len(games)} game(s).", body)

    def retrieve(self, request: Request, game: str) -> Response:
        return success(f"Returned information for {game}", game_config(self.game()))


class GameInfo(GameResource):
    """A playtype: how it is declared, and its players."""

    def list(self, request: Request, game: str, playtype: str) -> Response:
        """The declaration, and counts that are at most ten minutes old."""
        played = self.played()
        body = {"config": playtype_config(played.playtype), **remembered(f"counts:{played}", lambda: _counts(played))}
        return success(f"Retrieved information about {played.game.label(playtype)}", body)

    @action(detail=False)
    def leaderboard(self, request: Request, game: str, playtype: str) -> Response:
        """Players by a profile rating, best first, unrated ones last."""
        played = self.played()
        limit = queries.whole(request, "limit") or USUAL
        if limit > LEADERS.most:
            raise Refused(f"Invalid limit. Limit is capped at {LEADERS.most}.", status=400)
        rating = queries.rating(
            request, known=played.playtype.profile_ratings, usual=played.playtype.default_profile_rating
        )
        wishes = {**parameters.query(request, LEADERS_QUERY, alone=False), "limit": limit}
        value = Cast(KeyTextTransform(rating, "ratings"), FloatField())
        with one_moment():
            stats = GameStats.objects.filter(**played.names).prefetch_related("user").annotate(rating=value)
            page = LEADERS.page(stats, wishes)
        body = {
            "gameStats": [stats_document(row) for row in page.rows],
            "users": [user_document(row.user) for row in page.rows],
        }
        return page.announce(request, success(f"Returned {len(page.rows)} user's game stats.", body))

    @action(detail=False, url_path="pb-leaderboard")
    def best_leaderboard(self, request: Request, game: str, playtype: str) -> Response:
        """Everybody's bests by a score rating. Which these are is at most ten minutes old."""
        played = self.played()
        limit = queries.whole(request, "limit") or BESTS
        if limit > BESTS:
            raise Refused(f"Cannot specify a limit higher than {BESTS}.", status=400)
        declared = played.playtype
        rating = queries.rating(
            request, known=declared.score_ratings, usual=declared.default_score_rating, told=declared.profile_ratings
        )
        keys = remembered(f"bests:{played}:{rating}", lambda: _best_keys(played, rating))
        with one_moment():
            body = _bests(keys, rating, limit)
        return success(f"Successfully returned {len(body['pbs'])} pbs.", body)

    @action(detail=False)
    def players(self, request: Request, game: str, playtype: str) -> Response:
        """Up to 25 players with this in their name; unlike in the original none is missed for a short one."""
        played = self.played()
        search = parameters.query(request, PLAYERS_QUERY)["search"]
        stats = GameStats.objects.filter(**played.names)
        found = users_named(search, User.objects.filter(pk__in=stats.values("user")))
        return success(f"Found {len(found)} user(s)", [user_document(user) for user in found])

    @action(detail=False)
    def activity(self, request: Request, game: str, playtype: str) -> Response:
        """What everybody did of late."""
        self.played()
        wish, scope = wish_of(request), GPT(game, playtype)
        with one_moment():
            return success("Retrieved activity.", feeds([scope], wish)[str(scope)])


def _counts(played: Played) -> Document:
    return {
        "scoreCount": Score.objects.filter(**played.names).count(),
        "playerCount": GameStats.objects.filter(**played.names).count(),
        "chartCount": Chart.objects.filter(**played.names).count(),
    }


def _best_keys(played: Played, rating: str) -> list[int]:
    """A look at every best of the playtype: no index knows every rating."""
    value = Cast(KeyTextTransform(rating, "calculated_data"), FloatField())
    bests = PersonalBest.objects.filter(**played.names).annotate(rating=value)
    return list(bests.order_by(value.desc(nulls_last=True), "pk").values_list("pk", flat=True)[:BESTS])


def _bests(keys: list[int], rating: str, limit: int) -> Document:
    """`{pbs, songs, charts, users}`, by what the bests are worth now."""
    found = PersonalBest.objects.defer("rank_keys").prefetch_related("user").in_bulk(keys).values()
    unrated = float("-inf")
    ordered = sorted(found, key=lambda best: (-(best.calculated_data.get(rating) or unrated), best.pk))[:limit]
    people = {best.user_id: best.user for best in ordered}
    return {**bests_with_companions(ordered), "users": [user_document(user) for user in people.values()]}
