"""URL patterns of the API. `middleware` makes literals match in any case and with a trailing slash."""

from __future__ import annotations

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from imports.api.accounts.clients import Clients, ClientsOfUser
from imports.api.accounts.data_exports import DataExports
from imports.api.accounts.emails import EmailAddress, EmailVerification
from imports.api.accounts.oauth import AccessTokens, AuthorizationCodes
from imports.api.accounts.sign_in import SignIn, SignOut
from imports.api.accounts.tokens import APITokens
from imports.api.catalogue.activity import ActivityAlias, GlobalActivity
from imports.api.catalogue.charts import Charts, ChartsV3, SieglindeCharts, SieglindeChartsV3
from imports.api.catalogue.games import GameInfo, GameInfoV3, Games
from imports.api.catalogue.search import ChartHashSearch, Search
from imports.api.catalogue.songs import Songs, SongsV3
from imports.api.core.views import UnknownEndpoint
from imports.api.hooks import urls as hooks
from imports.api.imports.check import CheckImport
from imports.api.imports.files import ImportFiles
from imports.api.imports.lists import ImportList, UserImports
from imports.api.imports.orphans import OrphanRetries, Orphans
from imports.api.imports.own_orphans import OwnOrphans
from imports.api.imports.poll_status import poll_status
from imports.api.imports.revert import BulkRevert
from imports.api.imports.services import ImportFromAPI, ImportTimestops
from imports.api.imports.transitions import ImportTransitions
from imports.api.imports.upload import DirectManual, ImportClasses, ImportFile
from imports.api.imports.views import Imports
from imports.api.instance.views import BeatorajaQueueSize, Config, MaxRivals, Status
from imports.api.openapi import views as openapi
from imports.api.players.bests import PlayerBests, PlayerBestsV3
from imports.api.players.game_specific import BestOnHash, BestOnHashV3, Jubility, JubilityV3
from imports.api.players.pictures import Pictures
from imports.api.players.profile import PlayerProfile, PlayerProfileV3
from imports.api.players.score_lists import PlayerScores, PlayerScoresV3
from imports.api.players.scores import Scores
from imports.api.players.session_lists import PlayerSessions, PlayerSessionsV3
from imports.api.players.sessions import Sessions
from imports.api.players.users import UserGameProfiles, UserGameStats, Users

app_name = "api"

GAME = "games/(?P<game>[^/]+)/(?P<playtype>[^/]+)"
PLAYER = "users/(?P<user_id>[^/]+)/games/(?P<game>[^/]+)/(?P<playtype>[^/]+)"

GAME_V3 = "games/(?P<game_id>[^/]+)"
PLAYER_V3 = "users/(?P<user_id>[^/]+)/games/(?P<game_id>[^/]+)"

router = SimpleRouter(trailing_slash=False)
# Paths of 2026 have a literal where those of 2025 have a playtype, so they come first.
router.register(f"{PLAYER_V3}/pbs", PlayerBestsV3, basename="player-best-v3")
router.register(f"{PLAYER_V3}/scores", PlayerScoresV3, basename="player-score-v3")
router.register(f"{PLAYER_V3}/sessions", PlayerSessionsV3, basename="player-session-v3")
router.register(PLAYER_V3, PlayerProfileV3, basename="player-v3")
router.register(f"{GAME_V3}/charts", ChartsV3, basename="chart-v3")
router.register(f"{GAME_V3}/songs", SongsV3, basename="song-v3")
router.register("imports", Imports, basename="import")
router.register("imports", ImportTransitions, basename="import-again")
router.register("imports", ImportFiles, basename="import-files")
router.register("users", Users, basename="user")
router.register(PLAYER, PlayerProfile, basename="player")
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
    path("ublock-blocks-this", ActivityAlias.as_view({"get": "list"}), name="activity-alias"),
    path(
        "users/<str:user_id>/pfp",
        Pictures.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
        name="user-picture",
    ),
    path(
        "users/<str:user_id>/pfp.png",
        Pictures.as_view({"get": "retrieve"}, is_other_address=True),
        name="user-picture-as-file",
    ),
    path("users/<str:user_id>/game-stats", UserGameStats.as_view({"get": "list"}), name="user-game-stats"),
    path("users/<str:user_id>/game-profiles", UserGameProfiles.as_view({"get": "list"}), name="user-game-profiles"),
    path("games/<str:game_id>/leaderboard", GameInfoV3.as_view({"get": "leaderboard"}), name="game-v3-leaderboard"),
    path(
        "games/<str:game_id>/pb-leaderboard",
        GameInfoV3.as_view({"get": "best_leaderboard"}),
        name="game-v3-best-leaderboard",
    ),
    path("games/<str:game_id>/players", GameInfoV3.as_view({"get": "players"}), name="game-v3-players"),
    path("games/<str:game_id>/activity", GameInfoV3.as_view({"get": "activity"}), name="game-v3-activity"),
    path(
        "games/<str:game_id>/sieglinde-charts",
        SieglindeChartsV3.as_view({"get": "list"}),
        name="sieglinde-charts-v3",
    ),
    path(
        "users/<str:user_id>/games/<str:game_id>/jubility", JubilityV3.as_view({"get": "retrieve"}), name="jubility-v3"
    ),
    path(
        "users/<str:user_id>/games/<str:game_id>/best-score/<str:checksum>",
        BestOnHashV3.as_view({"get": "retrieve"}),
        name="best-on-hash-v3",
    ),
    path("status", Status.as_view({"get": "retrieve", "post": "create"}), name="status"),
    path("config", Config.as_view({"get": "retrieve"}), name="config"),
    path("config/max-rivals", MaxRivals.as_view({"get": "retrieve"}), name="config-max-rivals"),
    path("config/beatoraja-queue-size", BeatorajaQueueSize.as_view({"get": "retrieve"}), name="config-queue-size"),
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
    path("users/<str:user_id>/api-tokens", APITokens.as_view({"get": "list"}), name="api-tokens"),
    path("users/<str:user_id>/api-tokens/create", APITokens.as_view({"post": "create"}), name="api-token-create"),
    path("users/<str:user_id>/api-tokens/<str:token>", APITokens.as_view({"delete": "destroy"}), name="api-token"),
    path("users/<str:user_id>/email", EmailAddress.as_view({"get": "retrieve"}), name="email-address"),
    path(
        "users/<str:user_id>/is-email-verified",
        EmailVerification.as_view({"get": "retrieve"}),
        name="email-verification",
    ),
    path("oauth/create-code", AuthorizationCodes.as_view({"post": "create"}), name="oauth-code"),
    path("oauth/token", AccessTokens.as_view({"post": "create"}), name="oauth-token"),
    path("clients", ClientsOfUser.as_view({"get": "list"}), name="clients"),
    path("clients/create", ClientsOfUser.as_view({"post": "create"}), name="client-create"),
    path(
        "clients/<str:client_id>",
        Clients.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="client",
    ),
    path("clients/<str:client_id>/reset-secret", Clients.as_view({"post": "reset_secret"}), name="client-secret"),
    path("users/<str:user_id>/export", DataExports.as_view({"get": "list", "post": "create"}), name="exports"),
    path("users/<str:user_id>/export/table", DataExports.as_view({"get": "table"}), name="score-table"),
    path("users/<str:user_id>/export/<str:export_id>", DataExports.as_view({"get": "retrieve"}), name="export"),
    path("import/file", ImportFile.as_view({"post": "create"}), name="import-file"),
    path("import/check", CheckImport.as_view({"post": "create"}), name="import-check"),
    path("import/from-api", ImportFromAPI.as_view({"post": "create"}), name="import-from-api"),
    path("import/class", ImportClasses.as_view({"post": "create"}), name="import-class"),
    path("import/orphans", OwnOrphans.as_view({"get": "list", "post": "create"}), name="import-orphans"),
    path(
        "import/orphans/<str:orphan_id>",
        OwnOrphans.as_view({"get": "retrieve", "delete": "destroy"}),
        name="own-orphan",
    ),
    path(
        "import/orphans/<str:retry_id>/poll-status",
        OrphanRetries.as_view({"get": "retrieve"}),
        name="orphan-retry-poll-status",
    ),
    path("imports", ImportList.as_view({"get": "list"}), name="imports"),
    path("imports/failed", ImportList.as_view({"get": "failed"}), name="imports-failed"),
    path("users/<str:user_id>/imports", UserImports.as_view({"get": "list"}), name="user-imports"),
    path("users/<str:user_id>/imports/failed", UserImports.as_view({"get": "failed"}), name="user-imports-failed"),
    path(
        "users/<str:user_id>/import-timestops",
        ImportTimestops.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
        name="import-timestops",
    ),
    path("users/<str:user_id>/recent-imports", UserImports.as_view({"get": "recent"}), name="recent-imports"),
    path("imports/<str:import_id>/poll-status", poll_status, name="import-poll-status"),
    path("imports/revert", BulkRevert.as_view({"post": "create"}), name="imports-revert"),
    path("users/<str:user_id>/games/jubeat/Single/jubility", Jubility.as_view({"get": "retrieve"}), name="jubility"),
    path(
        "users/<str:user_id>/games/bms/<str:playtype>/best-score/<str:checksum>",
        BestOnHash.as_view({"get": "retrieve"}),
        name="best-on-hash",
    ),
    *hooks.v1,
    *router.urls,
]
unknown = UnknownEndpoint.as_view({"get": "http_method_not_allowed"})

urlpatterns = [
    path("api/schema", openapi.schema, name="schema"),
    path("api/docs/", openapi.docs, name="docs"),
    path("api/v1/", include(v1)),
    path("ir/direct-manual/import", DirectManual.as_view({"post": "create"}), name="direct-manual"),
    path("ir/", include(hooks.ir)),
    re_path(r"^(?:api/v1|ir)(?:/.*)?$", unknown, name="unknown"),
]
