"""/: what this is, for guests; for players their imports."""

from __future__ import annotations

from collections import Counter

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from imports import jobs
from imports.models import DailyRatings, Import, User
from imports.pages.home.example import example_evening

MAX_LOOKED_AT = 200  # days of ratings


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    user = request.user
    if isinstance(user, User) and not user.is_banned:
        return redirect("import-list" if Import.objects.filter(user=user).exists() else "import-new")
    games = jobs.enabled_games()
    # The page of a player whose rating moves, if there is one. One query, of a bounded number of days.
    enabled = {(game.slug, playtype.name) for game in games for playtype in game.playtypes}
    days = DailyRatings.objects.filter(user__is_banned=False, user__leaves_at=None).order_by("-pk")
    latest = days.values_list("user__username", "game", "playtype")[:MAX_LOOKED_AT]
    # Of those rated last, whoever has the most days: the page of a single day has no line to show.
    found = Counter(each for each in latest if each[1:] in enabled).most_common(1)
    example_url = reverse("player-game", args=found[0][0]) if found else ""
    return render(request, "home.html", {"games": games, "evening": example_evening(), "example_url": example_url})
