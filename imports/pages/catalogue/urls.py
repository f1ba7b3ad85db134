"""Addresses of games, songs and charts."""

from __future__ import annotations

from django.urls import path

from imports.pages.catalogue import views
from imports.pages.core import converters  # noqa: F401 - registers the kinds of IDs

urlpatterns = [
    path("api/docs/games/<game:slug>/", views.score_format, name="score-format"),
    path("charts/<chart:chart_id>/", views.chart_detail, name="chart-detail"),
    path("games/", views.game_list, name="game-list"),
    path("games/<game:slug>/", views.game_detail, name="game-detail"),
    path("games/<game:slug>/charts/", views.chart_list, name="chart-list"),
    path("games/<game:slug>/songs/", views.song_list, name="song-list"),
    path("games/<game:slug>/songs/<int:song_id>/", views.song_detail, name="song-detail"),
]
