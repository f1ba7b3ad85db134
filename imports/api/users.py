"""/api/v1/users/:userID and what a player has in a game."""

from __future__ import annotations

import re

from django.db.models.functions import Lower
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports import jobs
from imports.api import limits
from imports.api.documents import Document, best_document, companions, stats_document, user_document
from imports.api.errors import Refused
from imports.api.loading import charts_of, one_moment
from imports.api.ranking import best_ranks, stats_rankings
from imports.api.resource import Resource
from imports.api.responses import success
from imports.models import GameStats, PersonalBest, User

NUMBER = re.compile(r"[0-9]+")
LARGEST_ID = 2**31 - 1


class Users(Resource):
    """Players and their stats are everybody's to read."""

    lookup_field = "user_id"
    lookup_value_regex = "[^/]+"

    def get_object(self) -> User:
        """`me`, a numeric ID or a name, whatever its case (spec: http-api §6)."""
        segment = self.segment("user_id")
        if segment == "me":
            if self.user is None:
                raise Refused("Cannot use 'me' userID with no authentication.", status=401)
            return self.user
        user = _by_number(int(segment)) if NUMBER.fullmatch(segment) else _by_name(segment)
        if user is None:
            raise Refused(f"The user {segment} does not exist.", status=404)
        self.check_object_permissions(self.request, user)
        return user

    def retrieve(self, request: Request, user_id: str) -> Response:
        user = self.get_object()
        return success(f"Found user {user.username}.", user_document(user))

    @action(detail=True, url_path="game-stats")
    def game_stats(self, request: Request, user_id: str) -> Response:
        with one_moment():
            body = self._stats(self.get_object())
        return success(f"Returned {len(body)} stats objects.", body)

    def _stats(self, user: User) -> list[Document]:
        offered = {game.slug for game in jobs.offered_games()}
        stats = list(GameStats.objects.filter(user=user, game__in=offered).order_by("pk"))
        rankings = stats_rankings(stats)
        return [stats_document(row, rankings[row.pk]) for row in stats]

    @action(detail=True, url_path=r"games/(?P<game>[^/]+)/(?P<playtype>[^/]+)/pbs/all")
    def all_bests(self, request: Request, user_id: str, game: str, playtype: str) -> Response:
        """Bests on charts that are not primary are among them, unlike in the original: `isPrimary` tells."""
        user = self._player(game, playtype)
        self.spend(limits.AGGRESSIVE)
        with one_moment():
            body = _all_bests(user, game=game, playtype=playtype)
        return success(f"Returned {len(body['pbs'])} PBs.", body)

    def _player(self, game: str, playtype: str) -> User:
        """A user who has played this. Raises Refused in the order of spec: http-api-reads §1.1."""
        user = self.get_object()
        played = {offered.slug: offered for offered in jobs.offered_games()}.get(game)
        if played is None:
            raise Refused(f"The game {game} is not supported.", status=400)
        if playtype not in played.by_name:
            raise Refused(f"The game {game} does not have a playtype called {playtype}.", status=400)
        if not GameStats.objects.filter(user=user, game=game, playtype=playtype).exists():
            raise Refused(f"The user {user.username} has not played {game} ({playtype})", status=404)
        return user


def _all_bests(user: User, *, game: str, playtype: str) -> Document:
    mine = PersonalBest.objects.filter(user=user, game=game, playtype=playtype)
    bests = mine.defer("rank_keys").order_by("pk")
    charts = charts_of(best.chart_id for best in bests)
    ranks = best_ranks(user_id=user.pk, game=game, playtype=playtype)
    return {
        "pbs": [best_document(best, charts[best.chart_id], ranks[best.pk]) for best in bests],
        **companions(charts.values()),
    }


def _by_number(number: int) -> User | None:
    return User.objects.filter(pk=number).first() if number <= LARGEST_ID else None


def _by_name(name: str) -> User | None:
    # Through the index of names_are_unique_whatever_their_case.
    named = User.objects.annotate(lower=Lower("username")).filter(lower=name.lower())
    return named.first()
