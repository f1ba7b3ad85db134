"""The catalogue: /games/ and what a score of each is, songs by what somebody types, and charts with their bests."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from imports import jobs
from imports.catalogue.chart_names import difficulty_name
from imports.catalogue.search import find_songs
from imports.games import BY_SLUG
from imports.games.spec import Game
from imports.integers import MAX_BIGINT
from imports.models import Chart, Song, User
from imports.pages.catalogue.presenters import build_game_card, build_playtype_sheet
from imports.pages.catalogue.song_rows import charts_by_playtype, song_rows
from imports.pages.components.chart_plays.history import get_chart_history
from imports.pages.components.chart_plays.leaderboard import leaderboard
from imports.pages.components.sources.file_kinds import file_kinds, hook_kinds
from imports.pages.components.view_models import Link
from imports.pages.core.display_names import game_name
from imports.pages.core.urls import origin, song_url
from imports.pages.texts import formatting, game_texts, score_texts
from imports.pipeline.scoring.chart_loading import charts_by_pk

MAX_LISTED_SONGS = 50
MAX_SEARCH_LENGTH = 100  # characters of a search


# --- games ------------------------------------------------------------------------------------------


@require_safe
def game_list(request: HttpRequest) -> HttpResponse:
    cards = [build_game_card(game) for game in jobs.enabled_games()]
    count = sum(len(card.game.playtypes) for card in cards)
    return render(request, "game-list.html", {"cards": cards, "playtype_count": count, "section": "games"})


@require_safe
def game_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """`?playtype=` chooses among several; an unknown one is the first."""
    game = enabled_game(slug)
    playtype = game.by_name.get(request.GET.get("playtype", ""), game.playtypes[0])
    tabs = [
        Link(game.playtype_labels.get(name, name), f"?playtype={name}", is_current=name == playtype.name)
        for name in game.by_name
    ]
    context = {
        "game": game,
        "name": game.label(playtype.name),
        "sheet": build_playtype_sheet(game, playtype),
        "file_kinds": file_kinds(game),
        "hook_kinds": hook_kinds(game, origin=origin(request)),
        "tabs": tabs if len(tabs) > 1 else [],  # one tab is no choice
        "crumb": Link(game_texts.GAMES, reverse("game-list")),
        "section": "games",
    }
    return render(request, "game-detail.html", context)


def enabled_game(slug: str) -> Game:
    """A game of this instance. Raises Http404."""
    # Not BY_SLUG: of a game that the operator has turned off, nothing is to be seen.
    game = next((game for game in jobs.enabled_games() if game.slug == slug), None)
    if game is None:
        raise Http404
    return game


# --- songs ------------------------------------------------------------------------------------------


@require_safe
def song_list(request: HttpRequest, slug: str) -> HttpResponse:
    """`?q=` finds by any of a song's names or its artist's; without it the first of the catalogue."""
    game = enabled_game(slug)
    text = request.GET.get("q", "").replace("\0", "").strip()[:MAX_SEARCH_LENGTH]
    # One more than is shown tells whether there are more, without counting a whole catalogue.
    found = [each.song for each in find_songs(text, game=slug, most=MAX_LISTED_SONGS + 1)]
    context = {
        "game": game,
        "text": text,
        "rows": song_rows(found[:MAX_LISTED_SONGS], game),
        "more": len(found) > MAX_LISTED_SONGS,
        "crumb": Link(game.name, reverse("game-detail", args=[slug])),
        "section": "games",
    }
    return render(request, "song-list.html", context)


@require_safe
def song_detail(request: HttpRequest, slug: str, song_id: int) -> HttpResponse:
    game = enabled_game(slug)
    # The address takes any number of digits; PostgreSQL refuses to compare what its column cannot hold.
    if song_id > MAX_BIGINT:
        raise Http404
    song = get_object_or_404(Song, game=slug, song_id=song_id)
    reader = request.user if isinstance(request.user, User) else None
    context = {
        "game": game,
        "song": song,
        "playtypes": charts_by_playtype(song, game, reader=reader),
        "crumb": Link(score_texts.songs_of(game.name), reverse("song-list", args=[slug])),
        "section": "games",
    }
    return render(request, "song-detail.html", context)


# --- charts -----------------------------------------------------------------------------------------


@require_safe
def chart_detail(request: HttpRequest, chart_id: str) -> HttpResponse:
    """A chart with everybody's bests on it, and the reader's own scores over time."""
    # Rows of a game that the code no longer has stay in the database; nothing could say what they mean.
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
        "board": leaderboard(chart, request.GET, reader=reader),
        "history": get_chart_history(chart, reader) if reader else None,
        "rating_name": formatting.rating_name(playtype.default_score_rating),
        "crumb": Link(chart.song.title, song_url(chart.game, chart.song.song_id)),
        "section": "games",
    }
    return render(request, "chart-detail.html", context)
