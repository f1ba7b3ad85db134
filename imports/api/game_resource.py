"""What an address under /api/v1/games means: a game, a playtype, a chart (spec: http-api-reads §1.1)."""

from __future__ import annotations

from typing import NamedTuple

from imports import jobs
from imports.api.errors import Refused
from imports.api.resource import Resource
from imports.games.spec import Game, Playtype
from imports.models import Chart


class Played(NamedTuple):
    """A game of this instance and one of its playtypes."""

    game: Game
    playtype: Playtype

    @property
    def names(self) -> dict[str, str]:
        """As rows have them."""
        return {"game": self.game.slug, "playtype": self.playtype.name}

    def __str__(self) -> str:
        return f"{self.game.slug}:{self.playtype.name}"


def everything_played() -> list[Played]:
    """Every game and playtype of this instance."""
    return [Played(game, playtype) for game in jobs.offered_games() for playtype in game.playtypes]


class GameResource(Resource):
    """Games and charts are everybody's to read."""

    lookup_value_regex = "[^/]+"

    def game(self) -> Game:
        """Raises Refused with 400."""
        offered = {game.slug: game for game in jobs.offered_games()}
        given = self.kwargs["game"]
        if given not in offered:
            expected = ", ".join(offered)
            raise Refused(f"Invalid/unsupported game {given} - Expected any of {expected}", status=400)
        return offered[given]

    def played(self) -> Played:
        """Raises Refused with 400."""
        game, given = self.game(), self.kwargs["playtype"]
        if given not in game.by_name:
            raise Refused(f"The playtype {given} is not supported.", status=400)
        return Played(game, game.by_name[given])

    def chart(self) -> Chart:
        """The chart of the address, with its song. Raises Refused with 400, or 404 for one of another playtype too."""
        played = self.played()
        there = Chart.objects.filter(**played.names, chart_id=self.segment("chart_id"))
        chart = there.select_related("song").first()
        if chart is None:
            raise Refused(f"The chart {self.kwargs['chart_id']} does not exist.", status=404)
        return chart
