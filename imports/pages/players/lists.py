"""The lists on a player's page of a game: bests with filters and orders, and charts without a score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpRequest

from imports.catalogue.chart_names import ChartName, difficulty_name
from imports.games.spec import Game, Playtype
from imports.models import Chart, PersonalBest
from imports.pages.components.active_filters import active_filters, clear_url
from imports.pages.components.best_rows import BestRow, best_rows
from imports.pages.components.score_rows import get_page
from imports.pages.components.song_names import played_song
from imports.pages.components.view_models import SongName
from imports.pages.players.best_filters import BestFilters, columns, order_bests
from imports.pages.players.counting_bests import adds
from imports.pipeline.rankings.counting_bests import Counted
from imports.pipeline.scoring.chart_loading import charts_by_pk


@dataclass(frozen=True, slots=True)
class RankedBest:
    """A best; `place` among those that count (0: it does not count), `adds` what the rating would lose without it."""

    best: BestRow
    place: int
    adds: str


def bests_page(
    request: HttpRequest, found: QuerySet[PersonalBest], game: Game, playtype: Playtype, counted: Counted
) -> dict[str, Any]:
    """Returns the context of the tab of all bests. Four queries."""
    form = BestFilters(request.GET, game=game.slug, playtype=playtype)
    chosen = form.chosen()
    ordered = order_bests(form.narrow(found), playtype, request.GET.get("sort", ""))
    # The rows do not show what a best is composed of.
    page: Page[PersonalBest] = get_page(ordered.defer("composed_from"), request)
    listed, places = list(page.object_list), counted.places
    numbers = [places.get(best.pk, 0) for best in listed]
    return {
        "form": form,
        "page": page,
        "rows": [
            RankedBest(row, number, adds(counted, number, playtype) if number else "")
            for row, number in zip(best_rows(listed), numbers, strict=True)
        ],
        "columns": columns(playtype, request.GET, counting=len(places)),
        "chips": active_filters(form, chosen, request.GET),
        "clear_url": clear_url(chosen, request.GET),
    }


@dataclass(frozen=True, slots=True)
class UnplayedRow:
    """A chart without a score."""

    song: SongName
    chart: ChartName


def unplayed_page(request: HttpRequest, found: QuerySet[Chart], game: Game) -> dict[str, Any]:
    """Returns the context of the list of charts without a score. Three queries."""
    page: Page[Chart] = get_page(found.only("pk"), request)
    keys = [chart.pk for chart in page.object_list]
    charts = charts_by_pk(set(keys))
    rows = [UnplayedRow(played_song(charts[key]), difficulty_name(game, charts[key])) for key in keys]
    return {"page": page, "rows": rows}
