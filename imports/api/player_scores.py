"""/api/v1/users/:userID/games/:game/:playtype/scores: a player's scores (spec: http-api-reads §5)."""

from __future__ import annotations

from django.http import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports.api import limits, parameters, queries
from imports.api.documents import companions, score_document
from imports.api.large import Members, long_success
from imports.api.loading import charts_of, one_moment, scores_with_companions
from imports.api.paging import Paging
from imports.api.players import LATEST, PlayerResource
from imports.api.responses import success
from imports.api.song_search import find_charts

FOUND = 30  # scores found by their songs
RECENT = Paging(key="time_achieved", kind=float, most=100, nullable=True)
OF_A_CHART = Paging(key="pk", kind=int, most=1_000)


class PlayerScores(PlayerResource):
    """Scores on charts that are not primary are among them, except where it is said."""

    lookup_field = "chart_id"

    def list(self, request: Request, user_id: str, game: str, playtype: str) -> Response:
        """Those on charts of the songs that match best, latest first."""
        player = self.player()
        search = queries.wanted_text(request, "search", else_told="Invalid value for search parameter.")
        with one_moment():
            found = find_charts(search, game=game, playtype=playtype)
            scores = player.scores().filter(chart__in=found.charts).order_by(*LATEST)[:FOUND]
            body = found.mark(scores_with_companions(list(scores)))
        return success(f"Retrieved {len(body['scores'])} scores.", body)

    @action(detail=False)
    def recent(self, request: Request, user_id: str, game: str, playtype: str) -> Response:
        """Latest first, untimed ones last."""
        player = self.player()
        wishes = parameters.query(request, RECENT.members, alone=False)
        with one_moment():
            page = RECENT.page(player.scores(), wishes)
            body = scores_with_companions(page.rows)
        return page.announce(request, success(f"Retrieved {len(page.rows)} scores.", body))

    @action(detail=False, url_path="all")
    def all_scores(self, request: Request, user_id: str, game: str, playtype: str) -> HttpResponseBase:
        """Those on primary charts, however many they are."""
        player = self.player()
        self.spend(limits.HYPER)
        with one_moment():
            charts = charts_of(player.bests().filter(is_primary=True).values_list("chart_id", flat=True))
            scores = player.scores().filter(chart__in=charts).order_by("pk")
            told = (score_document(score, charts[score.chart_id]) for score in scores.iterator())
            body = Members([("scores", told), *companions(charts.values()).items()])
            return long_success(f"Returned {scores.count()} PBs.", body)

    def retrieve(self, request: Request, user_id: str, game: str, playtype: str, chart_id: str) -> Response:
        """The player's scores on a chart, newest stored first."""
        player = self.player()
        chart = self.chart(player)
        wishes = parameters.query(request, OF_A_CHART.members, alone=False)
        page = OF_A_CHART.page(player.scores().filter(chart=chart), wishes)
        body = [score_document(score, chart) for score in page.rows]
        return page.announce(request, success(f"Returned {len(body)} scores.", body))
