"""Every endpoint of the API, a request that succeeds for permitted callers, and the response to each caller.

docs/permissions.md shows the same table (permissions_page).
"""

from __future__ import annotations

from typing import Any

from imports.models import Permission
from tests.api.callers import BANNED, CALLERS, GUEST, REFUSED_EVERYWHERE, STRANGER, Outcome, lacks
from tests.api.endpoint import DELETE, NOBODY, SUBMIT, Endpoint, own_endpoint, public_endpoint
from tests.api.game_endpoints import ALICE, GAMES, GAMES_V3, PLAYERS, PLAYERS_V3
from tests.api.hook_endpoints import HASHED_CHARTS, HOOKS
from tests.factories import batch_manual

QUEUED = (202, "Import loaded into queue. You can poll the provided URL for information on when its complete.")
NO_IMPORT = (404, "This import does not exist.")
SIGNED_IN = (409, "You are signed in already.")
NOT_SIGNED_IN = (409, "You are not signed in.")
IN_A_BROWSER = (401, "This endpoint requires session-level authentication.")
NO_KEY_MAY = (403, "This request cannot be performed by an API key, and requires authentication.")
NO_KEY_MAY_V3 = (
    403,
    "This request cannot be performed by an API key and requires session authentication as this user.",
)
NOT_YOURS = (403, "You are not permitted to perform this action for this user.")
REQUIRES_SUBMIT = (403, 'This request requires the "submit_score" permission.')
NO_ORPHAN = (404, "No such orphan score for this user.")
NOT_YOUR_SESSION = (403, "You are not authorised to modify this session.")


def _of_an_import(
    method: str, path: str, expected: Outcome, permission: Permission | None = None, json: Any = None
) -> Endpoint:
    """For the owner of the import, and for administrators by session and by token."""
    exceptions = {"guest": GUEST, "stranger": STRANGER, "moderator": STRANGER}
    if permission:
        exceptions["lacking"] = lacks(permission)
    return Endpoint(
        method, f"/api/v1/imports/{path}", expected, permission=permission, json=json, exceptions=exceptions
    )


def _requeue(operation: str, name: str) -> Endpoint:
    """The same, for an import that is not imported any more: others get a 404."""
    plain = _of_an_import("POST", f"{{{name}}}/{operation}", QUEUED, SUBMIT)
    unseen = {"guest": NO_IMPORT, "stranger": NO_IMPORT}
    return Endpoint("POST", plain.path, QUEUED, permission=SUBMIT, exceptions={**plain.exceptions, **unseen})


def _private_import(path: str, description: str) -> Endpoint:
    """For the owner of the import and for moderators, with any token."""
    exceptions = {"guest": GUEST, "stranger": STRANGER}
    return Endpoint("GET", f"/api/v1/imports/{{import}}/{path}", (200, description), exceptions=exceptions)


def _score(method: str, description: str, permission: Permission, json: Any) -> Endpoint:
    """For the owner of the score, and for administrators in a browser."""
    exceptions = {
        "guest": GUEST,
        "stranger": STRANGER,
        "moderator": STRANGER,
        "an administrator's token": STRANGER,
        "the owner's token without the permission": lacks(permission),
        "an administrator's token without the permission": STRANGER,
    }
    return Endpoint(
        method, "/api/v1/scores/{score}", (200, description), permission=permission, json=json, exceptions=exceptions
    )


def _owners(method: str, path: str, description: str, json: Any = None) -> Endpoint:
    """Only for the player, in a browser."""
    exceptions = {
        name: NO_KEY_MAY for name in CALLERS if name not in REFUSED_EVERYWHERE and name != "the owner's session"
    }
    expected = (200, description)
    return Endpoint(
        method,
        f"/api/v1/users/alice/{path}",
        expected,
        json=json,
        exceptions={**exceptions, "guest": IN_A_BROWSER},
    )


def _self(method: str, expected: Outcome, json: Any = None, *, path: str = "import-timestops") -> Endpoint:
    """Only for the player, in a browser, with the messages of the API of 2026."""
    keys = (name for name in CALLERS if name not in REFUSED_EVERYWHERE and "token" in name)
    others = dict.fromkeys(("another user's session", "a moderator's session", "an administrator's session"), NOT_YOURS)
    exceptions = {**others, **dict.fromkeys(keys, NO_KEY_MAY_V3), "guest": IN_A_BROWSER}
    address = f"/api/v1/users/{{alice}}/{path}".removesuffix("/")
    return Endpoint(method, address, expected, json=json, exceptions=exceptions)


def _own_orphans(method: str, path: str, own: str, others: Outcome) -> Endpoint:
    """For every token that may submit scores, for one's own orphans, with the messages of the API of 2026."""
    exceptions = dict.fromkeys(("stranger", "moderator", "admin"), others)
    exceptions |= {"guest": REQUIRES_SUBMIT, "lacking": REQUIRES_SUBMIT}
    return Endpoint(method, f"/api/v1/import/orphans{path}", (200, own), permission=SUBMIT, exceptions=exceptions)


def _export(method: str, path: str, expected: Outcome) -> Endpoint:
    """For the player and administrators, with any token."""
    exceptions = {"guest": GUEST, "stranger": STRANGER, "moderator": STRANGER}
    return Endpoint(method, f"/api/v1/users/alice/export{path}", expected, exceptions=exceptions)


IN_BROWSER_ALONE = (401, "You are not authenticated.")


def _in_a_browser(
    method: str,
    path: str,
    description: str,
    json: Any = None,
    *,
    author: bool = False,
    refusal: Outcome = IN_BROWSER_ALONE,
) -> Endpoint:
    """For everybody in a browser; with `author`, only for the creator of the client."""
    tools = [name for name in CALLERS if "token" in name and name not in REFUSED_EVERYWHERE]
    exceptions = dict.fromkeys([*tools, "guest"], refusal)
    if author:
        others = ("another user's session", "a moderator's session", "an administrator's session")
        exceptions |= dict.fromkeys(others, STRANGER)
    return Endpoint(method, f"/api/v1/{path}", (200, description), json=json, exceptions=exceptions)


INSTANCE = (
    public_endpoint("/api/v1/status", "Status check successful."),
    Endpoint("POST", "/api/v1/status", (200, "Status check successful."), json={"echo": "hello"}),
    public_endpoint("/api/v1/config", "Returned configuration info."),
    public_endpoint("/api/v1/config/max-rivals", "Returned MAX_RIVALS."),
    public_endpoint("/api/v1/config/beatoraja-queue-size", "Returned BEATORAJA_QUEUE_SIZE."),
    public_endpoint("/api/v1/activity", "Retrieved global activity."),
    public_endpoint("/api/v1/ublock-blocks-this", "Retrieved global activity."),
    public_endpoint("/api/v1/search?search=song", "Searched everything."),
    public_endpoint("/api/v1/search/chart-hash?search={checksum}", "Searched for chart hash {checksum}."),
)
SIGNING_IN = (
    Endpoint(
        "POST",
        "/api/v1/auth/login",
        (200, "Signed in as Alice."),
        json={"username": "alice", "!password": "correct horse battery"},
        exceptions={name: SIGNED_IN for name in CALLERS if name.endswith("session")}
        | {"a banned user's session": BANNED},
    ),
    Endpoint(
        "POST",
        "/api/v1/auth/logout",
        (200, "Signed out."),
        exceptions={
            name: NOT_SIGNED_IN for name in CALLERS if not name.endswith("session") and name not in REFUSED_EVERYWHERE
        },
    ),
    _owners("GET", "api-tokens", "Returned {alice_tokens} keys."),
    _owners("POST", "api-tokens/create", "Successfully created new API Token.", {"permissions": ["submit_score"]}),
    _owners("DELETE", "api-tokens/{token}", "Removed Token."),
    _owners("GET", "email", "Returned email."),
    _owners("GET", "is-email-verified", "Returned email verification status."),
    _in_a_browser("POST", "oauth/create-code", "Successfully created code.", {}),
    Endpoint(
        "POST",
        "/api/v1/oauth/token",
        (200, "Successfully authenticated."),
        json={
            "client_id": "{client}",
            "client_secret": "{client_secret}",
            "grant_type": "authorization_code",
            "redirect_uri": "https://tool.example.org/callback",
            "code": "{code}",
        },
    ),
    _in_a_browser(
        "GET",
        "clients",
        "Returned clients.",
        refusal=(401, "You are not authenticated (for a session-level request, at least)."),
    ),
    _in_a_browser(
        "POST", "clients/create", "Created a new API client.", {"name": "New", "permissions": ["submit_score"]}
    ),
    public_endpoint("/api/v1/clients/{client}", "Retrieved Night Logger."),
    _in_a_browser("PATCH", "clients/{client}", "Updated client.", {"name": "Day Logger"}, author=True),
    _in_a_browser("POST", "clients/{client}/reset-secret", "Reset secret.", author=True),
    _in_a_browser("DELETE", "clients/{client}", "Deleted client.", author=True),
    _export("GET", "", (200, "Returned 1 exports.")),
    _export("POST", "", (202, "Your data is being exported. Poll this address until it is ready.")),
    _export("GET", "/{export}", (200, "")),
    _export("GET", "/table?game=sdvx&playtype=Single", (200, "")),
)
SUBMITTING = (
    own_endpoint("POST", "/api/v1/import/file", QUEUED, form=True),
    own_endpoint("POST", "/api/v1/import/check", (200, "Checked 0 rows."), json=batch_manual()),
    own_endpoint(
        "POST",
        "/api/v1/import/from-api",
        (400, 'Import type "api/flo-iidx" is not enabled on this instance.'),
        json={"importType": "api/flo-iidx"},
    ),
    Endpoint(
        "POST",
        "/api/v1/import/class",
        QUEUED,
        permission=SUBMIT,
        json={"game": "sdvx", "classes": {"dan": "DAN_9"}},
        exceptions={
            "guest": REQUIRES_SUBMIT,
            "lacking": REQUIRES_SUBMIT,
            "moderator": (404, "The user Mo_ has not played sdvx"),
            "admin": (404, "The user Ada has not played sdvx"),
        },
    ),
    own_endpoint(
        "POST",
        "/ir/direct-manual/import",
        QUEUED,
        json=batch_manual(),
        exceptions={"guest": (401, "This endpoint requires authentication.")},
    ),
    Endpoint(
        "GET",
        "/api/v1/imports/{queued}/poll-status",
        (200, "Import is ongoing."),
        exceptions={"a banned user's session": (200, "Import is ongoing.")},  # public: sessions are ignored
    ),
)
IMPORTS = (
    public_endpoint("/api/v1/imports", "Found 2 imports."),
    public_endpoint(
        "/api/v1/imports/failed",
        "Found 1 failed imports.",
        guest=(200, "Found 0 failed imports."),
        stranger=(200, "Found 0 failed imports."),
    ),
    public_endpoint("/api/v1/users/alice/imports", "Found 1 imports."),
    public_endpoint(
        "/api/v1/users/alice/imports/failed",
        "Found 1 failed imports.",
        guest=(200, "Found 0 failed imports."),
        stranger=(200, "Found 0 failed imports."),
    ),
    public_endpoint("/api/v1/users/alice/recent-imports", "Found 0 imports."),
    _self("GET", (200, "Returned import timestops.")),
    _self("PUT", (200, "Updated import timestop."), {"importType": "api/flo-iidx", "lastScoreTime": 0}),
    _self("DELETE", (200, "Reset import timestop."), {"importType": "api/flo-iidx"}),
    public_endpoint("/api/v1/imports/{import}", "Returned info about this session."),
    public_endpoint("/api/v1/imports/{import}/errors", "Found 1 errors."),
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
        permission=DELETE,
        json={"importIDs": ["{import}"]},
        exceptions={
            "guest": GUEST,
            "stranger": (403, f"{{import}}: {STRANGER[1]}"),
            "moderator": (403, f"{{import}}: {STRANGER[1]}"),
            "lacking": (403, f"{{import}}: {lacks(DELETE)[1]}"),
        },
    ),
    _requeue("restore", "reverted"),
    _requeue("retry", "failed"),
    _of_an_import("POST", "{queued}/cancel", (200, "Cancelled import."), SUBMIT),
    own_endpoint(
        "POST",
        "/api/v1/import/orphans",
        (200, "Reprocessed 0 orphan scores."),
        exceptions={"owner": (200, "Reprocessed 1 orphan scores.")},
    ),
    _own_orphans("GET", "", "Returned 1 orphan scores.", (200, "Returned 0 orphan scores.")),
    _own_orphans("GET", "/{orphan}", "Returned orphan score.", NO_ORPHAN),
    _own_orphans("DELETE", "/{orphan}", "Deleted orphan score.", NO_ORPHAN),
    Endpoint(
        "GET",
        "/api/v1/import/orphans/{retry}/poll-status",
        (200, "Reprocessed 0 orphan scores."),
        exceptions={
            "guest": NOBODY,
            "stranger": STRANGER,
            "a moderator's token": STRANGER,
            "an administrator's token": STRANGER,
            "an administrator's token without the permission": STRANGER,
        },
    ),
    own_endpoint(
        "GET",
        "/api/v1/orphans",
        (200, "Found 0 orphan scores."),
        permission=None,
        exceptions={
            "owner": (200, "Found 1 orphan scores."),
            "the owner's token without the permission": (200, "Found 1 orphan scores."),
        },
    ),
    Endpoint(
        "DELETE",
        "/api/v1/orphans/{orphan}",
        (200, "Successfully deleted orphan score."),
        permission=DELETE,
        exceptions={
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
    public_endpoint("/api/v1/scores/{score}", "Returned score."),
    _score("PATCH", "Updated score.", Permission.CUSTOMISE_SCORE, {"comment": "at last"}),
    _score("DELETE", "Successfully deleted score.", DELETE, None),
    public_endpoint("/api/v1/sessions/{session}", "Successfully returned session {session_name}."),
    public_endpoint("/api/v1/sessions/{session}/adjacent", "Returned adjacent sessions."),
    Endpoint(
        "PATCH",
        "/api/v1/sessions/{session}",
        (200, "Updated Session."),
        permission=Permission.CUSTOMISE_SESSION,
        json={"name": "The long night"},
        exceptions={
            **dict.fromkeys(("guest", "stranger", "moderator", "admin", "lacking"), NOT_YOUR_SESSION),
            "the owner's token without the permission": lacks(Permission.CUSTOMISE_SESSION),
        },
    ),
)


def _picture(method: str, description: str) -> Endpoint:
    """For the player and for administrators, whose token needs the permission to customise profiles."""
    nobody = (401, "Authentication is required for this endpoint.")
    others = (403, "You are not authorised as this user.")
    lacking = (403, 'This request requires the "customise_profile" permission.')
    return Endpoint(
        method,
        "/api/v1/users/{alice}/pfp",
        (200, description),
        permission=Permission.CUSTOMISE_PROFILE,
        form=method == "PUT",
        exceptions={"guest": nobody, "stranger": others, "moderator": others, "lacking": lacking},
    )


USERS = (
    public_endpoint("/api/v1/users?search=ali", "Returned 1 users."),
    public_endpoint(ALICE, "Found user Alice."),
    _self("PATCH", (200, "Successfully updated user."), {"status": "on vacation"}, path=""),
    public_endpoint(f"{ALICE}/settings", "Retrieved settings."),
    public_endpoint(f"{ALICE}/game-stats", "Returned 1 stats objects."),
    public_endpoint(f"{ALICE}/stats", "Retrieved stats."),
    public_endpoint(f"{ALICE}/sessions/calendar", "Found 1 events."),
    public_endpoint(f"{ALICE}/recent-summary", "Retrieved information about Alice (#{alice})."),
    public_endpoint(f"{ALICE}/activity", "Retrieved recent activity."),
    public_endpoint(f"{ALICE}/game-profiles", "Returned 1 stats objects."),
    public_endpoint(f"{ALICE}/following", "Returned 0 friends."),
    public_endpoint(f"{ALICE}/pfp", ""),
    _picture("PUT", "Stored profile picture."),
    _picture("DELETE", "Removed custom profile picture."),
)

GROUPED = {
    "Submitting": SUBMITTING,
    "Hooks": (*HOOKS, *HASHED_CHARTS),
    "Imports": IMPORTS,
    "Undo": UNDO,
    "Scores and sessions": SCORES,
    "Signing in and tokens": SIGNING_IN,
    "Players": USERS,
    "Players on a game": PLAYERS,
    "Players on a game, as of 2026": PLAYERS_V3,
    "Songs, charts and games": GAMES,
    "Songs, charts and games, as of 2026": GAMES_V3,
    "The instance": INSTANCE,
}
ENDPOINTS = tuple(endpoint for group in GROUPED.values() for endpoint in group)
