"""/api/v1/users/:userID/games/:game/:playtype/pbs: a player's personal bests (spec: http-api-reads §4)."""

from __future__ import annotations

from django.db.models import FloatField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports.api import limits, parameters, queries
from imports.api.documents import Document, best_document, chart_document, score_document, user_document
from imports.api.errors import Refused
from imports.api.loading import bests_with_companions, one_moment
from imports.api.paging import Paging
from imports.api.players import LATEST, PlayerResource
from imports.api.ranking import bests_around
from imports.api.responses import success
from imports.api.song_search import find_charts
from imports.formats import schema
from imports.models import Chart, PersonalBest, Score, User
from imports.pipeline.ranking import Rank, best_ranks

FOUND = 30  # bests found by their songs
REACH = 5  # bests ahead, and behind
ALL = Paging(key="pk", kind=int, most=50_000, descending=False)  # more charts than anybody plays
BEST = Paging(key="rating", kind=float, most=100, nullable=True)


class PlayerBests(PlayerResource):
    """Bests on charts that are not primary are among them, except where it is said."""

    lookup_field = "chart_id"

    def list(self, request: Request, user_id: str, game: str, playtype: str) -> Response:
        """Those on charts of the songs that match best, latest first."""
        player = self.player()
        search = queries.wanted_text(request, "search", else_told="Invalid value of for search parameter.")
        with one_moment():
            found = find_charts(search, game=game, playtype=playtype)
            bests = player.bests().filter(chart__in=found.charts).order_by(*LATEST)[:FOUND]
            body = found.mark(bests_with_companions(list(bests)))
        return success(f"Retrieved {len(body['pbs'])} personal bests.", body)

    @action(detail=False, url_path="all")
    def all_bests(self, request: Request, user_id: str, game: str, playtype: str) -> Response:
        """Bests on charts that are not primary are among them, unlike in the original: `isPrimary` tells."""
        player = self.player()
        self.spend(limits.AGGRESSIVE)
        wishes = parameters.query(request, ALL.members, alone=False)
        with one_moment():
            page = ALL.page(player.bests(), wishes)
            body = bests_with_companions(page.rows)
        return page.announce(request, success(f"Returned {len(page.rows)} PBs.", body))

    @action(detail=False)
    def best(self, request: Request, user_id: str, game: str, playtype: str) -> Response:
        """By a score rating, the game's own if the query names none; on primary charts."""
        player = self.player()
        ratings = player.playtype.score_ratings
        wishes = parameters.query(request, {"alg": schema.anything, **BEST.members})
        rating = wishes.get("alg", player.playtype.default_score_rating)
        if not isinstance(rating, str) or rating not in ratings:
            raise Refused(f"Invalid score algorithm. Expected any of {', '.join(ratings)}", status=400)
        value = Cast(KeyTextTransform(rating, "calculated_data"), FloatField())
        with one_moment():
            page = BEST.page(player.bests().filter(is_primary=True).annotate(rating=value), wishes)
            body = bests_with_companions(page.rows)
        return page.announce(request, success(f"Retrieved {len(page.rows)} personal bests.", body))

    def retrieve(self, request: Request, user_id: str, game: str, playtype: str, chart_id: str) -> Response:
        """With `?getComposition`, whatever its value, the scores that it is made of come too."""
        with one_moment():
            best, chart, rank = self._best()
            body: Document = {"pb": best_document(best, chart, rank), "chart": chart_document(chart)}
            if "getComposition" in request.query_params:
                made_of = Score.objects.filter(score_id__in={part["scoreID"] for part in best.composed_from})
                body["scores"] = [score_document(score, chart) for score in made_of.order_by("pk")]
        return success("Successfully retrieved PB for user.", body)

    @action(detail=True, url_path="leaderboard-adjacent")
    def neighbours(self, request: Request, user_id: str, game: str, playtype: str, chart_id: str) -> Response:
        """The bests just ahead, nearest first, and just behind, with whose they are."""
        with one_moment():
            best, chart, rank = self._best()
            ahead, behind = bests_around(best, rank=rank.rank, reach=REACH)
            users = User.objects.in_bulk([other.user_id for other in (*ahead, *behind)])
        body = {
            "pb": best_document(best, chart, rank),
            "chart": chart_document(chart),
            "adjacentAbove": [
                best_document(other, chart, Rank(rank.rank - away, rank.out_of)) for away, other in enumerate(ahead, 1)
            ],
            "adjacentBelow": [
                best_document(other, chart, Rank(rank.rank + away, rank.out_of)) for away, other in enumerate(behind, 1)
            ],
            "users": [user_document(user) for user in users.values()],
        }
        return success("Successfully retrieved PB for user.", body)

    def _best(self) -> tuple[PersonalBest, Chart, Rank]:
        """The best of the address, its chart with its song, and its rank. Raises Refused with 404."""
        player = self.player()
        chart = self.chart(player)
        best = player.bests().filter(chart=chart).first()
        if best is None:
            raise Refused("This user has not played this chart.", status=404)
        return best, chart, best_ranks([best])[best.pk]
