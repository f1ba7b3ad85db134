"""/users/:name/: what a player has reached, game by game."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from imports.models import Import
from imports.pages import profile_parts
from imports.pages.access import player


@require_safe
def profile(request: HttpRequest, name: str) -> HttpResponse:
    owner = player(name)
    is_own = owner == request.user
    games = profile_parts.game_lines(owner)
    context = {
        "owner": owner,
        "is_own": is_own,
        "games": games,
        "sessions": profile_parts.latest_sessions(owner),
        "best": profile_parts.best_scores(games[0]) if games else None,
        "import_count": Import.objects.visible_to(request.user).filter(user=owner).count(),
        "imports_url": reverse("import-list") if is_own else reverse("player-imports", args=[owner.username]),
        "section": "profile" if is_own else "",
    }
    return render(request, "profile.html", context)
