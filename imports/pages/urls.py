"""Addresses of the pages."""

from __future__ import annotations

from django.conf import settings
from django.urls import path, register_converter
from django.urls.converters import StringConverter

from imports.pages.styleguide import styleguide
from imports.pages.views.account import SignIn, sign_out
from imports.pages.views.games import game_detail, game_list
from imports.pages.views.home import home
from imports.pages.views.import_again import import_cancel, import_restore, import_retry
from imports.pages.views.import_detail import import_detail
from imports.pages.views.import_input import import_input
from imports.pages.views.import_list import import_list, player_imports
from imports.pages.views.import_new import import_new
from imports.pages.views.import_revert import import_revert
from imports.pages.views.profile import profile
from imports.pages.views.session_detail import session_detail
from imports.pages.views.tokens import token_list, token_revoke


class ImportID(StringConverter):
    regex = "[0-9a-f]{40}"


class SessionID(StringConverter):
    regex = "Q[0-9a-f]{40}"


class Name(StringConverter):
    regex = "[A-Za-z0-9_-]{1,32}"


register_converter(ImportID, "import")
register_converter(SessionID, "session")
register_converter(Name, "name")

urlpatterns = [
    path("", home, name="home"),
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", sign_out, name="logout"),
    path("import/", import_new, name="import-new"),
    path("imports/", import_list, name="import-list"),
    path("imports/<import:import_id>/", import_detail, name="import-detail"),
    path("imports/<import:import_id>/input/", import_input, name="import-input"),
    path("imports/<import:import_id>/revert/", import_revert, name="import-revert"),
    path("imports/<import:import_id>/cancel/", import_cancel, name="import-cancel"),
    path("imports/<import:import_id>/retry/", import_retry, name="import-retry"),
    path("imports/<import:import_id>/restore/", import_restore, name="import-restore"),
    path("sessions/<session:session_id>/", session_detail, name="session-detail"),
    path("games/", game_list, name="game-list"),
    path("games/<slug:slug>/", game_detail, name="game-detail"),
    path("users/<name:name>/", profile, name="profile"),
    path("users/<name:name>/imports/", player_imports, name="player-imports"),
    path("tokens/", token_list, name="token-list"),
    path("tokens/<int:token_id>/revoke/", token_revoke, name="token-revoke"),
]
if settings.TACHI_ENV == "development":
    urlpatterns.append(path("styleguide/", styleguide, name="styleguide"))
