"""The endpoints of hooks and of their settings (see `endpoints`)."""

from __future__ import annotations

from typing import Any

from imports.models import Permission
from tests.api.callers import STRANGER, Outcome, lacks
from tests.api.endpoint import NOBODY, SUBMIT, Endpoint, own_endpoint

NOT_FOR_GUESTS = (401, "This endpoint requires authentication.")


def _hook(path: str, expected: Outcome, *, agent: str = "", model: str = "", **more: Any) -> Endpoint:
    """For every signed-in user, for their own scores. The bodies are invalid, so that no request waits for a worker."""
    headers = {"User-Agent": agent, "X-Software-Model": model} if agent else {}
    more.setdefault("json", {})
    return own_endpoint("POST", f"/ir/{path}", expected, headers=headers, exceptions={"guest": NOT_FOR_GUESTS}, **more)


def _settings(hook: str, name: str) -> tuple[Endpoint, Endpoint]:
    """Only for the player, not even for moderators and administrators."""
    path, permission = f"/api/v1/users/alice/integrations/{hook}", Permission.CUSTOMISE_PROFILE
    exceptions = {"guest": NOBODY, "stranger": STRANGER, "moderator": STRANGER, "admin": STRANGER}
    exceptions |= {
        "the owner's token without the permission": lacks(permission),
        "an administrator's token without the permission": STRANGER,
    }
    read = Endpoint("GET", path, (200, f"Retrieved {name} settings."), permission=permission, exceptions=exceptions)
    change = Endpoint(
        "PATCH",
        path,
        (200, "Successfully updated settings."),
        permission=permission,
        json={"forceStaticImport": True},
        exceptions=exceptions,
    )
    return read, change


FERVIDEX: dict[str, Any] = {"agent": "fervidex/1.3.0", "model": "LDJ:J:E:A:2023090500"}
KSHOOK: dict[str, Any] = {"agent": "kshook/1.0.0", "model": "QCV:J:B:A:2021083100", "permission": None}
WRONG = "Expected any of {}. | Received undefined [type: undefined]."
HOOKS = (
    _hook(
        "barbatos/score/submit",
        (400, f"Invalid Barbatos Request: difficulty | {WRONG.format('0, 1, 2, 3, 4')}"),
    ),
    _hook(
        "fervidex/score/submit",
        (
            400,
            f"Invalid Fervidex Request?: chart | {WRONG.format('spb, spn, dpn, sph, dph, spa, dpa, spl, dpl')}",
        ),
        **FERVIDEX,
    ),
    _hook(
        "fervidex/class/submit",
        (200, "No Update Made."),
        json={"cleared": False, "course_id": 0, "play_style": 0},
        **FERVIDEX,
    ),
    _hook("fervidex/profile/submit", (202, "Your import has been loaded for further processing."), **FERVIDEX),
    _hook(
        "kshook/sv6c/score/save",
        (
            400,
            "Error: clear | "
            + WRONG.format(
                "CLEAR_PLAYED, CLEAR_EFFECTIVE, CLEAR_EXCESSIVE, CLEAR_ULTIMATE_CHAIN, CLEAR_MAXXIVE, CLEAR_PERFECT"
            ),
        ),
        **KSHOOK,
    ),
    _hook(
        "kshook/sv6c/score/export",
        (200, "Static importing is disabled. Ignoring static import request."),
        **KSHOOK,
    ),
    *_settings("fervidex", "Fervidex"),
    *_settings("kshook-sv6c", "KsHook (S6VC)"),
)
BEATORAJA = {"X-TachiIR-Version": "v3.0.0"}
NO_SCORE = (
    400,
    (
        "Invalid Beatoraja Import - Score: null | Non-object provided for validation. | Received undefined "
        "[type: undefined]."
    ),
)
NO_COURSE = (
    400,
    (
        "[course] Object does not match structure of schema, expected this location to have an object. "
        "(Received nothing (undefined))"
    ),
)


def _beatoraja(method: str, path: str, expected: Outcome, **more: Any) -> Endpoint:
    """For every signed-in user, with any token."""
    return own_endpoint(
        method,
        f"/ir/beatoraja/{path}",
        expected,
        permission=None,
        headers=BEATORAJA,
        exceptions={"guest": NOT_FOR_GUESTS, **more.pop("exceptions", {})},
        **more,
    )


NO_USC_TOKEN = (40, "No auth token provided.")
NOT_TRACKED = (44, "This IR doesn't have any record data yet, or 3 people have not played the chart yet.")


def _usc(method: str, path: str, expected: Outcome, permission: Permission | None = None, json: Any = None) -> Endpoint:
    """For tokens only. The statuses are those in the body; that of HTTP is 200, unless a permission is missing."""
    sessions = ("another user's", "the owner's", "a moderator's", "an administrator's", "a banned user's")
    exceptions = {
        "guest": NO_USC_TOKEN,
        "a bad token": (41, "Unauthorized."),
        **{f"{whose} session": NO_USC_TOKEN for whose in sessions},
    }
    if permission:
        exceptions["lacking"] = lacks(permission)
    return Endpoint(
        method, f"/ir/usc/Controller{path}", expected, permission=permission, json=json, exceptions=exceptions
    )


HASHED_CHARTS = (
    _beatoraja("POST", "submit-score", NO_SCORE, json={}),
    _beatoraja("POST", "submit-course", NO_COURSE, json={}),
    _beatoraja("GET", "charts/{checksum}/scores", (200, "Successfully returned 0")),
    _beatoraja("GET", "rivals", (200, "Returned 0 rivals.")),
    _beatoraja(
        "GET",
        "players/alice/scores",
        (200, "Successfully returned 0 scores."),
        exceptions=dict.fromkeys(
            ("stranger", "moderator", "admin", "an administrator's token without the permission"),
            (403, "Cannot export scores for a player that is not you or your rival."),
        ),
    ),
    _hook("lr2hook/import", (400, "Error: md5 | Expected string. | Received undefined [type: undefined].")),
    _hook("lr2hook/import/course", (400, "[md5] Expected string. (Received nothing (undefined))")),
    _usc("GET", "", (20, "IR Request Successful.")),
    _usc("GET", "/charts/{checksum}", NOT_TRACKED),
    _usc("GET", "/charts/{checksum}/record", NOT_TRACKED),
    _usc("GET", "/charts/{checksum}/leaderboard?mode=best&n=5", NOT_TRACKED),
    _usc(
        "POST",
        "/scores",
        (40, "Invalid chart.: null | Non-object provided for validation. | Received undefined [type: undefined]."),
        SUBMIT,
        {},
    ),
    _usc("POST", "/replays", (40, "No Identifier Provided."), SUBMIT, {}),
    own_endpoint(
        "GET", "/ir/usc/Controller/replays/{score}", (404, "You have no replay of this score."), permission=None
    ),
)
