"""Look-up of a user by `me`, number or name, and of a player by a user, a game and a playtype."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Lower

from imports import jobs
from imports.api.common.generations import V3, DocumentView
from imports.api.core.endpoints import Tag
from imports.api.core.exceptions import APIError, EndpointNotFound
from imports.formats.text import storable
from imports.games import BY_SLUG, GAMES, by_id
from imports.games.spec import Game, Playtype
from imports.integers import parse_digits
from imports.models import Chart, GameStats, PersonalBest, Score, Session, User, find_chart

MAX_USER_ID = 2**31 - 1
IDS_OF_2026 = frozenset(by_id(GAMES)) - frozenset(BY_SLUG)
"""IDs of games that do not exist in the API of 2025."""
NOT_OFFERED_OF_2026 = frozenset(
    ("custom-tables", "eamusement-csv", "folders", "playlists", "rivals", "showcase", "tables", "targets")
)
"""What Tachi has under a game of 2026, and this instance has not, by the first part of the path."""
LATEST_FIRST = (F("time_achieved").desc(nulls_last=True), "-pk")


@dataclass(frozen=True, slots=True)
class Player:
    """A user on a game and playtype."""

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

    def count_scores(self, *, in_sessions: int | None = None) -> int:
        """Returns the number of scores: those in sessions, which are all timed ones, and the untimed ones.

        To count a million scores takes far longer than to add up the counts of their sessions. `in_sessions`: this
        sum, if the caller has it.
        """
        if in_sessions is None:
            in_sessions = self.sessions().aggregate(count=Sum("score_count"))["count"] or 0
        return in_sessions + self.scores().filter(time_achieved__isnull=True).count()

    def stats(self) -> QuerySet[GameStats]:
        return GameStats.objects.filter(user=self.user, game=self.game, playtype=self.playtype.name)


class RequesterUnknown(APIError):
    """A guest requests `me`."""

    status = 401
    message = "Cannot use 'me' userID with no authentication."


class UserNotFound(APIError):
    status = 404
    message = "The user {user} does not exist."


class GameNotSupported(APIError):
    status = 400
    message = "The game {game} is not supported."


class NoSuchPlaytype(APIError):
    status = 400
    message = "The game {game} does not have a playtype called {playtype}."


class GameNotPlayed(APIError):
    status = 404
    message = "The user {user} has not played {game} ({playtype})"


class ChartNotOfGame(APIError):
    status = 404
    message = "This chart does not exist."


NO_USER = (RequesterUnknown, UserNotFound)
"""The errors of all paths under a user."""
NO_PLAYER = (*NO_USER, GameNotSupported, NoSuchPlaytype, GameNotPlayed)
"""The errors of all paths under a user and a game."""


class UserViewSet(DocumentView):
    """The base of views under /api/v1/users/:userID."""

    tag = Tag.USERS
    lookup_field = "user_id"
    lookup_value_regex = "[^/]+"

    def get_object(self) -> User:
        """Returns the user for `me`, a numeric ID or a name in any case (spec: http-api §6), with permissions checked.

        Raises APIError.
        """
        segment = self.path_param("user_id")
        if segment == "me":  # without a query
            if self.user is None:
                raise RequesterUnknown()
            user: User | None = self.user
        elif segment.isascii() and segment.isdigit():
            number = parse_digits(segment, maximum=MAX_USER_ID)
            user = None if number is None else User.objects.present().filter(pk=number).first()
        else:  # through the index of names_are_unique_whatever_their_case
            user = User.objects.present().annotate(lower=Lower("username")).filter(lower=segment.lower()).first()
        if user is None:
            raise UserNotFound(user=segment)
        self.check_object_permissions(self.request, user)
        return user


class PlayerViewSet(UserViewSet):
    """The base of views under /api/v1/users/:userID/games/:game/:playtype."""

    tag = Tag.PLAYERS

    def player(self) -> Player:
        """Returns the player of the path. Raises APIError in the order of spec: http-api-reads §1.1."""
        game, name = self.kwargs["game"], self.kwargs["playtype"]
        refuse_path_of_2026(game, name)
        user = self.get_object()
        offered = {game.slug: game for game in jobs.enabled_games()}.get(game)
        if offered is None:
            raise GameNotSupported(game=game)
        playtype = offered.by_name.get(name)
        if playtype is None:
            raise NoSuchPlaytype(game=game, playtype=name)
        player = Player(user, game, playtype)
        # The stats row exists from the first score on and is removed with the last one.
        if not player.stats().exists():
            raise GameNotPlayed(user=user.username, game=game, playtype=name)
        return player

    def chart(self, player: Player) -> Chart:
        """Returns the chart of the path with its song. Raises ChartNotOfGame."""
        matching = Chart.objects.filter(
            game=player.game, playtype=player.playtype.name, chart_id=self.path_param("chart_id")
        )
        chart = matching.select_related("song").first()
        if chart is None:
            raise ChartNotOfGame()
        return chart


def refuse_path_of_2026(game: str, playtype: str) -> None:
    """Raises EndpointNotFound for an unknown path of 2026, which looks like one of 2025: `/games/iidx-sp/folders`."""
    if game in IDS_OF_2026 or playtype in NOT_OFFERED_OF_2026:
        raise EndpointNotFound()


class UnknownGameID(APIError):
    status = 400
    message = "Invalid/unsupported game {given} - Expected one of {games}"


class GameIDNotPlayed(APIError):
    status = 404
    message = "The user {user} has not played {game}"


def offered_game(given: str) -> tuple[Game, Playtype]:
    """Returns the game and playtype of this instance with this ID of 2026. Raises UnknownGameID."""
    # In the order in which the message lists the games.
    games = by_id(jobs.enabled_games())
    if given not in games:
        raise UnknownGameID(given=given, games=", ".join(games))
    return games[given]


class PlayerViewSetV3(PlayerViewSet):
    """The base of views under /api/v1/users/:userID/games/:gameID."""

    generations = (
        V3.extended(refusals={GameNotSupported: UnknownGameID, NoSuchPlaytype: None, GameNotPlayed: GameIDNotPlayed}),
    )

    def player(self) -> Player:
        user = self.get_object()
        game, playtype = offered_game(self.kwargs["game_id"])
        player = Player(user, game.slug, playtype)
        if not player.stats().exists():
            raise GameIDNotPlayed(user=user.username, game=self.kwargs["game_id"])
        return player

    def chart(self, player: Player) -> Chart:
        chart = find_chart(self.path_param("chart_id"), game=player.game, playtype=player.playtype.name)
        if chart is None:
            raise ChartNotOfGame()
        return chart


MAX_FOUND_USERS = 25  # users found by a part of their name


def find_users(part: str, users: QuerySet[User] | None = None, *, limit: int = MAX_FOUND_USERS) -> list[User]:
    """Returns up to `limit` users whose names contain this part in any case, unordered."""
    searched = User.objects.present() if users is None else users
    return list(searched.filter(username__icontains=storable(part))[:limit])
