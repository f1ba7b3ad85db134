"""Look-up of the game, playtype and chart of a path under /api/v1/games (spec: http-api-reads §1.1)."""

from __future__ import annotations

from typing import NamedTuple

from imports import jobs
from imports.api.common.generations import V3, DocumentView
from imports.api.common.players import UnknownGameID, offered_game, refuse_path_of_2026
from imports.api.core.endpoints import Tag
from imports.api.core.exceptions import APIError
from imports.games.spec import Game, Playtype
from imports.models import Chart, find_chart


class GamePlaytype(NamedTuple):
    """A game of this instance and one of its playtypes."""

    game: Game
    playtype: Playtype

    @property
    def names(self) -> dict[str, str]:
        """The values of the columns `game` and `playtype`."""
        return {"game": self.game.slug, "playtype": self.playtype.name}

    def __str__(self) -> str:
        return f"{self.game.slug}:{self.playtype.name}"


def all_playtypes() -> list[GamePlaytype]:
    """Returns every game and playtype of this instance."""
    return [GamePlaytype(game, playtype) for game in jobs.enabled_games() for playtype in game.playtypes]


class UnknownGame(APIError):
    status = 400
    message = "Invalid/unsupported game {given} - Expected any of {games}"


class UnknownPlaytype(APIError):
    status = 400
    message = "The playtype {given} is not supported."


class ChartNotFound(APIError):
    status = 404
    message = "The chart {chart} does not exist."


NOT_OFFERED = (UnknownGame, UnknownPlaytype)
"""The errors of all paths under a game and playtype."""


class GameViewSet(DocumentView):
    """The base of views under /api/v1/games/:game, which are public."""

    tag = Tag.CATALOGUE
    lookup_value_regex = "[^/]+"

    def game(self) -> Game:
        """Returns the game of the path. Raises APIError with 400, or EndpointNotFound for an unknown path of 2026."""
        if "playtype" in self.kwargs:
            refuse_path_of_2026(self.kwargs["game"], self.kwargs["playtype"])
        offered = {game.slug: game for game in jobs.enabled_games()}
        given = self.kwargs["game"]
        if given not in offered:
            raise UnknownGame(given=given, games=", ".join(offered))
        return offered[given]

    def game_playtype(self) -> GamePlaytype:
        """Returns the game and playtype of the path. Raises APIError with 400."""
        game, given = self.game(), self.kwargs["playtype"]
        if given not in game.by_name:
            raise UnknownPlaytype(given=given)
        return GamePlaytype(game, game.by_name[given])

    def chart(self) -> Chart:
        """Returns the chart of the path with its song. Raises APIError with 400, or 404, also for other playtypes."""
        played = self.game_playtype()
        matching = Chart.objects.filter(**played.names, chart_id=self.path_param("chart_id"))
        chart = matching.select_related("song").first()
        if chart is None:
            raise ChartNotFound(chart=self.kwargs["chart_id"])
        return chart


class GameViewSetV3(GameViewSet):
    """The base of views under /api/v1/games/:gameID."""

    generations = (V3.extended(refusals={UnknownGame: UnknownGameID, UnknownPlaytype: None}),)

    def game_playtype(self) -> GamePlaytype:
        return GamePlaytype(*offered_game(self.kwargs["game_id"]))

    def game(self) -> Game:
        return self.game_playtype().game

    def chart(self) -> Chart:
        chart = find_chart(self.path_param("chart_id"), **self.game_playtype().names)
        if chart is None:
            raise ChartNotFound(chart=self.kwargs["chart_id"])
        return chart
