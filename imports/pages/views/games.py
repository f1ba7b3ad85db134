"""/games/: what this instance takes, and how a score of each game is written."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from imports import jobs
from imports.games.spec import Game
from imports.pages import words
from imports.pages.game_parts import card_of, sheet_of
from imports.pages.parts import Link


@require_safe
def game_list(request: HttpRequest) -> HttpResponse:
    cards = [card_of(game) for game in jobs.offered_games()]
    count = sum(len(card.game.playtypes) for card in cards)
    return render(request, "game-list.html", {"cards": cards, "playtype_count": count, "section": "games"})


@require_safe
def game_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """`?playtype=` chooses among several; an unknown one is the first."""
    game = next((game for game in jobs.offered_games() if game.slug == slug), None)
    if game is None:
        raise Http404
    playtype = game.by_name.get(request.GET.get("playtype", ""), game.playtypes[0])
    context = {
        "game": game,
        "name": game.label(playtype.name),
        "sheet": sheet_of(game, playtype),
        "tabs": _tabs(game, playtype.name),
        "crumb": Link(words.GAMES, reverse("game-list")),
        "section": "games",
    }
    return render(request, "game-detail.html", context)


def _tabs(game: Game, current: str) -> list[Link]:
    """None where there is nothing to choose."""
    if len(game.playtypes) == 1:
        return []
    labels = game.playtype_labels
    return [Link(labels.get(p, p), f"?playtype={p}", is_current=p == current) for p in game.by_name]
