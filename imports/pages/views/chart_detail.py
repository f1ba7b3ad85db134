"""/charts/:id/: a chart with everybody's bests on it, and the reader's own scores over time."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from imports.chart_names import difficulty_name
from imports.games import BY_SLUG
from imports.models import Chart, User
from imports.pages import words
from imports.pages.addresses import song_url
from imports.pages.chart_history import history_on
from imports.pages.leaderboard import board_of
from imports.pages.naming import game_name
from imports.pages.parts import Link
from imports.pipeline.catalogue import charts_by_pk


@require_safe
def chart_detail(request: HttpRequest, chart_id: str) -> HttpResponse:
    found = Chart.objects.select_related("song").filter(game__in=BY_SLUG)
    chart = get_object_or_404(found, chart_id=chart_id)
    game = BY_SLUG[chart.game]
    playtype = game.by_name[chart.playtype]
    reader = request.user if isinstance(request.user, User) else None
    context = {
        "chart": chart,
        "song": chart.song,
        "game": game_name(chart.game, [chart.playtype]),
        "difficulty": difficulty_name(game, charts_by_pk([chart.pk])[chart.pk], short=False),
        "versions": [playtype.versions.get(version, version) for version in chart.versions],
        "board": board_of(chart, request.GET, reader=reader),
        "history": history_on(chart, reader) if reader else None,
        "rating_name": words.rating_name(playtype.default_score_rating),
        "crumb": Link(chart.song.title, song_url(chart.game, chart.song.song_id)),
        "section": "games",
    }
    return render(request, "chart-detail.html", context)
