"""/api/v1/users/:userID/games/:game/:playtype/scores: a player's scores (spec: http-api-reads §5)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice

from django.http import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.common import schemas as shared
from imports.api.common.players import LATEST_FIRST, NO_PLAYER, ChartNotOfGame, PlayerViewSet, PlayerViewSetV3
from imports.api.common.queries import (
    load_charts,
    read_snapshot,
    related_songs_and_charts,
    score_documents,
    scores_with_related,
)
from imports.api.core import throttling
from imports.api.core.endpoints import endpoint
from imports.api.core.exceptions import ParameterError
from imports.api.core.pagination import CursorPagination
from imports.api.core.parameters import Fields, search
from imports.api.core.streaming import StreamedObject, streamed_response
from imports.api.players import schemas
from imports.api.players.song_search import find_charts
from imports.models import Score

MAX_FOUND_SONGS = 30  # scores found by their songs
STREAMED_AT_ONCE = 2_000  # scores
RECENT = CursorPagination(key="time_achieved", kind=float, limit=100, nullable=True)
BY_CHART = CursorPagination(key="pk", kind=int, limit=1_000)
LATEST_ON_CHART = CursorPagination(key="time_achieved", kind=float, limit=1_000, nullable=True)
RECENT_QUERY = Fields(*RECENT.parameters, is_strict=False)


class SearchInvalid(ParameterError):
    status = 400
    message = "Invalid value for search parameter."


SEARCH = search(SearchInvalid)


class PlayerScores(PlayerViewSet):
    """Scores on charts that are not primary are among them, except where it is said."""

    lookup_field = "chart_id"
    order_on_chart = BY_CHART

    @endpoint(
        id="searchScores",
        returns=schemas.FoundScores,
        says="Retrieved {count} scores.",
        query=(SEARCH,),
        raises=NO_PLAYER,
    )
    def list(self, request: Request, **address: str) -> Response:
        """A player's scores on songs that match.

        Those on charts of the songs that match best, latest first.
        """
        player = self.player()
        text = SEARCH.of(request)
        with read_snapshot():
            found = find_charts(text, player, self.documents)
            scores = player.scores().filter(chart__in=found.charts).order_by(*LATEST_FIRST)[:MAX_FOUND_SONGS]
            related = scores_with_related(list(scores), self.documents)
        body = self.documents.of(schemas.FoundScores)(
            scores=related.scores, songs=found.mark(related.songs), charts=related.charts
        )
        return self.ok(body, count=len(body.scores))

    @endpoint(
        id="listRecentScores",
        returns=shared.Scores,
        says="Retrieved {count} scores.",
        query=RECENT_QUERY,
        paging=RECENT,
        raises=NO_PLAYER,
    )
    @action(detail=False)
    def recent(self, request: Request, **address: str) -> Response:
        """A player's scores, latest first.

        Untimed ones come last.
        """
        player = self.player()
        params = RECENT_QUERY.from_query(request)
        with read_snapshot():
            page = RECENT.page(player.scores(), params)
            body = scores_with_related(page.rows, self.documents)
        return page.add_pagination_headers(request, self.ok(body, count=len(page.rows)))

    @endpoint(id="listScores", returns=shared.Scores, says="Returned {count} PBs.", raises=NO_PLAYER)
    @action(detail=False, url_path="all")
    def all_scores(self, request: Request, **address: str) -> HttpResponseBase:
        """All of a player's scores on primary charts, in one answer.

        2 requests in five minutes.
        """
        player = self.player()
        # An answer may hold a hundred thousand scores.
        self.throttle(throttling.EXPORT_LIMIT)
        with ExitStack() as snapshot:
            snapshot.enter_context(read_snapshot())
            # A best stands on each chart that was played, and knows whether the chart is primary.
            charts = load_charts(player.bests().filter(is_primary=True).values_list("chart_id", flat=True))
            scores = player.scores().filter(chart__in=charts).order_by("pk")
            # Written as they are read: neither rows nor documents are ever all in memory.
            chunks = chunked(scores.iterator(), STREAMED_AT_ONCE)
            stream = (document for chunk in chunks for document in score_documents(chunk, charts, self.documents))
            body = StreamedObject(
                [("scores", stream), *related_songs_and_charts(charts.values(), self.documents).items()]
            )
            words = self.success_message(count=scores.count())
            return streamed_response(words, body, until_composed=snapshot)

    @endpoint(
        id="listScoresOnChart",
        returns=schemas.ScoresOnChart,
        says="Returned {count} scores.",
        paging=BY_CHART,
        raises=(*NO_PLAYER, ChartNotOfGame),
    )
    def retrieve(self, request: Request, **address: str) -> Response:
        """A player's scores on a chart.

        The newest stored first.
        """
        player = self.player()
        chart = self.chart(player)
        params = Fields(*self.order_on_chart.parameters, is_strict=False).from_query(request)
        page = self.order_on_chart.page(player.scores().filter(chart=chart), params)
        body = score_documents(page.rows, {chart.pk: chart}, self.documents)
        return page.add_pagination_headers(request, self.ok(body, count=len(body)))


class PlayerScoresV3(PlayerViewSetV3, PlayerScores):
    """The same in the API of 2026."""

    order_on_chart = LATEST_ON_CHART


def chunked(scores: Iterator[Score], size: int) -> Iterator[list[Score]]:
    """The same scores, so many at a time."""
    while chunk := list(islice(scores, size)):
        yield chunk
