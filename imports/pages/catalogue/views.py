"""The catalogue: games, their score formats, the song search, and charts with their leaderboards."""

from __future__ import annotations

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from imports import jobs
from imports.catalogue.chart_names import difficulty_name
from imports.catalogue.search import find_songs
from imports.games import BY_SLUG
from imports.games.spec import Game, Playtype
from imports.integers import MAX_BIGINT
from imports.models import Chart, GameStats, Song, User
from imports.pages.catalogue import game_overview
from imports.pages.catalogue.presenters import build_playtype_sheet
from imports.pages.catalogue.song_rows import charts_by_playtype, listed_charts, song_rows
from imports.pages.components.chart_plays.history import get_chart_history
from imports.pages.components.chart_plays.leaderboard import leaderboard
from imports.pages.components.sources.file_kinds import file_kinds, hook_kinds
from imports.pages.components.view_models import Link
from imports.pages.core.display_names import game_name
from imports.pages.core.pagination import list_url
from imports.pages.core.urls import origin, song_url
from imports.pages.texts import formatting, game_texts, score_texts
from imports.pipeline.scoring.chart_loading import charts_by_pk

MAX_LISTED_SONGS = 50
CHARTS_PER_PAGE = 50
MAX_SEARCH_LENGTH = 100  # characters of a search


# --- games ------------------------------------------------------------------------------------------


@require_safe
def game_list(request: HttpRequest) -> HttpResponse:
    games = jobs.enabled_games()
    reader = request.user if isinstance(request.user, User) else None
    context = {
        "cards": game_overview.game_cards(games, reader=reader),
        "playtype_count": sum(len(game.playtypes) for game in games),
        "section": "games",
    }
    return render(request, "game-list.html", context)


@require_safe
def game_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The game's songs, charts and best players, and its import formats."""
    game = enabled_game(slug)
    playtype = chosen_playtype(request, game)
    reader = request.user if isinstance(request.user, User) else None
    players, player_count = game_overview.best_players(game, playtype, reader=reader)
    own = GameStats.objects.filter(user=reader, game=slug, playtype=playtype.name) if reader else ()
    levels = game_overview.levels_of(game, playtype)
    charts = game_overview.charts_url(game, playtype.name)
    context = {
        "game": game,
        "name": game.label(playtype.name),
        "playtype": playtype,
        "song_count": Song.objects.filter(game=slug).count(),
        "chart_count": sum(level.count for level in levels),
        "charts_url": charts,
        "levels": [
            Link(level.name, f"{charts}{'&' if '?' in charts else '?'}{urlencode({'level': level.name})}", level.count)
            for level in levels
        ],
        "rating_name": formatting.rating_name(playtype.default_profile_rating, playtype),
        "players": players,
        "player_count": player_count,
        "own": game_overview.own_places(own, reader).get((slug, playtype.name)) if reader else None,
        "file_kinds": file_kinds(game),
        "hook_kinds": hook_kinds(game, origin=origin(request)),
        "tabs": playtype_tabs(game, playtype),
        "crumb": Link(game_texts.GAMES, reverse("game-list")),
        "section": "games",
    }
    return render(request, "game-detail.html", context)


@require_safe
def score_format(request: HttpRequest, slug: str) -> HttpResponse:
    """The score format of the game, and the ways to name a chart, for authors of tools."""
    game = enabled_game(slug)
    playtype = chosen_playtype(request, game)
    context = {
        "game": game,
        "name": game.label(playtype.name),
        "sheet": build_playtype_sheet(game, playtype),
        "tabs": playtype_tabs(game, playtype),
        "crumb": Link(game_texts.API, reverse("api:docs")),
        "section": "",
    }
    return render(request, "score-format.html", context)


def chosen_playtype(request: HttpRequest, game: Game) -> Playtype:
    """Returns the playtype of `?playtype=`; the first one if it is unknown."""
    return game.by_name.get(request.GET.get("playtype", ""), game.playtypes[0])


def playtype_tabs(game: Game, current: Playtype) -> list[Link]:
    """Returns the game's playtypes as tabs of a page; none if it has only one."""
    tabs = [
        Link(game.playtype_labels.get(name, name), f"?playtype={name}", is_current=name == current.name)
        for name in game.by_name
    ]
    return tabs if len(tabs) > 1 else []


def enabled_game(slug: str) -> Game:
    """Returns an enabled game. Raises Http404."""
    # Not BY_SLUG, because disabled games are hidden.
    game = next((game for game in jobs.enabled_games() if game.slug == slug), None)
    if game is None:
        raise Http404
    return game


# --- songs ------------------------------------------------------------------------------------------


@require_safe
def song_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Lists songs: `?q=` searches by title, other names and artist; without it, the first songs of the catalogue."""
    game = enabled_game(slug)
    text = request.GET.get("q", "").replace("\0", "").strip()[:MAX_SEARCH_LENGTH]
    # One more than is shown, to know whether there are more without counting.
    found = [each.song for each in find_songs(text, game=slug, limit=MAX_LISTED_SONGS + 1)]
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
    # The address may have any number of digits; PostgreSQL refuses numbers that the column cannot store.
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
def chart_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Lists the primary charts of a playtype, highest level first; `?level=` filters by level."""
    game = enabled_game(slug)
    playtype = chosen_playtype(request, game)
    reader = request.user if isinstance(request.user, User) else None
    levels = game_overview.levels_of(game, playtype)
    level = next((each for each in levels if each.name == request.GET.get("level")), None)
    found = Chart.objects.filter(game=slug, playtype=playtype.name, is_primary=True)
    if level:
        found = found.filter(level=level.name)
    count = level.count if level else sum(each.count for each in levels)
    page = Paginator(range(count), CHARTS_PER_PAGE).get_page(request.GET.get("page"))
    in_order = found.order_by("-level_num", "song__title", "pk").values_list("pk", flat=True)
    first = (page.number - 1) * CHARTS_PER_PAGE
    context = {
        "game": game,
        "name": game.label(playtype.name),
        "level": level,
        "levels": [
            Link(each.name, list_url(request.GET, level=each.name, page=None), each.count, each == level)
            for each in levels
        ],
        "all_levels": Link(
            str(game_texts.ALL_LEVELS), list_url(request.GET, level=None, page=None), is_current=level is None
        ),
        "rows": listed_charts(list(in_order[first : first + CHARTS_PER_PAGE]), game, reader=reader),
        "page": page,
        "tabs": playtype_tabs(game, playtype),
        "crumb": Link(game.name, reverse("game-detail", args=[slug])),
        "section": "games",
    }
    return render(request, "chart-list.html", context)


@require_safe
def chart_detail(request: HttpRequest, chart_id: str) -> HttpResponse:
    """A chart with its leaderboard and the reader's own scores over time."""
    # The database may have rows of a game that the code no longer has.
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
        "rating_name": formatting.rating_name(playtype.default_score_rating, playtype),
        "crumb": Link(chart.song.title, song_url(chart.game, chart.song.song_id)),
        "section": "games",
    }
    return render(request, "chart-detail.html", context)
