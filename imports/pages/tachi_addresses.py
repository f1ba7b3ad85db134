"""Addresses of Tachi's web client, of both generations: they redirect to our pages.

/u/:user                                     /games/:game[/:playtype]
/u/:user/imports                             /games/:game[/:playtype]/charts/:chartID
/u/:user/games/…/sessions/:sessionID         /games/:game[/:playtype]/songs/:songID[/:difficulty or :chartID]
/u/:user/games/…/scores/:scoreID             /import/batch-manual, /import/…
/u/:user/games/…                             /utils/imports
"""

# ruff: noqa: ARG001 - Django decides the signatures

from __future__ import annotations

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import re_path, reverse
from django.views.decorators.http import require_safe

from imports import jobs
from imports.games import BY_SLUG, GAMES, by_id
from imports.games.spec import Game, Playtype
from imports.integers import MAX_BIGINT
from imports.models import User, find_chart, find_song
from imports.pages.core.permissions import player
from imports.pages.core.urls import chart_url, score_url, song_url

IDS_OF_2026 = "|".join(game_id for game_id in by_id(GAMES) if game_id not in BY_SLUG)
GAME = rf"games/(?:(?P<game_id>{IDS_OF_2026})|(?P<slug>{'|'.join(BY_SLUG)})(?:/(?P<playtype>[A-Z0-9][A-Za-z0-9]*))?)"
"""A game as either generation writes it. Playtypes begin with a capital letter or a digit, names of pages do not."""
USER = "u/(?P<user>[A-Za-z0-9_-]{1,32})"


@require_safe
def user_page(request: HttpRequest, user: str) -> HttpResponse:
    return redirect("profile", _username(user))


@require_safe
def user_imports(request: HttpRequest, user: str) -> HttpResponse:
    return redirect("player-imports", _username(user))


@require_safe
def score_page(request: HttpRequest, user: str, score_id: str) -> HttpResponse:
    return redirect(score_url(score_id))


@require_safe
def session_page(request: HttpRequest, user: str, session_id: str) -> HttpResponse:
    return redirect("session-detail", session_id)


@require_safe
def game_page(request: HttpRequest, **names: str) -> HttpResponse:
    game, playtype = _game(**names)
    address = reverse("game-detail", args=[game.slug])
    return redirect(f"{address}?playtype={playtype.name}" if playtype else address)


@require_safe
def songs_page(request: HttpRequest, **names: str) -> HttpResponse:
    game, _ = _game(**names)
    return redirect("song-list", game.slug)


@require_safe
def chart_page(request: HttpRequest, chart_id: str, **names: str) -> HttpResponse:
    game, playtype = _game(**names)
    facts = {"playtype": playtype.name} if playtype else {}
    chart = find_chart(chart_id, game=game.slug, **facts)
    if chart is None:
        raise Http404
    return redirect(chart_url(chart.chart_id))


@require_safe
def song_page(request: HttpRequest, song_id: str, chart: str = "", **names: str) -> HttpResponse:
    """`chart`: the difficulty of a primary chart, or a chart's ID; for an unknown chart, redirects to the song."""
    game, playtype = _game(**names)
    song = find_song(game.slug, song_id)
    if song is None:
        raise Http404
    by_id = Q(chart_id=chart) | Q(v3_id=chart) | Q(former_ids__contains=[chart])
    charts = song.charts.filter(by_id | Q(difficulty=chart, is_primary=True))
    if playtype is not None:
        charts = charts.filter(playtype=playtype.name)
    found = charts.order_by("pk").first() if chart else None
    return redirect(chart_url(found.chart_id) if found else song_url(game.slug, song.song_id))


@require_safe
def import_page(request: HttpRequest) -> HttpResponse:
    """Redirects to the upload. Tachi has a page for each kind of file; our page recognizes the kind."""
    return redirect("import-new")


@require_safe
def imports_page(request: HttpRequest) -> HttpResponse:
    return redirect("import-list")


def _username(user: str) -> str:
    """Returns the name of a user given by name or number. Raises Http404."""
    # A smaller integer column compares with any bigint; names do not begin with a digit.
    return (
        get_object_or_404(User.objects.present(), pk=min(int(user), MAX_BIGINT)).username
        if user.isdecimal()
        else player(user).username
    )


def _game(*, game_id: str = "", slug: str = "", playtype: str = "") -> tuple[Game, Playtype | None]:
    """Returns a game of this instance, and the playtype if one is given. Raises Http404."""
    enabled = jobs.enabled_games()
    if game_id in (known := by_id(enabled)):
        return known[game_id]
    game = next((game for game in enabled if game.slug == slug), None)
    if game is None or (playtype and playtype not in game.by_name):
        raise Http404
    return game, game.by_name[playtype] if playtype else None


urlpatterns = [
    re_path(rf"^{USER}/?$", user_page),
    re_path(rf"^{USER}/imports(?:/.*)?$", user_imports),
    re_path(rf"^{USER}/games/.+/sessions/(?P<session_id>Q[0-9a-f]{{40}})(?:/.*)?$", session_page),
    re_path(rf"^{USER}/games/.+/scores/(?P<score_id>T[0-9a-f]{{64}})(?:/.*)?$", score_page),
    re_path(rf"^{USER}/.*$", user_page),
    re_path(rf"^{GAME}/charts/(?P<chart_id>[^/\0]+)/?$", chart_page),
    re_path(rf"^{GAME}/songs/(?P<song_id>[^/\0]+)/?$", song_page),
    re_path(rf"^{GAME}/songs/(?P<song_id>[^/\0]+)/(?P<chart>[^\0]+?)/?$", song_page),
    re_path(rf"^{GAME}/(?:songs|charts)/?$", songs_page),
    re_path(rf"^{GAME}(?:/[a-z-]+)?/?$", game_page),
    re_path(r"^import/[a-z0-9-]+/?$", import_page),
    re_path(r"^utils/imports(?:/.*)?$", imports_page),
]
