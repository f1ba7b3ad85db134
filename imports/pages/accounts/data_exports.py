"""/account/data/: a player's own data, as a ZIP of everything and as a table of each game."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from imports import exports, jobs
from imports.access import rate_limits
from imports.games import BY_SLUG
from imports.models import DataExport, ExportState, GameStats
from imports.models.jobs.data_exports import UNFINISHED_EXPORTS
from imports.pages.components.view_models import Link
from imports.pages.core.permissions import AuthenticatedRequest, sign_in_required
from imports.pages.texts import account_texts


@dataclass(frozen=True, slots=True)
class ExportLine:
    """An export for the page. `url`: of the ZIP, "" if there is none."""

    export: DataExport
    percent: int
    url: str

    @property
    def is_unfinished(self) -> bool:
        return self.export.state in UNFINISHED_EXPORTS

    @property
    def has_failed(self) -> bool:
        return self.export.state == ExportState.FAILED


@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def your_data(request: AuthenticatedRequest) -> HttpResponse:
    """GET lists the exports, POST requests a new one."""
    if request.method == "POST":
        _count_file(request)
        jobs.request_export(request.user, by=request.user)
        return redirect("your-data")
    lines = [
        ExportLine(export, 100, reverse("data-export", args=[export.export_id]))
        if export.state == ExportState.READY
        else ExportLine(export, jobs.export_percent(export), "")
        for export in DataExport.objects.filter(user=request.user).order_by("-pk")
    ]
    played = GameStats.objects.filter(user=request.user, game__in=BY_SLUG).order_by("game", "playtype")
    tables = [
        Link(BY_SLUG[stats.game].label(stats.playtype), reverse("score-table", args=[stats.game, stats.playtype]))
        for stats in played
    ]
    context = {
        "lines": lines,
        "is_under_way": any(line.is_unfinished for line in lines),
        "tables": tables,
        "crumb": Link(account_texts.ACCOUNT, reverse("account")),
        "section": "account",
    }
    return render(request, "your-data.html", context)


@require_safe
@sign_in_required
def data_export(request: AuthenticatedRequest, export_id: str) -> HttpResponseBase:
    mine = DataExport.objects.filter(user=request.user, state=ExportState.READY)
    export = get_object_or_404(mine, export_id=export_id)
    _count_file(request)
    return exports.data_export_file(export)


@require_safe
@sign_in_required
def score_table(request: AuthenticatedRequest, game: str, playtype: str) -> HttpResponseBase:
    stats = get_object_or_404(GameStats, user=request.user, game=game, playtype=playtype, game__in=BY_SLUG)
    _count_file(request)
    return exports.score_table_file(request.user, game, BY_SLUG[game].by_name[stats.playtype])


def _count_file(request: AuthenticatedRequest) -> None:
    """Counts a download. Raises RateLimitExceeded."""
    rate_limits.consume(rate_limits.FILES, rate_limits.client_key(request.user, request.META))
