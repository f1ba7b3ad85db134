"""What single games have of their own under a user (spec: http-api-reads §3.3). Nobody asks whether they played it."""

from __future__ import annotations

import re

from rest_framework.request import Request
from rest_framework.response import Response

from imports import jobs
from imports.api.documents import Document, best_document
from imports.api.errors import Refused, no_endpoint
from imports.api.loading import bests_with_companions, one_moment
from imports.api.players import Player, UserResource
from imports.api.responses import success
from imports.games import bms, jubeat
from imports.games.spec import Game
from imports.models import Chart, PersonalBest, User
from imports.pipeline.ranking import best_ranks
from imports.pipeline.stats import StoredBests

HEX = re.compile(r"[0-9a-fA-F]+")
LENGTHS = (32, 64)  # hexadecimal digits of MD5 and of SHA-256
UNFIT = "(Was not a MD5 or SHA256 checksum)."


class Jubility(UserResource):
    """The bests that a jubeat player's jubility is the sum of."""

    def retrieve(self, request: Request, user_id: str) -> Response:
        player = Player(self.get_object(), jubeat.GAME.slug, offered(jubeat.GAME).by_name["Single"])
        with one_moment():
            return success("Retrieved scores that went into this users jubility.", _jubility(player))


class BestOnHash(UserResource):
    """A player's best on the BMS chart of a file."""

    def retrieve(self, request: Request, user_id: str, playtype: str, checksum: str) -> Response:
        user = self.get_object()
        if playtype not in offered(bms.GAME).by_name:
            raise Refused(f"The game {bms.GAME.slug} does not have a playtype called {playtype}.", status=400)
        with one_moment():
            best = _best_on(user, _chart_of(checksum, playtype))
        return success("Best score found." if best else "Player has not played this chart.", best)


def offered(game: Game) -> Game:
    """The game, if this instance has it. Raises Refused with 404."""
    if game not in jobs.offered_games():
        raise no_endpoint()
    return game


def _jubility(player: Player) -> Document:
    halves = jubeat.counted_bests(StoredBests(player.user.pk, player.game, player.playtype.name))
    pick_up, other = ([chart.pk for _, chart in half] for half in halves)
    mine = {best.chart_id: best for best in player.bests().filter(chart__in=[*pick_up, *other])}
    body = bests_with_companions([mine[chart] for chart in (*pick_up, *other)])
    pbs = body.pop("pbs")
    return {**body, "pickUp": pbs[: len(pick_up)], "other": pbs[len(pick_up) :]}


def _chart_of(checksum: str, playtype: str) -> Chart:
    """The chart, with its song. Raises Refused with 400 or 404."""
    if not HEX.fullmatch(checksum):
        raise Refused(f"Invalid checksum {UNFIT}", status=400)
    if len(checksum) not in LENGTHS:
        raise Refused(f"Invalid checksum length {UNFIT}", status=400)
    charts = Chart.objects.filter(
        game=bms.GAME.slug, playtype=playtype, match_keys__contains=[f"hash:{checksum.lower()}"]
    )
    chart = charts.select_related("song").order_by("pk").first()
    if chart is None:
        raise Refused("No chart found with the given checksum.", status=404)
    return chart


def _best_on(user: User, chart: Chart) -> Document | None:
    best = PersonalBest.objects.filter(user=user, chart=chart).first()
    return best_document(best, chart, best_ranks([best])[best.pk]) if best else None
