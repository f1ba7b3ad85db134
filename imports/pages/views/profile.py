"""/users/:name/: what a player has reached, game by game."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from imports import rules
from imports.models import OrphanScore
from imports.pages import profile_parts
from imports.pages.access import player, visible_imports
from imports.pages.class_history import set_by_moderators

COUNTED = 1_000  # imports; of more the button says no number, as counting them would take longer than all the rest


@require_safe
def profile(request: HttpRequest, name: str) -> HttpResponse:
    owner = player(name)
    is_own = owner == request.user
    games = profile_parts.game_lines(owner)
    visible = visible_imports(request)
    private = (is_own and not owner.is_banned) or rules.is_moderator(request.user)
    context = {
        "owner": owner,
        "is_own": is_own,
        "games": games,
        "sessions": profile_parts.latest_sessions(owner),
        "imports": profile_parts.latest_imports(owner, visible, request.user),
        "best": profile_parts.best_scores(games[0]) if games else None,
        "class_changes": set_by_moderators(owner) if private else [],
        "import_count": visible.filter(user=owner).order_by("-pk")[: COUNTED + 1].count(),
        "counted": COUNTED,
        "orphan_count": OrphanScore.objects.filter(user=owner).count() if is_own else 0,
        "imports_url": reverse("import-list") if is_own else reverse("player-imports", args=[owner.username]),
        "section": "profile" if is_own else "",
    }
    return render(request, "profile.html", context)
