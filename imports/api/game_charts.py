"""/api/v1/games/:game/:playtype/charts (spec: http-api-reads §7)."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import UNSET, UnsetType
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports.api import parameters, queries
from imports.api.chart_board import bests_of, board
from imports.api.chart_list import chart_list, chart_wish
from imports.api.documents import Document, chart_document, companions, song_document
from imports.api.errors import Refused
from imports.api.game_resource import GameResource, Played
from imports.api.loading import charts_of, one_moment
from imports.api.paging import Paging
from imports.api.responses import success
from imports.api.users import users_named
from imports.chart_names import chart_name
from imports.formats import schema
from imports.formats.base import Context
from imports.formats.lookup import Refusal, key_of, resolve
from imports.formats.text import storable
from imports.games import bms
from imports.models import Chart, PersonalBest
from imports.pipeline.catalogue import catalogue_for, charts_by_pk

TEXT = schema.string("Expected string.", high=10_000)
RESOLVE_QUERY = {
    "identifier": TEXT,
    "matchType": TEXT,
    "difficulty": parameters.maybe(schema.string("Expected *string or no value.", high=10_000)),
}
RATED = Paging(key="pk", kind=int, most=50_000, descending=False)


@dataclass(frozen=True, slots=True)
class Question:
    """What a query asks for, as a row of BATCH-MANUAL would."""

    match_type: str
    identifier: str
    difficulty: str | UnsetType | None = UNSET
    artist: str | UnsetType | None = UNSET


class Charts(GameResource):
    """The charts of a playtype."""

    lookup_field = "chart_id"

    def list(self, request: Request, game: str, playtype: str) -> Response:
        """The 100 that are played most; of songs that match `search`, and of those that the caller has played."""
        played = self.played()
        wish = chart_wish(request, self.user)
        with one_moment():
            body = chart_list(played, wish)
        return success(f"Returned {len(body['charts'])} charts.", body)

    @action(detail=False)
    def resolve(self, request: Request, game: str, playtype: str) -> Response:
        """The chart that a row of BATCH-MANUAL with these members would be a score on."""
        played = self.played()
        wishes = storable(parameters.query(request, RESOLVE_QUERY))
        question = Question(wishes["matchType"], wishes["identifier"], wishes.get("difficulty", UNSET))
        with one_moment():
            chart = _resolved(question, played)
        return success("Found song & chart.", _song_and_chart(chart))

    def retrieve(self, request: Request, game: str, playtype: str, chart_id: str) -> Response:
        with one_moment():
            chart = self.chart()
            facts = charts_by_pk([chart.pk])[chart.pk]
        return success(f"Returned {chart_name(self.game(), facts)}.", _song_and_chart(chart))

    @action(detail=True)
    def playcount(self, request: Request, game: str, playtype: str, chart_id: str) -> Response:
        """How many players have a best here."""
        count = PersonalBest.objects.filter(chart=self.chart()).count()
        return success("Counted scores for chart.", {"count": count})

    @action(detail=True)
    def pbs(self, request: Request, game: str, playtype: str, chart_id: str) -> Response:
        """The leaderboard, 100 bests at a time; the next ones begin at the last rank + 1."""
        with one_moment():
            body = board(self.chart(), start=queries.whole(request, "startRanking") or 1)
        return success(f"Returned {len(body['pbs'])} scores.", body)

    @action(detail=True, url_path="pbs/search")
    def search_bests(self, request: Request, game: str, playtype: str, chart_id: str) -> Response:
        """The bests of players with this in their name."""
        with one_moment():
            chart = self.chart()
            named = queries.wanted_text(request, "search", else_told="Invalid parameter for search.")
            body = bests_of(users_named(named), chart)
        return success(f"Returned {len(body['pbs'])} scores.", body)


class SieglindeCharts(GameResource):
    """BMS charts that the Sieglinde tables rate."""

    def list(self, request: Request, playtype: str) -> Response:
        self.kwargs["game"] = bms.GAME.slug
        rated = Chart.objects.filter(**self.played().names).defer("match_keys")
        wishes = parameters.query(request, RATED.members, alone=False)
        with one_moment():
            page = RATED.page(rated.filter(data__sglEC__gt=0) | rated.filter(data__sglHC__gt=0), wishes)
            charts = charts_of(chart.pk for chart in page.rows).values()
        return page.announce(request, success(f"Found {len(charts)} chart(s).", companions(charts)))


def _song_and_chart(chart: Chart) -> Document:
    return {"song": song_document(chart.song), "chart": chart_document(chart)}


def _resolved(question: Question, played: Played) -> Chart:
    """The chart, with its song. Raises Refused with 404, whatever the reason."""
    context = Context(game=played.game, playtype=played.playtype, import_type="", service="", score_service="")
    key = key_of(question, context)
    found = resolve(question, context, catalogue_for([key] if key else []))
    if isinstance(found, Refusal):
        raise Refused(found.message, status=404)
    return charts_of([found.pk])[found.pk]
