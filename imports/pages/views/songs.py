"""/games/:game/songs/: the catalogue by what somebody types, and one song with its charts."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from imports import jobs
from imports.catalogue_search import find_songs
from imports.games.spec import Game
from imports.models import Song, User
from imports.pages import play_words
from imports.pages.parts import Link
from imports.pages.song_rows import charts_by_playtype, song_rows

LISTED = 50
LONGEST = 100  # characters of a search
BIGGEST = 2**63 - 1


@require_safe
def song_list(request: HttpRequest, slug: str) -> HttpResponse:
    """`?q=` finds by any of a song's names or its artist's; without it the first of the catalogue."""
    game = _game(slug)
    text = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    found = [each.song for each in find_songs(text, game=slug, most=LISTED + 1)]
    context = {
        "game": game,
        "text": text,
        "rows": song_rows(found[:LISTED], game),
        "more": len(found) > LISTED,
        "crumb": Link(game.name, reverse("game-detail", args=[slug])),
        "section": "games",
    }
    return render(request, "song-list.html", context)


@require_safe
def song_detail(request: HttpRequest, slug: str, song_id: int) -> HttpResponse:
    game = _game(slug)
    if song_id > BIGGEST:
        raise Http404
    song = get_object_or_404(Song, game=slug, song_id=song_id)
    reader = request.user if isinstance(request.user, User) else None
    context = {
        "game": game,
        "song": song,
        "playtypes": charts_by_playtype(song, game, reader=reader),
        "crumb": Link(play_words.songs_of(game.name), reverse("song-list", args=[slug])),
        "section": "games",
    }
    return render(request, "song-detail.html", context)


def _game(slug: str) -> Game:
    """A game of this instance. Raises Http404."""
    game = next((game for game in jobs.offered_games() if game.slug == slug), None)
    if game is None:
        raise Http404
    return game
