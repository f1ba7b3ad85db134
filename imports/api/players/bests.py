"""/api/v1/users/:userID/games/:game/:playtype/pbs: a player's personal bests (spec: http-api-reads §4)."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import FloatField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from msgspec import UNSET
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.common import schemas as shared
from imports.api.common.players import LATEST_FIRST, NO_PLAYER, ChartNotOfGame, Player, PlayerViewSet, PlayerViewSetV3
from imports.api.common.queries import bests_with_related, read_snapshot, score_documents
from imports.api.common.resolving import RESOLVE_BODY, ChartUnknown, ResolutionInvalid, resolved_chart
from imports.api.core import throttling
from imports.api.core.endpoints import endpoint
from imports.api.core.exceptions import APIError, ParameterError
from imports.api.core.pagination import CursorPagination
from imports.api.core.parameters import RATING, Fields, search, switch
from imports.api.players import schemas
from imports.api.players.neighbours import neighbouring_bests
from imports.api.players.song_search import find_charts
from imports.games import BY_SLUG
from imports.models import Chart, PersonalBest, Score, User, find_song
from imports.pipeline.rankings.ranks import Rank, best_ranks

MAX_FOUND_SONGS = 30  # bests found by their songs
NEIGHBOUR_COUNT = 5  # bests on each side
ALL = CursorPagination(key="pk", kind=int, limit=50_000, descending=False)  # more charts than a player has bests on
ALL_LATEST_FIRST = CursorPagination(key="time_achieved", kind=float, limit=50_000, nullable=True)
BEST = CursorPagination(key="rating", kind=float, limit=100, nullable=True)


class SearchInvalid(ParameterError):
    status = 400
    message = "Invalid value of for search parameter."


class UnknownScoreRating(APIError):
    status = 400
    message = "Invalid score algorithm. Expected any of {known}"


class ChartNotPlayed(APIError):
    status = 404
    message = "This user has not played this chart."


class SongNotFound(APIError):
    status = 404
    message = "This song does not exist."


class SongNotOfGame(APIError):
    status = 404
    message = "This song does not exist for this game."


SEARCH = search(SearchInvalid)
ALG = replace(RATING, raises=(UnknownScoreRating,))
BEST_QUERY = Fields(ALG, *BEST.parameters)
COMPOSITION = switch("getComposition", "Includes the scores that the best is composed of.")
NO_BEST = (*NO_PLAYER, ChartNotOfGame, ChartNotPlayed)


class PlayerBests(PlayerViewSet):
    """A player's bests, including those on charts that are not primary unless noted otherwise."""

    lookup_field = "chart_id"
    order_of_all = ALL

    @endpoint(
        id="searchBests",
        returns=schemas.FoundBests,
        message="Retrieved {count} personal bests.",
        query=(SEARCH,),
        raises=NO_PLAYER,
    )
    def list(self, request: Request, **address: str) -> Response:
        """Searches a player's personal bests by song.

        Returns those on the best matching songs, latest first.
        """
        player = self.player()
        text = self.parameter(SEARCH)
        with read_snapshot():
            found = find_charts(text, player, self.documents)
            bests = player.bests().filter(chart__in=found.charts).order_by(*LATEST_FIRST)[:MAX_FOUND_SONGS]
            related = bests_with_related(list(bests), self.documents)
        body = self.documents.of(schemas.FoundBests)(
            pbs=related.pbs, songs=found.mark(related.songs), charts=related.charts
        )
        return self.ok(body, count=len(body.pbs))

    @endpoint(
        id="listBests",
        returns=shared.Bests,
        message="Returned {count} PBs.",
        paging=ALL,
        raises=NO_PLAYER,
    )
    @action(detail=False, url_path="all")
    def all_bests(self, request: Request, **address: str) -> Response:
        """Lists all personal bests of a player.

        Limited to 15 requests per ten minutes. Includes bests on charts that are not primary (`isPrimary`).
        """
        player = self.player()
        # After the player is looked up, as in Tachi: a request with a wrong name is not counted.
        self.throttle(throttling.STRICT_LIMIT)
        params = Fields(*self.order_of_all.parameters, is_strict=False).from_query(request)
        with read_snapshot():
            page = self.order_of_all.page(player.bests(), params)
            body = bests_with_related(page.rows, self.documents)
        return page.add_pagination_headers(request, self.ok(body, count=len(page.rows)))

    @endpoint(
        id="listBestBests",
        returns=shared.Bests,
        message="Retrieved {count} personal bests.",
        query=BEST_QUERY,
        paging=BEST,
        raises=NO_PLAYER,
    )
    @action(detail=False)
    def best(self, request: Request, **address: str) -> Response:
        """Lists a player's personal bests on primary charts, best first."""
        player = self.player()
        # Checked here: the message lists the ratings of the game, which the declaration does not know.
        ratings = player.playtype.score_ratings
        params = self.query(BEST_QUERY)
        rating = params.get("alg", player.playtype.default_score_rating)
        if not isinstance(rating, str) or rating not in ratings:
            raise UnknownScoreRating(known=", ".join(ratings))
        value = Cast(KeyTextTransform(rating, "calculated_data"), FloatField())
        with read_snapshot():
            page = BEST.page(player.bests().filter(is_primary=True).annotate(rating=value), params)
            body = bests_with_related(page.rows, self.documents)
        return page.add_pagination_headers(request, self.ok(body, count=len(page.rows)))

    @endpoint(
        id="getBest",
        returns=schemas.OneBest,
        message="Successfully retrieved PB for user.",
        query=(COMPOSITION,),
        raises=NO_BEST,
    )
    def retrieve(self, request: Request, **address: str) -> Response:
        """Returns a player's personal best on a chart."""
        with read_snapshot():
            best, chart, rank = self.ranked_best()
            parts = {part["scoreID"] for part in best.composed_from} if COMPOSITION.is_in(request) else set()
            # So few scores that they need no pagination.
            made_of = Score.objects.filter(score_id__in=parts).order_by("pk")
            scores = score_documents(list(made_of), {chart.pk: chart}, self.documents)
        body = self.documents.of(schemas.OneBest)(
            pb=self.documents.of(shared.RankedBest).ranked(best, chart, rank),
            chart=self.documents.of(shared.Chart).from_row(chart),
            scores=scores if COMPOSITION.is_in(request) else UNSET,
        )
        return self.ok(body)

    @endpoint(
        id="getBestNeighbours",
        returns=schemas.BestNeighbours,
        message="Successfully retrieved PB for user.",
        raises=NO_BEST,
    )
    @action(detail=True, url_path="leaderboard-adjacent")
    def neighbours(self, request: Request, **address: str) -> Response:
        """Returns the personal bests directly above and below a player's on a chart.

        Those above are sorted nearest first. The response includes their users.
        """
        with read_snapshot():
            best, chart, rank = self.ranked_best()
            ahead, behind = neighbouring_bests(best, place=rank.place, count=NEIGHBOUR_COUNT)
            # Not derived from the player's rank, which complete ties share.
            ranks = best_ranks([*ahead, *behind])
            users = User.objects.in_bulk([other.user_id for other in (*ahead, *behind)])
        document = self.documents.of(shared.RankedBest)
        body = self.documents.of(schemas.BestNeighbours)(
            pb=document.ranked(best, chart, rank),
            chart=self.documents.of(shared.Chart).from_row(chart),
            adjacent_above=[document.ranked(other, chart, ranks[other.pk]) for other in ahead],
            adjacent_below=[document.ranked(other, chart, ranks[other.pk]) for other in behind],
            users=[shared.User.from_row(user) for user in users.values()],
        )
        return self.ok(body)

    def ranked_best(self) -> tuple[PersonalBest, Chart, Rank]:
        """Returns the best of the path, its chart with its song, and its rank. Raises APIError with 400, 401 or 404."""
        player = self.player()
        chart = self.chart(player)
        best, rank = best_on(chart, player)
        return best, chart, rank

    @endpoint(
        id="resolveBest",
        returns=schemas.ResolvedBest,
        message="Returned PB.",
        body=RESOLVE_BODY,
        raises=(*NO_PLAYER, ChartUnknown, ResolutionInvalid, ChartNotPlayed),
    )
    @action(detail=False, methods=["post"], url_path="resolve")
    def resolve(self, request: Request, **address: str) -> Response:
        """Returns a player's personal best on the chart that a BATCH-MANUAL row resolves to."""
        player = self.player()
        params = self.in_this_version(RESOLVE_BODY).from_body(self.body)
        with read_snapshot():
            chart = resolved_chart(params, BY_SLUG[player.game], player.playtype)
            best, rank = best_on(chart, player)
        body = self.documents.of(schemas.ResolvedBest)(
            chart=self.documents.of(shared.Chart).from_row(chart),
            song=self.documents.of(shared.Song).from_row(chart.song),
            pb=self.documents.of(shared.RankedBest).ranked(best, chart, rank),
        )
        return self.ok(body)

    @endpoint(
        id="getRivalsOnChart",
        returns=schemas.RivalsOnChart,
        message="Returned {count} rivals' PBs.",
        raises=NO_PLAYER,
    )
    @action(detail=True)
    def rivals(self, request: Request, **address: str) -> Response:
        """Returns the personal bests of a player's rivals on a chart. Always empty, as rivals are not supported."""
        self.player()
        return self.no_rivals()

    def no_rivals(self) -> Response:
        return self.ok(self.documents.of(schemas.RivalsOnChart)(pbs=[], rivals=[]), count=0)


class PlayerBestsV3(PlayerViewSetV3, PlayerBests):
    """The same in the API of 2026."""

    order_of_all = ALL_LATEST_FIRST

    @endpoint(
        id="getRivalsOnChart",
        returns=schemas.RivalsOnChart,
        message="Returned {count} rivals' PBs.",
        raises=(*NO_PLAYER, ChartNotOfGame),
    )
    @action(detail=True)
    def rivals(self, request: Request, **address: str) -> Response:  # type: ignore[override]  # as DRF's stubs have actions
        """Returns the personal bests of a player's rivals on a chart. Always empty, as rivals are not supported."""
        self.chart(self.player())
        return self.no_rivals()

    @endpoint(
        id="listBestsOnSong",
        returns=shared.Bests,
        message="Retrieved {count} personal bests for this song.",
        raises=(*NO_PLAYER, SongNotFound, SongNotOfGame),
    )
    @action(detail=False, url_path="song/(?P<song_id>[^/]+)")
    def on_song(self, request: Request, **address: str) -> Response:
        """Lists a player's personal bests on the charts of a song."""
        player = self.player()
        song = find_song(player.game, self.path_param("song_id"))
        if song is None:
            raise SongNotFound()
        with read_snapshot():
            charts = Chart.objects.filter(song=song, playtype=player.playtype.name)
            # A different error than for an unknown song: a client may have confused two games of one group.
            if not charts.exists():
                raise SongNotOfGame()
            body = bests_with_related(list(player.bests().filter(chart__in=charts).order_by("pk")), self.documents)
        return self.ok(body, count=len(body.pbs))


def best_on(chart: Chart, player: Player) -> tuple[PersonalBest, Rank]:
    """Returns a player's best on a chart and its rank. Raises ChartNotPlayed."""
    best = player.bests().filter(chart=chart).first()
    if best is None:
        raise ChartNotPlayed()
    return best, best_ranks([best])[best.pk]
