"""What operations have in common: their parameters, refusals and headers, and how one shows who one is."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from imports import jobs
from imports.api.authentication import CSRF_FAILED, NO_TOKEN, UNKNOWN_TOKEN, WRONG_TYPE
from imports.api.errors import JSON_TOO_LARGE, NO_ENDPOINT, UNREADABLE
from imports.api.openapi.operation import JSON, Schema

FAILURE: Schema = {
    "type": "object",
    "description": "Any answer that is no success.",
    "properties": {
        "success": {"const": False},
        "description": {"type": "string"},
        "status": {"const": 429},
        "message": {"const": "You're being rate limited."},
    },
    "required": ["success", "description"],
    "additionalProperties": False,
}

# --- refusals -----------------------------------------------------------------------------------------

NAMES = {
    400: "BadRequest",
    401: "Unauthorised",
    403: "Forbidden",
    404: "NotFound",
    413: "TooLarge",
    415: "UnknownEncoding",
    429: "TooOften",
}
WORDS: dict[int, Sequence[str]] = {
    400: [WRONG_TYPE, UNREADABLE, "[…] Expected …"],
    401: [UNKNOWN_TOKEN, NO_TOKEN],
    403: ["You are banned from …", CSRF_FAILED],
    404: [NO_ENDPOINT],
    413: [JSON_TOO_LARGE],
    415: ['Unsupported content encoding "…".'],
    429: ["You have exceeded … requests per … seconds. Please wait."],
}
"""What everybody may be told everywhere."""
USUAL_WITHOUT_BODY = (400, 401, 403, 429)
USUAL = (*USUAL_WITHOUT_BODY, 413, 415)


def refusal(descriptions: Sequence[str], *, status: int) -> Schema:
    """A refusal in these words, or in those that are told everywhere."""
    words = list(dict.fromkeys([*descriptions, *WORDS.get(status, ())]))
    names = ("Retry-After", *ON_EVERY_ANSWER) if status == 429 else ON_EVERY_ANSWER
    return {
        "description": "\n".join(
            f"* `{word}`" if word[0].isupper() or word[0] in "[…" else f"* {word}" for word in words
        ),
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {
            JSON: {
                "schema": {"$ref": "#/components/schemas/Failure"},
                "example": {"success": False, "description": words[0]},
            }
        },
    }


def responses() -> Schema:
    return {name: refusal((), status=status) for status, name in NAMES.items()}


# --- headers ------------------------------------------------------------------------------------------


def _header(description: str, kind: str = "string") -> Schema:
    return {"description": description, "schema": {"type": kind}}


HEADERS: Schema = {
    "X-RateLimit-Limit": _header("Requests in this window.", "integer"),
    "X-RateLimit-Remaining": _header("Requests that are left of them.", "integer"),
    "X-RateLimit-Reset": _header("When the window ends. Unix seconds.", "integer"),
    "X-Request-ID": _header("Names the request in our log."),
    "Retry-After": _header("Seconds to wait.", "integer"),
    "X-Next-Cursor": _header("`cursor` of the next page; not there on the last one."),
    "Link": _header('The address of the next page, `rel="next"`; not there on the last one.'),
    "Content-Disposition": _header("The file's name, where the answer is one."),
}
ON_EVERY_ANSWER = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Request-ID")
ON_PAGES = ("X-Next-Cursor", "Link")
ON_POLLS = ("Retry-After",)
ON_FILES = ("Content-Disposition",)

# --- who asks -----------------------------------------------------------------------------------------


def security_schemes() -> Schema:
    return {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token that somebody made on the page of their tokens, or by `createToken`.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "A browser's session. A token beside it is not looked at.",
        },
        "csrf": {
            "type": "apiKey",
            "in": "header",
            "name": "X-CSRFToken",
            "description": "Goes with a session, whatever is asked for but a GET.",
        },
    }


# --- addresses ----------------------------------------------------------------------------------------

WHICH = {
    "userID": "`me`, a number, or a name in any case.",
    "importID": "As the answer to a submission had it.",
    "scoreID": "`T` and 64 hexadecimal digits.",
    "sessionID": "`Q` and 40 hexadecimal digits.",
    "orphanID": "`O` and 64 hexadecimal digits.",
    "chartID": "A chart of the game.",
    "songID": "A number.",
    "checksum": "MD5 or SHA-256 of the chart's file.",
    "token": "The token's tokenID, or its secret.",
}


def path_parameters() -> Schema:
    games = jobs.offered_games()
    playtypes = sorted({name for game in games for name in game.by_name})
    return {
        **{name: _in_path(name, description, {"type": "string"}) for name, description in WHICH.items()},
        "game": _in_path("game", "A game of this instance.", {"type": "string", "enum": [game.slug for game in games]}),
        "playtype": _in_path("playtype", "A playtype of the game.", {"type": "string", "enum": playtypes}),
    }


def _in_path(name: str, description: str, schema: Schema) -> Schema:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}
