"""Addresses of players' sessions and pages of a game, of rankings, and of comparisons."""

from __future__ import annotations

from django.urls import path

from imports.pages.core import converters  # noqa: F401 - registers the kinds of IDs
from imports.pages.players import views

urlpatterns = [
    path("users/<name:name>/sessions/", views.player_sessions, name="player-sessions"),
    path("users/<name:name>/games/<slug:slug>/<slug:playtype_name>/", views.player_game, name="player-game"),
    path("games/<slug:slug>/<slug:playtype_name>/players/", views.leaderboard, name="leaderboard"),
    path("games/<slug:slug>/<slug:playtype_name>/compare/", views.compare, name="compare"),
]
