"""URL patterns of the hooks, below /ir, and of their settings, below /api/v1."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path

from imports.api.hooks import beatoraja, lr2hook, usc
from imports.api.hooks.barbatos import BarbatosScore
from imports.api.hooks.fervidex import FervidexClass, FervidexProfile, FervidexScore
from imports.api.hooks.kshook import KsHookExport, KsHookScore
from imports.api.hooks.settings import FervidexSettings, HookSettingsViewSet, KsHookSettings

GET: dict[str, str | Any] = {"get": "retrieve"}
POST: dict[str, str | Any] = {"post": "create"}
SETTINGS: dict[str, str | Any] = {"get": "retrieve", "patch": "partial_update"}

USC = "usc/<str:playtype>"
of_hashed_charts = [
    path("beatoraja/submit-score", beatoraja.SubmitScore.as_view(POST), name="beatoraja-score"),
    path("beatoraja/submit-course", beatoraja.SubmitCourse.as_view(POST), name="beatoraja-course"),
    path(
        "beatoraja/charts/<str:sha256>/scores",
        beatoraja.ChartScores.as_view(GET),
        name="beatoraja-chart-scores",
    ),
    path("beatoraja/rivals", beatoraja.Rivals.as_view(GET), name="beatoraja-rivals"),
    path(
        "beatoraja/players/<str:user_id>/scores",
        beatoraja.PlayerBests.as_view(GET),
        name="beatoraja-player-scores",
    ),
    path("lr2hook/import", lr2hook.ImportScore.as_view(POST), name="lr2hook-score"),
    path("lr2hook/import/course", lr2hook.ImportCourse.as_view(POST), name="lr2hook-course"),
    path(USC, usc.Heartbeat.as_view(GET), name="usc"),
    path(f"{USC}/charts/<str:hash>", usc.Charts.as_view(GET), name="usc-chart"),
    path(f"{USC}/charts/<str:hash>/record", usc.Charts.as_view({"get": "record"}), name="usc-record"),
    path(f"{USC}/charts/<str:hash>/leaderboard", usc.Charts.as_view({"get": "leaderboard"}), name="usc-leaderboard"),
    path(f"{USC}/scores", usc.Scores.as_view(POST), name="usc-score"),
    path(f"{USC}/replays", usc.Replays.as_view(POST), name="usc-replays"),
    path(f"{USC}/replays/<str:score_id>", usc.ReplayFile.as_view(GET), name="usc-replay"),
]
ir = [
    path("barbatos/score/submit", BarbatosScore.as_view(POST), name="barbatos-score"),
    path("fervidex/score/submit", FervidexScore.as_view(POST), name="fervidex-score"),
    path("fervidex/class/submit", FervidexClass.as_view(POST), name="fervidex-class"),
    path("fervidex/profile/submit", FervidexProfile.as_view(POST), name="fervidex-profile"),
    path("kshook/sv6c/score/save", KsHookScore.as_view(POST), name="kshook-score"),
    path("kshook/sv6c/score/export", KsHookExport.as_view(POST), name="kshook-export"),
    *of_hashed_charts,
]
INTEGRATIONS = "users/<str:user_id>/integrations"


def _settings_of(hook: str, view: type[HookSettingsViewSet]) -> list[URLPattern]:
    """Returns both paths of a hook's settings: ours, and that of Tachi."""
    address = f"{INTEGRATIONS}/{hook}"
    return [
        path(address, view.as_view(SETTINGS), name=f"{hook}-settings"),
        path(f"{address}/settings", view.as_view(SETTINGS, is_other_address=True), name=f"{hook}-settings-as-in-tachi"),
    ]


v1 = [*_settings_of("fervidex", FervidexSettings), *_settings_of("kshook-sv6c", KsHookSettings)]
