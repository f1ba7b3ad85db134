"""/: what this is, for guests; for players their imports."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from imports import jobs
from imports.models import Import, User
from imports.pages.components.view_models import STAGES, rail


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    user = request.user
    if isinstance(user, User) and not user.is_banned:
        return redirect("import-list" if Import.objects.filter(user=user).exists() else "import-new")
    stages = [label for name, label in STAGES.items() if name not in ("queued", "finishing")]
    games = [game.name for game in jobs.enabled_games()]
    return render(request, "home.html", {"games": games, "stages": stages, "gauge": rail((("was", 1),), total=1)})
