"""Addresses of the pages."""

from __future__ import annotations

from django.conf import settings
from django.urls import path, register_converter
from django.urls.converters import StringConverter

from imports.pages.styleguide import styleguide
from imports.pages.views.account import (
    SignIn,
    SignUp,
    account,
    password_change,
    profile_edit,
    sign_out,
    sign_out_everywhere,
)
from imports.pages.views.chart_detail import chart_detail
from imports.pages.views.games import game_detail, game_list
from imports.pages.views.home import home
from imports.pages.views.import_again import import_cancel, import_restore, import_retry
from imports.pages.views.import_check import import_check
from imports.pages.views.import_detail import import_detail
from imports.pages.views.import_input import import_input
from imports.pages.views.import_list import import_list, player_imports
from imports.pages.views.import_new import import_check_progress, import_new
from imports.pages.views.import_problems import import_left_out, import_mend, import_problems_csv
from imports.pages.views.import_revert import import_revert
from imports.pages.views.import_revert_several import restore_several, revert_several, reverted_several
from imports.pages.views.orphans import orphan_delete, orphan_list, orphans_retry
from imports.pages.views.profile import profile
from imports.pages.views.score_detail import score_delete, score_detail, score_edit
from imports.pages.views.script_texts import ScriptTexts
from imports.pages.views.session_detail import session_detail, session_edit
from imports.pages.views.songs import song_detail, song_list
from imports.pages.views.tokens import token_list, token_revoke


class ImportID(StringConverter):
    regex = "[0-9a-f]{40}"


class CheckID(StringConverter):
    regex = "[0-9a-f]{32}"


class SessionID(StringConverter):
    regex = "Q[0-9a-f]{40}"


class OrphanID(StringConverter):
    regex = "O[0-9a-f]{64}"


class ScoreID(StringConverter):
    regex = "T[0-9a-f]{64}"


class ChartID(StringConverter):
    regex = r"[^\0]+"


class Name(StringConverter):
    regex = "[A-Za-z0-9_-]{1,32}"


register_converter(ImportID, "import")
register_converter(CheckID, "check")
register_converter(SessionID, "session")
register_converter(OrphanID, "orphan")
register_converter(ScoreID, "score")
register_converter(ChartID, "chart")
register_converter(Name, "name")

urlpatterns = [
    path("", home, name="home"),
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", sign_out, name="logout"),
    path("signup/", SignUp.as_view(), name="signup"),
    path("account/", account, name="account"),
    path("account/profile/", profile_edit, name="profile-edit"),
    path("account/password/", password_change, name="password-change"),
    path("account/sign-out-everywhere/", sign_out_everywhere, name="sign-out-everywhere"),
    path("import/", import_new, name="import-new"),
    path("import/checking/<check:name>/", import_check_progress, name="import-check-progress"),
    path("import/checked/<check:check_id>/", import_check, name="import-check"),
    path("imports/", import_list, name="import-list"),
    path("imports/revert/", revert_several, name="import-revert-several"),
    path("imports/reverted/", reverted_several, name="import-reverted"),
    path("imports/restore/", restore_several, name="import-restore-several"),
    path("imports/<import:import_id>/", import_detail, name="import-detail"),
    path("imports/<import:import_id>/input/", import_input, name="import-input"),
    path("imports/<import:import_id>/problems.csv", import_problems_csv, name="import-problems-csv"),
    path("imports/<import:import_id>/left-out.json", import_left_out, name="import-left-out"),
    path("imports/<import:import_id>/problems/<int:row>/", import_mend, name="import-mend"),
    path("imports/<import:import_id>/revert/", import_revert, name="import-revert"),
    path("imports/<import:import_id>/cancel/", import_cancel, name="import-cancel"),
    path("imports/<import:import_id>/retry/", import_retry, name="import-retry"),
    path("imports/<import:import_id>/restore/", import_restore, name="import-restore"),
    path("orphans/", orphan_list, name="orphan-list"),
    path("orphans/retry/", orphans_retry, name="orphans-retry"),
    path("orphans/<orphan:orphan_id>/delete/", orphan_delete, name="orphan-delete"),
    path("sessions/<session:session_id>/", session_detail, name="session-detail"),
    path("sessions/<session:session_id>/edit/", session_edit, name="session-edit"),
    path("scores/<score:score_id>/", score_detail, name="score-detail"),
    path("scores/<score:score_id>/edit/", score_edit, name="score-edit"),
    path("scores/<score:score_id>/delete/", score_delete, name="score-delete"),
    path("charts/<chart:chart_id>/", chart_detail, name="chart-detail"),
    path("games/", game_list, name="game-list"),
    path("games/<slug:slug>/", game_detail, name="game-detail"),
    path("games/<slug:slug>/songs/", song_list, name="song-list"),
    path("games/<slug:slug>/songs/<int:song_id>/", song_detail, name="song-detail"),
    path("users/<name:name>/", profile, name="profile"),
    path("users/<name:name>/imports/", player_imports, name="player-imports"),
    path("texts/<slug:language>/", ScriptTexts.as_view(), name="script-texts"),
    path("tokens/", token_list, name="token-list"),
    path("tokens/<int:token_id>/revoke/", token_revoke, name="token-revoke"),
]
if settings.TACHI_ENV == "development":
    urlpatterns.append(path("styleguide/", styleguide, name="styleguide"))
