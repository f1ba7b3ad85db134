"""/api/v1/games/:game/:playtype/charts (spec: http-api-reads §7)."""

from __future__ import annotations

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.catalogue import schemas
from imports.api.catalogue.chart_lists import CHARTS_QUERY, UserRequired, chart_list, chart_query
from imports.api.catalogue.leaderboard import bests_of_users, leaderboard_page
from imports.api.catalogue.views import NOT_OFFERED, ChartNotFound, GamePlaytype, GameViewSet, GameViewSetV3
from imports.api.common import schemas as shared
from imports.api.common.players import find_users
from imports.api.common.queries import load_charts, read_snapshot, related_songs_and_charts
from imports.api.common.resolving import (
    RESOLVE_BODY,
    RESOLVE_FIELDS,
    ChartUnknown,
    ChartUnresolved,
    ResolutionInvalid,
    find_resolved,
    resolved_chart,
)
from imports.api.core.endpoints import endpoint
from imports.api.core.exceptions import EndpointNotFound, ParameterError
from imports.api.core.pagination import CursorPagination
from imports.api.core.parameters import Fields, positive_int, search
from imports.catalogue.chart_names import chart_name
from imports.formats.lookup import Refusal
from imports.games import bms
from imports.games.spec import Game
from imports.models import Chart, PersonalBest, User
from imports.pipeline.scoring.chart_loading import charts_by_pk

RESOLVE_QUERY = Fields(*RESOLVE_FIELDS)
START_RANKING = positive_int("startRanking", "The first rank to return.", default=1)
RATED = CursorPagination(key="pk", kind=int, limit=50_000, descending=False)
RATED_QUERY = Fields(*RATED.parameters, is_strict=False)


class SearchInvalid(ParameterError):
    status = 400
    message = "Invalid parameter for search."


SEARCH = search(SearchInvalid)


class Charts(GameViewSet):
    """The charts of a playtype."""

    lookup_field = "chart_id"

    @endpoint(
        id="listCharts",
        returns=schemas.Charts,
        message="Returned {count} charts.",
        query=CHARTS_QUERY,
        raises=(*NOT_OFFERED, UserRequired),
    )
    def list(self, request: Request, **address: str) -> Response:
        """Lists the 100 charts with the most players, or the charts of songs that match a search.

        In the API of 2026 scores are counted instead of players, and `requesterHasPlayed` lists only charts that you
        have played.
        """
        played = self.game_playtype()
        query = chart_query(request, self.user, of_2026=self.is_v3)
        with read_snapshot():
            body = chart_list(played, query, self.documents)
        return self.ok(body, count=len(body.charts))

    @endpoint(
        id="resolveChart",
        returns=schemas.SongAndChart,
        message="Found song & chart.",
        query=RESOLVE_QUERY,
        raises=(*NOT_OFFERED, ChartUnresolved),
    )
    @action(detail=False)
    def resolve(self, request: Request, **address: str) -> Response:
        """Returns the chart that a BATCH-MANUAL row resolves to."""
        played = self.game_playtype()
        params = RESOLVE_QUERY.from_query(request)
        with read_snapshot():
            result = find_resolved(params, played.game, played.playtype)
            if isinstance(result, Refusal):
                raise ChartUnresolved(reason=result.message)
        return self.ok(self.song_and_chart(result))

    @endpoint(
        id="postResolveChart",
        returns=schemas.SongAndChart,
        message="Successfully retrieved chart info.",
        body=RESOLVE_BODY,
        raises=(*NOT_OFFERED, ChartUnknown, ResolutionInvalid),
    )
    @resolve.mapping.post
    def post_resolve(self, request: Request, **address: str) -> Response:
        """Returns the chart that a BATCH-MANUAL row resolves to.

        The POST form is used by clients of early 2026.
        """
        return self.resolved()

    def resolved(self) -> Response:
        played = self.game_playtype()
        params = self.in_this_version(RESOLVE_BODY).from_body(self.body)
        with read_snapshot():
            chart = resolved_chart(params, played.game, played.playtype)
        return self.ok(self.song_and_chart(chart))

    @endpoint(
        id="getChart",
        returns=schemas.SongAndChart,
        message="Returned {name}.",
        raises=(*NOT_OFFERED, ChartNotFound),
    )
    def retrieve(self, request: Request, **address: str) -> Response:
        """Returns a chart."""
        with read_snapshot():
            chart = self.chart()
            # The function for names of charts needs the chart in this form.
            facts = charts_by_pk([chart.pk])[chart.pk]
        return self.ok(self.song_and_chart(chart), name=chart_name(self.game(), facts))

    @endpoint(
        id="getPlaycount",
        returns=schemas.Playcount,
        message="Counted scores for chart.",
        raises=(*NOT_OFFERED, ChartNotFound),
    )
    @action(detail=True)
    def playcount(self, request: Request, **address: str) -> Response:
        """Returns the number of players who have a personal best on a chart."""
        # Each player has one best per chart.
        count = PersonalBest.objects.filter(chart=self.chart()).count()
        return self.ok(schemas.Playcount(count=count))

    @endpoint(
        id="getChartLeaderboard",
        returns=schemas.ChartBoard,
        message="Returned {count} scores.",
        query=(START_RANKING,),
        raises=(*NOT_OFFERED, ChartNotFound),
    )
    @action(detail=True)
    def pbs(self, request: Request, **address: str) -> Response:
        """Returns the leaderboard of a chart, 100 personal bests per page."""
        with read_snapshot():
            body = leaderboard_page(self.chart(), self.documents, start=self.parameter(START_RANKING))
        return self.ok(body, count=len(body.pbs))

    @endpoint(
        id="searchChartLeaderboard",
        returns=schemas.ChartBoard,
        message="Returned {count} scores.",
        query=(SEARCH,),
        raises=(*NOT_OFFERED, ChartNotFound),
    )
    @action(detail=True, url_path="pbs/search")
    def search_bests(self, request: Request, **address: str) -> Response:
        """Searches the leaderboard of a chart by a part of the user's name."""
        with read_snapshot():
            chart = self.chart()
            # In the API of 2026 only users with a best on the chart are searched.
            bests = PersonalBest.objects.filter(chart=chart)
            searched = User.objects.filter(pk__in=bests.values("user")) if self.is_v3 else None
            body = bests_of_users(find_users(self.parameter(SEARCH), searched), chart, self.documents)
        return self.ok(body, count=len(body.pbs))

    def song_and_chart(self, chart: Chart) -> schemas.SongAndChart:
        """The song of `chart` must be loaded."""
        return self.documents.of(schemas.SongAndChart)(
            song=self.documents.of(shared.Song).from_row(chart.song),
            chart=self.documents.of(shared.Chart).from_row(chart),
        )


class SieglindeCharts(GameViewSet):
    """Lists the BMS charts that have a Sieglinde rating."""

    def game(self) -> Game:
        self.kwargs["game"] = bms.GAME.slug  # a literal of the path
        return super().game()

    @endpoint(
        id="listSieglindeCharts",
        returns=shared.Companions,
        message="Found {count} chart(s).",
        query=RATED_QUERY,
        paging=RATED,
        raises=NOT_OFFERED,
    )
    def list(self, request: Request, **address: str) -> Response:
        """Lists the BMS charts that have a Sieglinde rating."""
        rated = Chart.objects.filter(**self.game_playtype().names).defer("match_keys")
        params = RATED_QUERY.from_query(request)
        with read_snapshot():
            page = RATED.page(rated.filter(data__sglEC__gt=0) | rated.filter(data__sglHC__gt=0), params)
            charts = load_charts(chart.pk for chart in page.rows).values()
        body = self.documents.of(shared.Companions)(**related_songs_and_charts(charts, self.documents))
        return page.add_pagination_headers(request, self.ok(body, count=len(charts)))


class ChartsV3(GameViewSetV3, Charts):
    """The same in the API of 2026."""

    @endpoint(
        id="resolveChart",
        returns=schemas.SongAndChart,
        message="Successfully retrieved chart info.",
        body=RESOLVE_BODY,
        raises=(*NOT_OFFERED, ChartUnknown, ResolutionInvalid),
    )
    @action(detail=False, methods=["post"], url_path="resolve")
    def resolve(self, request: Request, **address: str) -> Response:  # type: ignore[override]  # as DRF's stubs have actions
        """Returns the chart that a BATCH-MANUAL row resolves to."""
        return self.resolved()

    @endpoint(
        id="getChart", returns=schemas.SongAndChart, message="Returned chart.", raises=(*NOT_OFFERED, ChartNotFound)
    )
    def retrieve(self, request: Request, **address: str) -> Response:
        """Returns a chart."""
        return self.ok(self.song_and_chart(self.chart()))


class SieglindeChartsV3(GameViewSetV3, SieglindeCharts):
    """The same in the API of 2026; only for BMS."""

    def game_playtype(self) -> GamePlaytype:
        played = super().game_playtype()
        if played.game is not bms.GAME:
            raise EndpointNotFound()
        return played
