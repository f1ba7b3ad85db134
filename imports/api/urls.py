"""Addresses of the API. Literals match in any case and with a slash at the end: `middleware` sees to it."""

from __future__ import annotations

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from imports.api.again import Again
from imports.api.check import CheckImport
from imports.api.game_activity import GlobalActivity
from imports.api.game_charts import Charts, SieglindeCharts
from imports.api.game_info import GameInfo, Games
from imports.api.import_files import ImportFiles
from imports.api.import_lists import ImportList, UserImports
from imports.api.imports import Imports
from imports.api.instance import Config, MaxRivals, Status
from imports.api.openapi import views as openapi
from imports.api.orphans import ImportOrphans, Orphans
from imports.api.player_bests import PlayerBests
from imports.api.player_games import PlayerGame
from imports.api.player_scores import PlayerScores
from imports.api.player_sessions import PlayerSessions
from imports.api.player_specials import BestOnHash, Jubility
from imports.api.polling import poll_status
from imports.api.resource import UnknownEndpoint
from imports.api.scores import Scores
from imports.api.search import ChartHashSearch, Search
from imports.api.sessions import Sessions
from imports.api.sign_in import SignIn, SignOut
from imports.api.song_charts import Songs
from imports.api.tokens import Tokens
from imports.api.undo import RevertSeveral
from imports.api.uploads import DirectManual, ImportFile, ImportFromAPI
from imports.api.users import Users

app_name = "api"

GAME = "games/(?P<game>[^/]+)/(?P<playtype>[^/]+)"
PLAYER = "users/(?P<user_id>[^/]+)/games/(?P<game>[^/]+)/(?P<playtype>[^/]+)"

router = SimpleRouter(trailing_slash=False)
router.register("imports", Imports, basename="import")
router.register("imports", Again, basename="import-again")
router.register("imports", ImportFiles, basename="import-files")
router.register("users", Users, basename="user")
router.register(PLAYER, PlayerGame, basename="player")
router.register(f"{PLAYER}/pbs", PlayerBests, basename="player-best")
router.register(f"{PLAYER}/scores", PlayerScores, basename="player-score")
router.register(f"{PLAYER}/sessions", PlayerSessions, basename="player-session")
router.register("games", Games, basename="game")
router.register(GAME, GameInfo, basename="game-info")
router.register(f"{GAME}/charts", Charts, basename="chart")
router.register(f"{GAME}/songs", Songs, basename="song")
router.register("sessions", Sessions, basename="session")
router.register("orphans", Orphans, basename="orphan")
router.register("scores", Scores, basename="score")

v1 = [
    path("status", Status.as_view({"get": "retrieve", "post": "create"}), name="status"),
    path("config", Config.as_view({"get": "retrieve"}), name="config"),
    path("config/max-rivals", MaxRivals.as_view({"get": "retrieve"}), name="config-max-rivals"),
    path("activity", GlobalActivity.as_view({"get": "list"}), name="activity"),
    path("search", Search.as_view({"get": "list"}), name="search"),
    path("search/chart-hash", ChartHashSearch.as_view({"get": "list"}), name="search-chart-hash"),
    path(
        "games/bms/<str:playtype>/sieglinde-charts",
        SieglindeCharts.as_view({"get": "list"}),
        name="sieglinde-charts",
    ),
    path("auth/login", SignIn.as_view({"post": "create"}), name="auth-login"),
    path("auth/logout", SignOut.as_view({"post": "create"}), name="auth-logout"),
    path("users/<str:user_id>/api-tokens", Tokens.as_view({"get": "list"}), name="api-tokens"),
    path("users/<str:user_id>/api-tokens/create", Tokens.as_view({"post": "create"}), name="api-token-create"),
    path("users/<str:user_id>/api-tokens/<str:token>", Tokens.as_view({"delete": "destroy"}), name="api-token"),
    path("import/file", ImportFile.as_view({"post": "create"}), name="import-file"),
    path("import/check", CheckImport.as_view({"post": "create"}), name="import-check"),
    path("import/from-api", ImportFromAPI.as_view({"post": "create"}), name="import-from-api"),
    path("import/orphans", ImportOrphans.as_view({"post": "create"}), name="import-orphans"),
    path("imports", ImportList.as_view({"get": "list"}), name="imports"),
    path("imports/failed", ImportList.as_view({"get": "failed"}), name="imports-failed"),
    path("users/<str:user_id>/imports", UserImports.as_view({"get": "list"}), name="user-imports"),
    path("users/<str:user_id>/imports/failed", UserImports.as_view({"get": "failed"}), name="user-imports-failed"),
    path("users/<str:user_id>/recent-imports", UserImports.as_view({"get": "recent"}), name="recent-imports"),
    path("imports/<str:import_id>/poll-status", poll_status, name="import-poll-status"),
    path("imports/revert", RevertSeveral.as_view({"post": "create"}), name="imports-revert"),
    path("users/<str:user_id>/games/jubeat/Single/jubility", Jubility.as_view({"get": "retrieve"}), name="jubility"),
    path(
        "users/<str:user_id>/games/bms/<str:playtype>/best-score/<str:checksum>",
        BestOnHash.as_view({"get": "retrieve"}),
        name="best-on-hash",
    ),
    *router.urls,
]
unknown = UnknownEndpoint.as_view({"get": "http_method_not_allowed"})

urlpatterns = [
    path("api/schema", openapi.schema, name="schema"),
    path("api/docs/", openapi.docs, name="docs"),
    path("api/v1/", include(v1)),
    path("ir/direct-manual/import", DirectManual.as_view({"post": "create"}), name="direct-manual"),
    re_path(r"^(?:api/v1|ir)(?:/.*)?$", unknown, name="unknown"),
]
