"""/: the landing page for guests, a redirect for players. /help/: common questions."""

from __future__ import annotations

from collections import Counter

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from imports import jobs
from imports.models import DailyRatings, Import, User
from imports.pages.components.sources.file_kinds import file_kinds
from imports.pages.home.example import example_evening
from imports.pipeline.derived.islands import SESSION_GAP_MS

MAX_LOOKED_AT = 200  # days of ratings
HOUR_MS = 3_600_000


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    user = request.user
    if isinstance(user, User) and not user.is_banned:
        return redirect("import-list" if Import.objects.filter(user=user).exists() else "import-new")
    games = jobs.enabled_games()
    # The page of a player with many rated days, if there is one. One query, of a bounded number of days.
    enabled = {(game.slug, playtype.name) for game in games for playtype in game.playtypes}
    days = DailyRatings.objects.filter(user__is_banned=False, user__leaves_at=None).order_by("-pk")
    latest = days.values_list("user__username", "game", "playtype")[:MAX_LOOKED_AT]
    # The player with the most of the latest days, because a single day makes no plot.
    found = Counter(each for each in latest if each[1:] in enabled).most_common(1)
    example_url = reverse("player-game", args=found[0][0]) if found else ""
    return render(request, "home.html", {"games": games, "evening": example_evening(), "example_url": example_url})


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    context = {
        "file_kinds": file_kinds(),
        "keep_days": settings.TACHI_KEEP_INPUT_DAYS,
        "session_gap_hours": SESSION_GAP_MS // HOUR_MS,
    }
    return render(request, "help.html", context)
