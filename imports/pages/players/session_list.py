"""The sessions of a player in all games, newest first; `?game=` (such as `sdvx/Single`) filters them by game."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse

from imports.games import BY_SLUG
from imports.models import Session, User
from imports.pages.components.score_rows import get_page
from imports.pages.components.sessions.lines import session_lines
from imports.pages.components.view_models import Link
from imports.pages.core.display_names import game_name
from imports.pages.core.pagination import list_url
from imports.pages.texts import player_texts


def session_list(request: HttpRequest, owner: User) -> dict[str, Any]:
    """Returns the context of the page. Seven queries."""
    mine = Session.objects.filter(user=owner)
    # Sessions of removed games are not shown on any page.
    counts = {
        f"{game}/{playtype}": (game, playtype, count)
        for game, playtype, count in mine.values_list("game", "playtype").annotate(count=Count("pk")).order_by()
        if game in BY_SLUG and playtype in BY_SLUG[game].by_name
    }
    chosen = request.GET.get("game", "")
    if chosen in counts:
        game, playtype, _ = counts[chosen]
        found = mine.filter(game=game, playtype=playtype).order_by("-time_started", "-pk")
    else:
        found = mine.filter(game__in={game for game, _, _ in counts.values()}).order_by("-time_ended", "-pk")
    most_first = sorted(counts.items(), key=lambda each: (-each[1][2], each[0]))
    page = get_page(found, request)
    return {
        "owner": owner,
        "is_own": owner == request.user,
        "count": sum(count for _, _, count in counts.values()),
        "chips": [
            Link(
                str(player_texts.ALL_GAMES),
                list_url(request.GET, game=None, page=None),
                sum(count for _, _, count in counts.values()),
                is_current=chosen not in counts,
            ),
            *(
                Link(
                    game_name(game, [playtype]),
                    list_url(request.GET, game=key, page=None),
                    count,
                    is_current=key == chosen,
                )
                for key, (game, playtype, count) in most_first
            ),
        ],
        "page": page,
        "lines": session_lines(list(page.object_list), with_game=chosen not in counts),
        "crumb": Link(owner.username, reverse("profile", args=[owner.username])),
        "section": "profile" if owner == request.user else "",
    }
