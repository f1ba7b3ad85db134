"""/api/v1/users/:userID/games/:game/:playtype/scores: a player's scores (spec: http-api-reads §5)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.common import schemas as shared
from imports.api.common.generations import Generation
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
from imports.models import Chart, Score

MAX_FOUND_SONGS = 30  # scores found by their songs
STREAMED_AT_ONCE = 2_000  # scores in memory at the same time
SENT_AT_ONCE = 100  # scores at the beginning, which is sent before the others are read
RECENT = CursorPagination(key="time_achieved", kind=float, limit=100, nullable=True)
BY_CHART = CursorPagination(key="pk", kind=int, limit=1_000)
LATEST_ON_CHART = CursorPagination(key="time_achieved", kind=float, limit=1_000, nullable=True)
RECENT_QUERY = Fields(*RECENT.parameters, is_strict=False)


class SearchInvalid(ParameterError):
    status = 400
    message = "Invalid value for search parameter."


SEARCH = search(SearchInvalid)


class PlayerScores(PlayerViewSet):
    """A player's scores, including those on charts that are not primary unless noted otherwise."""

    lookup_field = "chart_id"
    order_on_chart = BY_CHART

    @endpoint(
        id="searchScores",
        returns=schemas.FoundScores,
        message="Retrieved {count} scores.",
        query=(SEARCH,),
        raises=NO_PLAYER,
    )
    def list(self, request: Request, **address: str) -> Response:
        """Searches a player's scores by song.

        Returns those on the best matching songs, latest first.
        """
        player = self.player()
        text = self.parameter(SEARCH)
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
        message="Retrieved {count} scores.",
        query=RECENT_QUERY,
        paging=RECENT,
        raises=NO_PLAYER,
    )
    @action(detail=False)
    def recent(self, request: Request, **address: str) -> Response:
        """Lists a player's scores, latest first.

        Scores without a time are last.
        """
        player = self.player()
        params = RECENT_QUERY.from_query(request)
        with read_snapshot():
            page = RECENT.page(player.scores(), params)
            body = scores_with_related(page.rows, self.documents)
        return page.add_pagination_headers(request, self.ok(body, count=len(page.rows)))

    @endpoint(id="listScores", returns=shared.Scores, message="Returned {count} PBs.", raises=NO_PLAYER)
    @action(detail=False, url_path="all")
    def all_scores(self, request: Request, **address: str) -> HttpResponseBase:
        """Returns all scores of a player on primary charts in one response.

        Limited to 2 requests per five minutes.
        """
        player = self.player()
        # A response may contain a hundred thousand scores.
        self.throttle(throttling.EXPORT_LIMIT)
        with ExitStack() as snapshot:
            snapshot.enter_context(read_snapshot())
            # Each played chart has a best, which knows whether the chart is primary. The charts to leave out are read
            # once and hashed; a join could compare each score with each best.
            others = player.bests().filter(is_primary=False).values("chart_id")
            scores = player.scores().exclude(chart__in=others)
            message = self.success_message(count=scores.count())
            body = StreamedObject(contents(scores, self.documents))
            return streamed_response(message, body, until_composed=snapshot)

    @endpoint(
        id="listScoresOnChart",
        returns=schemas.ScoresOnChart,
        message="Returned {count} scores.",
        paging=BY_CHART,
        raises=(*NO_PLAYER, ChartNotOfGame),
    )
    def retrieve(self, request: Request, **address: str) -> Response:
        """Lists a player's scores on a chart.

        Sorted by the time of storage, newest first.
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


def contents(scores: QuerySet[Score], documents: Generation) -> Iterator[tuple[str, Any]]:
    """Yields the members `scores, songs, charts`, with at most `STREAMED_AT_ONCE` scores in memory."""
    charts: dict[int, Chart] = {}
    yield "scores", _in_order(scores, charts, documents)
    yield from related_songs_and_charts([charts[key] for key in sorted(charts)], documents).items()


def _in_order(scores: QuerySet[Score], charts: dict[int, Chart], documents: Generation) -> Iterator[shared.Score]:
    """Yields the documents of the scores, and adds their charts to `charts`."""
    # PostgreSQL sorts keys in a fraction of the time that it needs for whole rows.
    keys = scores.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=STREAMED_AT_ONCE)
    size = SENT_AT_ONCE
    while chunk := list(islice(keys, size)):
        size = STREAMED_AT_ONCE
        rows = list(Score.objects.filter(pk__in=chunk).defer("best_keys").order_by("pk"))
        missing = {score.chart_id for score in rows} - charts.keys()
        charts |= load_charts(missing) if missing else {}
        yield from score_documents(rows, charts, documents)
