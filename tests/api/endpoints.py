"""Every endpoint of the API, a request to it that succeeds for whoever may, and what everybody is told.

docs/permissions.md shows the same table (permissions_page).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from imports.api.errors import NOT_AUTHORISED
from imports.models import Permission
from tests.api.callers import BANNED, CALLERS, GROUPS, GUEST, STRANGER, WHOEVER, Told, lacks
from tests.builders import batch_manual

DELETE, SUBMIT = Permission.DELETE_SCORE, Permission.SUBMIT_SCORE
NOBODY = (401, NOT_AUTHORISED)
QUEUED = (202, "Import loaded into queue. You can poll the provided URL for information on when its complete.")
NO_IMPORT = (404, "This import does not exist.")
SIGNED_IN = (409, "You are signed in already.")
NOT_SIGNED_IN = (409, "You are not signed in.")
IN_A_BROWSER = (401, "This endpoint requires session-level authentication.")
NO_KEY_MAY = (403, "This request cannot be performed by an API key, and requires authentication.")
NOT_YOUR_SESSION = (403, "You are not authorised to modify this session.")


@dataclass(frozen=True)
class Endpoint:
    """One method of one address. `{import}` and its like stand for what `scene.build` made.

    `told`: what whoever may is told; `but`: what others are, by caller or by group of callers (callers.GROUPS).
    """

    method: str
    path: str
    told: Told
    asks: Permission | None = None
    json: Any = None
    form: bool = False
    but: Mapping[str, Told] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.method} {self.path.partition('?')[0]}"

    def expected(self) -> dict[str, Told]:
        """What each caller is told."""
        told = dict.fromkeys(CALLERS, self.told) | WHOEVER
        for group, answer in self.but.items():
            told |= dict.fromkeys(GROUPS.get(group) or [group], answer)
        return told


def _read(path: str, description: str, *, status: int = 200, **but: Told) -> Endpoint:
    """Everybody's to read."""
    return Endpoint("GET", path, (status, description), but=but)


def _of_an_import(method: str, path: str, told: Told, asks: Permission | None = None, json: Any = None) -> Endpoint:
    """For the owner of the import, and for administrators by session and by token."""
    but = {"guest": GUEST, "stranger": STRANGER, "moderator": STRANGER}
    if asks:
        but["lacking"] = lacks(asks)
    return Endpoint(method, f"/api/v1/imports/{path}", told, asks=asks, json=json, but=but)


def _again(deed: str, name: str) -> Endpoint:
    """The same, of an import that is not in any more: it is not there for others."""
    plain = _of_an_import("POST", f"{{{name}}}/{deed}", QUEUED, SUBMIT)
    unseen = {"guest": NO_IMPORT, "stranger": NO_IMPORT}
    return Endpoint("POST", plain.path, QUEUED, asks=SUBMIT, but={**plain.but, **unseen})


def _private_import(path: str, description: str) -> Endpoint:
    """For the owner of the import and for moderators, whatever their token may."""
    but = {"guest": GUEST, "stranger": STRANGER}
    return Endpoint("GET", f"/api/v1/imports/{{import}}/{path}", (200, description), but=but)


def _own(method: str, path: str, told: Told, *, asks: Permission | None = SUBMIT, **send: Any) -> Endpoint:
    """For everybody who is signed in, about their own."""
    but = {"guest": NOBODY, **send.pop("but", {})}
    if asks:
        but["lacking"] = lacks(asks)
    return Endpoint(method, path, told, asks=asks, but=but, **send)


def _score(method: str, description: str, asks: Permission, json: Any) -> Endpoint:
    """For the owner of the score, and for administrators in a browser."""
    but = {
        "guest": GUEST,
        "stranger": STRANGER,
        "moderator": STRANGER,
        "an administrator's token": STRANGER,
        "the owner's token without the permission": lacks(asks),
        "an administrator's token without the permission": STRANGER,
    }
    return Endpoint(method, "/api/v1/scores/{score}", (200, description), asks=asks, json=json, but=but)


def _tokens(method: str, path: str, description: str, json: Any = None) -> Endpoint:
    """For nobody but the player, in a browser."""
    but = {name: NO_KEY_MAY for name in CALLERS if name not in WHOEVER and name != "the owner's session"}
    told = (200, description)
    return Endpoint(
        method, f"/api/v1/users/alice/api-tokens{path}", told, json=json, but={**but, "guest": IN_A_BROWSER}
    )


INSTANCE = (
    _read("/api/v1/status", "Status check successful."),
    Endpoint("POST", "/api/v1/status", (200, "Status check successful."), json={"echo": "hello"}),
    _read("/api/v1/config", "Returned configuration info."),
    _read("/api/v1/config/max-rivals", "Returned MAX_RIVALS."),
    _read("/api/v1/activity", "Retrieved global activity."),
    _read("/api/v1/search?search=song", "Searched everything."),
    _read("/api/v1/search/chart-hash?search={checksum}", "Searched for chart hash {checksum}."),
)
SIGNING_IN = (
    Endpoint(
        "POST",
        "/api/v1/auth/login",
        (200, "Signed in as Alice."),
        json={"username": "alice", "!password": "correct horse battery"},
        but={name: SIGNED_IN for name in CALLERS if name.endswith("session")} | {"a banned user's session": BANNED},
    ),
    Endpoint(
        "POST",
        "/api/v1/auth/logout",
        (200, "Signed out."),
        but={name: NOT_SIGNED_IN for name in CALLERS if not name.endswith("session") and name not in WHOEVER},
    ),
    _tokens("GET", "", "Returned {alice_tokens} keys."),
    _tokens("POST", "/create", "Successfully created new API Token.", {"permissions": ["submit_score"]}),
    _tokens("DELETE", "/{token}", "Removed Token."),
)
SUBMITTING = (
    _own("POST", "/api/v1/import/file", QUEUED, form=True),
    _own("POST", "/api/v1/import/check", (200, "Checked 0 rows."), json=batch_manual()),
    _own(
        "POST",
        "/api/v1/import/from-api",
        (400, "[importType] Expected any of . (Received api/flo-iidx)"),
        json={"importType": "api/flo-iidx"},
    ),
    _own(
        "POST",
        "/ir/direct-manual/import",
        QUEUED,
        json=batch_manual(),
        but={"guest": (401, "This endpoint requires authentication.")},
    ),
    Endpoint(
        "GET",
        "/api/v1/imports/{queued}/poll-status",
        (200, "Import is ongoing."),
        but={"a banned user's session": (200, "Import is ongoing.")},  # public: browsers' sessions are not looked at
    ),
)
IMPORTS = (
    _read("/api/v1/imports", "Found 2 imports."),
    _read(
        "/api/v1/imports/failed",
        "Found 1 failed imports.",
        guest=(200, "Found 0 failed imports."),
        stranger=(200, "Found 0 failed imports."),
    ),
    _read("/api/v1/users/alice/imports", "Found 1 imports."),
    _read(
        "/api/v1/users/alice/imports/failed",
        "Found 1 failed imports.",
        guest=(200, "Found 0 failed imports."),
        stranger=(200, "Found 0 failed imports."),
    ),
    _read("/api/v1/users/alice/recent-imports", "Found 0 imports."),
    _read("/api/v1/imports/{import}", "Returned info about this session."),
    _read("/api/v1/imports/{import}/errors", "Found 1 errors."),
    _private_import("input", ""),
    _private_import("audit", "Found 2 audit entries."),
)
UNDO = (
    _of_an_import("GET", "{import}/revert", (200, "Previewed revert.")),
    _of_an_import("POST", "{import}/revert", (200, "Reverted import."), DELETE),
    Endpoint(
        "POST",
        "/api/v1/imports/revert",
        (200, "Reverted 1 imports."),
        asks=DELETE,
        json={"importIDs": ["{import}"]},
        but={
            "guest": GUEST,
            "stranger": (403, f"{{import}}: {STRANGER[1]}"),
            "moderator": (403, f"{{import}}: {STRANGER[1]}"),
            "lacking": (403, f"{{import}}: {lacks(DELETE)[1]}"),
        },
    ),
    _again("restore", "reverted"),
    _again("retry", "failed"),
    _of_an_import("POST", "{queued}/cancel", (200, "Cancelled import."), SUBMIT),
    _own(
        "POST",
        "/api/v1/import/orphans",
        (200, "Reprocessed 0 orphan scores."),
        but={"owner": (200, "Reprocessed 1 orphan scores.")},
    ),
    _own(
        "GET",
        "/api/v1/orphans",
        (200, "Found 0 orphan scores."),
        asks=None,
        but={
            "owner": (200, "Found 1 orphan scores."),
            "the owner's token without the permission": (200, "Found 1 orphan scores."),
        },
    ),
    Endpoint(
        "DELETE",
        "/api/v1/orphans/{orphan}",
        (200, "Successfully deleted orphan score."),
        asks=DELETE,
        but={
            "guest": NOBODY,
            "stranger": STRANGER,
            "a moderator's token": STRANGER,
            "an administrator's token": STRANGER,
            "the owner's token without the permission": lacks(DELETE),
            "an administrator's token without the permission": STRANGER,
        },
    ),
)
SCORES = (
    _read("/api/v1/scores/{score}", "Returned score."),
    _score("PATCH", "Updated score.", Permission.CUSTOMISE_SCORE, {"comment": "at last"}),
    _score("DELETE", "Successfully deleted score.", DELETE, None),
    _read("/api/v1/sessions/{session}", "Successfully returned session {session_name}."),
    Endpoint(
        "PATCH",
        "/api/v1/sessions/{session}",
        (200, "Updated Session."),
        asks=Permission.CUSTOMISE_SESSION,
        json={"name": "The long night"},
        but={
            **dict.fromkeys(("guest", "stranger", "moderator", "admin", "lacking"), NOT_YOUR_SESSION),
            "the owner's token without the permission": lacks(Permission.CUSTOMISE_SESSION),
        },
    ),
)
ALICE, PLAYER = "/api/v1/users/alice", "/api/v1/users/alice/games/sdvx/Single"
USERS = (
    _read("/api/v1/users?search=ali", "Returned 1 users."),
    _read(ALICE, "Found user Alice."),
    _read(f"{ALICE}/game-stats", "Returned 1 stats objects."),
    _read(f"{ALICE}/stats", "Retrieved stats."),
    _read(f"{ALICE}/sessions/calendar", "Found 1 events."),
    _read(f"{ALICE}/recent-summary", "Retrieved information about Alice (#{alice})."),
    _read(f"{ALICE}/activity", "Retrieved recent activity."),
)
PLAYERS = (
    _read(PLAYER, "Retrieved user statistics for Alice (sdvx Single)"),
    _read(f"{PLAYER}/history", "Successfully returned history for the past 0 days."),
    _read(f"{PLAYER}/most-played", "Returned 2 scores."),
    _read(f"{PLAYER}/leaderboard-adjacent", "Returned 1 nearby stats."),
    _read(f"{PLAYER}/activity", "Retrieved activity."),
    _read(f"{PLAYER}/pbs?search=song", "Retrieved 2 personal bests."),
    _read(f"{PLAYER}/pbs/all", "Returned 2 PBs."),
    _read(f"{PLAYER}/pbs/best", "Retrieved 2 personal bests."),
    _read(f"{PLAYER}/pbs/{{chart}}", "Successfully retrieved PB for user."),
    _read(f"{PLAYER}/pbs/{{chart}}/leaderboard-adjacent", "Successfully retrieved PB for user."),
    _read(f"{PLAYER}/scores?search=song", "Retrieved 2 scores."),
    _read(f"{PLAYER}/scores/recent", "Retrieved 2 scores."),
    _read(f"{PLAYER}/scores/all", "Returned 2 PBs."),
    _read(f"{PLAYER}/scores/{{chart}}", "Returned 1 scores."),
    _read(f"{PLAYER}/sessions?search={{session_name}}", "Retrieved 1 sessions."),
    _read(f"{PLAYER}/sessions/best", "Retrieved 1 sessions."),
    _read(f"{PLAYER}/sessions/recent", "Returned 1 sessions."),
    _read(f"{PLAYER}/sessions/highlighted", "Returned 1 sessions."),
    _read(f"{PLAYER}/sessions/last", "Returned a session."),
    _read(f"{PLAYER}/sessions/calendar", "Found 1 events."),
    _read(f"{ALICE}/games/jubeat/Single/jubility", "Retrieved scores that went into this users jubility."),
    _read(f"{ALICE}/games/bms/7K/best-score/{{checksum}}", "Player has not played this chart."),
)
GAMES = (
    _read("/api/v1/games", "Returned support information for 17 game(s)."),
    _read("/api/v1/games/sdvx", "Returned information for sdvx"),
    _read("/api/v1/games/sdvx/Single", "Retrieved information about SOUND VOLTEX"),
    _read("/api/v1/games/sdvx/Single/leaderboard", "Returned 2 user's game stats."),
    _read("/api/v1/games/sdvx/Single/pb-leaderboard", "Successfully returned 3 pbs."),
    _read("/api/v1/games/sdvx/Single/players?search=ali", "Found 1 user(s)"),
    _read("/api/v1/games/sdvx/Single/activity", "Retrieved activity."),
    _read("/api/v1/games/sdvx/Single/songs/1", "Returned 1 charts for song Song 1."),
    _read("/api/v1/games/sdvx/Single/charts", "Returned 2 charts."),
    _read(
        "/api/v1/games/sdvx/Single/charts/resolve?matchType=tachiSongID&identifier=1&difficulty=EXH",
        "Found song & chart.",
    ),
    _read("/api/v1/games/sdvx/Single/charts/{chart}", "Returned Song 1 (EXH 16)."),
    _read("/api/v1/games/sdvx/Single/charts/{chart}/playcount", "Counted scores for chart."),
    _read("/api/v1/games/sdvx/Single/charts/{chart}/pbs", "Returned 2 scores."),
    _read("/api/v1/games/sdvx/Single/charts/{chart}/pbs/search?search=ali", "Returned 1 scores."),
    _read("/api/v1/games/bms/7K/sieglinde-charts", "Found 1 chart(s)."),
)

GROUPED = {
    "Submitting": SUBMITTING,
    "Imports": IMPORTS,
    "Undo": UNDO,
    "Scores and sessions": SCORES,
    "Signing in and tokens": SIGNING_IN,
    "Players": USERS,
    "Players on a game": PLAYERS,
    "Songs, charts and games": GAMES,
    "The instance": INSTANCE,
}
ENDPOINTS = tuple(endpoint for group in GROUPED.values() for endpoint in group)
