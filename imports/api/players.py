"""Whose page it is: a user by `me`, number or name, and a player by that and a game and playtype."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db.models import F, QuerySet
from django.db.models.functions import Lower

from imports import jobs
from imports.api.errors import Refused
from imports.api.resource import Resource
from imports.games.spec import Playtype
from imports.models import Chart, GameStats, PersonalBest, Score, Session, User

NUMBER = re.compile(r"[0-9]+")
LARGEST_ID = 2**31 - 1
LATEST = (F("time_achieved").desc(nulls_last=True), "-pk")


@dataclass(frozen=True, slots=True)
class Player:
    """A user and what they have played."""

    user: User
    game: str
    playtype: Playtype

    def bests(self) -> QuerySet[PersonalBest]:
        mine = PersonalBest.objects.filter(user=self.user, game=self.game, playtype=self.playtype.name)
        return mine.defer("rank_keys")

    def scores(self) -> QuerySet[Score]:
        mine = Score.objects.filter(user=self.user, game=self.game, playtype=self.playtype.name)
        return mine.defer("best_keys")

    def sessions(self) -> QuerySet[Session]:
        return Session.objects.filter(user=self.user, game=self.game, playtype=self.playtype.name)

    def stats(self) -> QuerySet[GameStats]:
        return GameStats.objects.filter(user=self.user, game=self.game, playtype=self.playtype.name)


class UserResource(Resource):
    """What is under /api/v1/users/:userID."""

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


class PlayerResource(UserResource):
    """What is under /api/v1/users/:userID/games/:game/:playtype."""

    def player(self) -> Player:
        """A user who has played this. Raises Refused in the order of spec: http-api-reads §1.1."""
        user = self.get_object()
        game, name = self.kwargs["game"], self.kwargs["playtype"]
        offered = {game.slug: game for game in jobs.offered_games()}.get(game)
        if offered is None:
            raise Refused(f"The game {game} is not supported.", status=400)
        playtype = offered.by_name.get(name)
        if playtype is None:
            raise Refused(f"The game {game} does not have a playtype called {name}.", status=400)
        player = Player(user, game, playtype)
        if not player.stats().exists():
            raise Refused(f"The user {user.username} has not played {game} ({name})", status=404)
        return player

    def chart(self, player: Player) -> Chart:
        """The chart of the address, with its song. Raises Refused with 404."""
        there = Chart.objects.filter(game=player.game, playtype=player.playtype.name, chart_id=self.segment("chart_id"))
        chart = there.select_related("song").first()
        if chart is None:
            raise Refused("This chart does not exist.", status=404)
        return chart


def _by_number(number: int) -> User | None:
    return User.objects.filter(pk=number).first() if number <= LARGEST_ID else None


def _by_name(name: str) -> User | None:
    # Through the index of names_are_unique_whatever_their_case.
    named = User.objects.annotate(lower=Lower("username")).filter(lower=name.lower())
    return named.first()
