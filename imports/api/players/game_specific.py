"""Endpoints of single games under a user (spec: http-api-reads §3.3). The user need not have played the game."""

from __future__ import annotations

import re

from rest_framework.request import Request
from rest_framework.response import Response

from imports import jobs
from imports.api.common import schemas as shared
from imports.api.common.players import NO_USER, Player, PlayerViewSetV3, UserViewSet
from imports.api.common.queries import bests_with_related, read_snapshot
from imports.api.core.endpoints import endpoint
from imports.api.core.exceptions import APIError, EndpointNotFound
from imports.api.players import schemas
from imports.games import bms, by_id, jubeat
from imports.games.spec import Game, Playtype
from imports.models import Chart, PersonalBest, User
from imports.pipeline.derived.stats import StoredBests
from imports.pipeline.rankings.ranks import best_ranks

HEX = re.compile(r"[0-9a-fA-F]+")
LENGTHS = (32, 64)  # hexadecimal digits of MD5 and of SHA-256
FOUND, NOT_PLAYED = "Best score found.", "Player has not played this chart."


class NotHexadecimal(APIError):
    status = 400
    message = "Invalid checksum (Was not a MD5 or SHA256 checksum)."


class WrongChecksumLength(APIError):
    status = 400
    message = "Invalid checksum length (Was not a MD5 or SHA256 checksum)."


class NoBMSPlaytype(APIError):
    status = 400
    message = f"The game {bms.GAME.slug} does not have a playtype called {{playtype}}."


class ChecksumUnknown(APIError):
    status = 404
    message = "No chart found with the given checksum."


class Jubility(UserViewSet):
    """The bests of which a jubeat player's jubility is the sum."""

    @endpoint(
        id="getJubility",
        returns=schemas.Jubility,
        message="Retrieved scores that went into this users jubility.",
        raises=(*NO_USER, EndpointNotFound),
    )
    def retrieve(self, request: Request, **address: str) -> Response:
        """Returns the personal bests that a player's jubility is the sum of."""
        player = Player(self.get_object(), jubeat.GAME.slug, get_game(jubeat.GAME).by_name["Single"])
        with read_snapshot():
            # By the function that computes the rating, so that the bests are the same.
            halves = jubeat.counted_bests(StoredBests(player.user.pk, player.game, player.playtype.name))
            pick_up, other = ([chart.pk for _, chart in half] for half in halves)
            mine = {best.chart_id: best for best in player.bests().filter(chart__in=[*pick_up, *other])}
            related = bests_with_related([mine[chart] for chart in (*pick_up, *other)], self.documents)
        body = self.documents.of(schemas.Jubility)(
            songs=related.songs,
            charts=related.charts,
            pick_up=related.pbs[: len(pick_up)],
            other=related.pbs[len(pick_up) :],
        )
        return self.ok(body)


class BestOnHash(UserViewSet):
    """Returns a player's personal best on a BMS chart, by the checksum of its file."""

    @endpoint(
        id="getBestOnHash",
        returns=shared.RankedBest | None,
        message=(FOUND, NOT_PLAYED),
        raises=(*NO_USER, EndpointNotFound, NoBMSPlaytype, NotHexadecimal, WrongChecksumLength, ChecksumUnknown),
    )
    def retrieve(self, request: Request, **address: str) -> Response:
        """Returns a player's personal best on a BMS chart, by the checksum of its file."""
        user = self.get_object()
        playtype = get_game(bms.GAME).by_name.get(self.kwargs["playtype"])
        if playtype is None:
            raise NoBMSPlaytype(playtype=self.kwargs["playtype"])
        with read_snapshot():
            chart = chart_with_hash(self.kwargs["checksum"], playtype)
            best = PersonalBest.objects.filter(user=user, chart=chart).first()
            if best is None:
                return self.ok(None, message=NOT_PLAYED)
            rank = best_ranks([best])[best.pk]
        return self.ok(self.documents.of(shared.RankedBest).ranked(best, chart, rank), message=FOUND)


class JubilityV3(PlayerViewSetV3, Jubility):
    """The same in the API of 2026; only for jubeat."""

    def get_object(self) -> User:
        if self.kwargs["game_id"] != jubeat.GAME.slug:
            raise EndpointNotFound()
        return super().get_object()


class BestOnHashV3(PlayerViewSetV3, BestOnHash):
    """The same in the API of 2026; only for BMS."""

    def get_object(self) -> User:
        game, playtype = by_id([bms.GAME]).get(self.kwargs["game_id"], (None, None))
        if game is None or playtype is None:
            raise EndpointNotFound()
        # The path of 2025 has a segment for it.
        self.kwargs["playtype"] = playtype.name
        return super().get_object()


def get_game(game: Game) -> Game:
    """Returns the game if this instance has it. Raises EndpointNotFound."""
    if game not in jobs.enabled_games():
        raise EndpointNotFound()
    return game


def chart_with_hash(checksum: str, playtype: Playtype) -> Chart:
    """Returns the BMS chart of a file with its song. Raises APIError with 400 or 404."""
    if not HEX.fullmatch(checksum):
        raise NotHexadecimal()
    if len(checksum) not in LENGTHS:
        raise WrongChecksumLength()
    # Charts of both playtypes may have the same file.
    charts = Chart.objects.filter(
        game=bms.GAME.slug, playtype=playtype.name, match_keys__contains=[f"hash:{checksum.lower()}"]
    )
    chart = charts.select_related("song").order_by("pk").first()
    if chart is None:
        raise ChecksumUnknown()
    return chart
