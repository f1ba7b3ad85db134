"""Undo, single scores and sessions, tokens and signing in, in words."""

from __future__ import annotations

from imports.api.errors import NO_IMPORT, NOT_AUTHORISED, REVERTED
from imports.api.openapi import bodies as b
from imports.api.openapi import documents as d
from imports.api.openapi import read_bodies as r
from imports.api.openapi.importing import GONE, ONE, PRIVATE, QUEUED, SUBMIT
from imports.api.openapi.operation import (
    JSON,
    SOMEBODYS,
    Operation,
    Query,
    Refusals,
    Schema,
    Table,
    Who,
    also,
    choice,
    flag,
    switch,
)
from imports.api.permissions import TheyOwnTheSession, WeKnowWhoAsks, missing
from imports.api.undo import BUSY
from imports.games import BY_SLUG
from imports.models import Permission

DELETE = Permission.DELETE_SCORE


def lacking(permission: Permission) -> Refusals:
    return {403: [missing(permission)]}


def an_object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties}


def alone(**properties: Schema) -> Schema:
    """An object with these members and no others."""
    return {**an_object(**properties), "additionalProperties": False}


BOOLEAN: Schema = {"type": "boolean"}
REASON: Schema = {"type": "string", "maxLength": 500}
KEEP = "true: scores that another completed import also carried stay."
WISHES = {"reason": REASON, "keepShared": {**BOOLEAN, "description": KEEP}}
IDS: Schema = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 100, "uniqueItems": True}
SEVERAL = {
    **alone(importIDs=IDS, **WISHES, preview=BOOLEAN),
    "required": ["importIDs"],
}
UNDONE: Refusals = also(
    also(GONE, PRIVATE),
    {409: [BUSY, "This import was never completed, so there is nothing to revert."]},
)
NOT_AGAIN: Refusals = also(
    PRIVATE,
    {
        403: [missing(SUBMIT)],
        409: ["This import cannot be run again as it stands now."],
        410: ["The input of this import is not stored any more."],
    },
)


def _again(deed: str, summary: str) -> Operation:
    return Operation(
        name=f"{deed}Import",
        summary=summary,
        told=QUEUED,
        status=202,
        body=b.Queued,
        who=Who.SIGNED_IN,
        asks=SUBMIT,
        sends={JSON: an_object(reason=REASON)},
        refusals=NOT_AGAIN,
    )


UNDO: Table = {
    f"GET {ONE}/revert": Operation(
        name="previewRevert",
        summary="What a revert would change",
        told="Previewed revert.",
        body=b.Changes,
        who=Who.SIGNED_IN,
        query=(flag("keepShared", KEEP),),
        refusals=UNDONE,
        note="It is the real revert, run and rolled back.",
    ),
    f"POST {ONE}/revert": Operation(
        name="revertImport",
        summary="Takes an import back",
        told="Reverted import.",
        body=(b.Changes, d.Empty),
        who=Who.SIGNED_IN,
        asks=DELETE,
        query=(flag("details", "true: the answer says what changed."),),
        sends={JSON: an_object(**WISHES)},
        refusals=also(UNDONE, lacking(DELETE)),
    ),
    "POST /api/v1/imports/revert": Operation(
        name="revertImports",
        summary="Takes several imports of one player back, all or none",
        told="Reverted … imports.` or `Previewed revert.",
        body=b.Changes,
        who=Who.SIGNED_IN,
        asks=DELETE,
        sends={JSON: SEVERAL},
        must_send=True,
        refusals={
            400: ["[importIDs] Expected an array of 1 to 100 import IDs.", "[importIDs] Expected imports of one user."],
            401: [WeKnowWhoAsks.message],
            403: [f"…: {NOT_AUTHORISED}"],
            404: [f"…: {NO_IMPORT}"],
            409: [f"…: {BUSY}", BUSY],
            410: [f"…: {REVERTED}"],
        },
        note="A preview needs no permission.",
    ),
    f"POST {ONE}/restore": _again("restore", "Brings a reverted import back, under its ID"),
    f"POST {ONE}/retry": _again("retry", "Runs a failed or cancelled import once more, under its ID"),
    f"POST {ONE}/cancel": Operation(
        name="cancelImport",
        summary="Takes back an import that waits or runs",
        told="Cancelled import.",
        body=d.Empty,
        who=Who.SIGNED_IN,
        asks=SUBMIT,
        sends={JSON: an_object(reason=REASON)},
        refusals=NOT_AGAIN,
    ),
    "POST /api/v1/import/orphans": Operation(
        name="reprocessOrphans",
        summary="Tries all of one's orphans again",
        told="Reprocessed … orphan scores.",
        body=b.Rescue,
        who=Who.SIGNED_IN,
        asks=SUBMIT,
        refusals={401: [NOT_AUTHORISED], 403: [missing(SUBMIT)], 409: [BUSY]},
    ),
    "GET /api/v1/orphans": Operation(
        name="listOrphans",
        summary="One's rows whose song or chart was not known",
        told="Found … orphan scores.",
        body=b.Orphans,
        who=Who.SIGNED_IN,
        query=(
            choice("game", "Only of this game.", *BY_SLUG),
            Query(
                name="cursor",
                description="`next` of the page before.",
                schema={"type": "string", "pattern": "^[0-9]{1,18}$"},
            ),
        ),
        refusals={400: ["[cursor] Expected the next of another answer. (Received …)"], 401: [NOT_AUTHORISED]},
    ),
    "DELETE /api/v1/orphans/{orphanID}": Operation(
        name="deleteOrphan",
        summary="Deletes an orphan for good",
        told="Successfully deleted orphan score.",
        body=d.Empty,
        who=Who.SIGNED_IN,
        asks=DELETE,
        refusals=also(
            lacking(DELETE),
            {401: [NOT_AUTHORISED], 403: [NOT_AUTHORISED], 404: ["This orphan score does not exist."], 409: [BUSY]},
        ),
    ),
}
NO_SCORE: Refusals = {404: ["This score does not exist."]}
NO_SESSION: Refusals = {404: ["This session does not exist."]}
SCORES: Table = {
    "GET /api/v1/scores/{scoreID}": Operation(
        name="getScore",
        summary="A score",
        told="Returned score.",
        body=r.OneScore,
        query=(switch("getRelated", "The player, song and chart come too."),),
        refusals=NO_SCORE,
    ),
    "PATCH /api/v1/scores/{scoreID}": Operation(
        name="editScore",
        summary="Changes the comment or the highlight of a score",
        told="Updated score.",
        body=d.Score,
        who=Who.SIGNED_IN,
        asks=Permission.CUSTOMISE_SCORE,
        sends={
            JSON: alone(
                comment={"type": ["string", "null"], "minLength": 1, "maxLength": 120},
                highlight=BOOLEAN,
            )
        },
        must_send=True,
        refusals=also(
            also(NO_SCORE, lacking(Permission.CUSTOMISE_SCORE)),
            {
                400: ["This request modifies nothing about the score."],
                401: [WeKnowWhoAsks.message],
                403: [NOT_AUTHORISED],
                409: [BUSY],
            },
        ),
    ),
    "DELETE /api/v1/scores/{scoreID}": Operation(
        name="deleteScore",
        summary="Deletes a score",
        told="Successfully deleted score.",
        body=d.Empty,
        who=Who.SIGNED_IN,
        asks=DELETE,
        sends={JSON: alone(blacklist={**BOOLEAN, "description": "true: no later import brings it back."})},
        refusals=also(
            also(NO_SCORE, lacking(DELETE)), {401: [WeKnowWhoAsks.message], 403: [NOT_AUTHORISED], 409: [BUSY]}
        ),
    ),
    "GET /api/v1/sessions/{sessionID}": Operation(
        name="getSession",
        summary="A session with its scores",
        told="Successfully returned session ….",
        body=r.SessionContents,
        refusals=NO_SESSION,
    ),
    "PATCH /api/v1/sessions/{sessionID}": Operation(
        name="editSession",
        summary="Changes the name, description or highlight of a session",
        told="Updated Session.",
        body=d.Session,
        who=Who.SIGNED_IN,
        asks=Permission.CUSTOMISE_SESSION,
        sends={
            JSON: an_object(
                name={"type": "string", "minLength": 3, "maxLength": 80},
                desc={"type": ["string", "null"], "minLength": 3, "maxLength": 120},
                highlight=BOOLEAN,
            )
        },
        must_send=True,
        refusals=also(
            also(NO_SESSION, lacking(Permission.CUSTOMISE_SESSION)),
            {
                400: ["This request modifies nothing about this session."],
                403: [TheyOwnTheSession.message],
                409: [BUSY],
            },
        ),
    ),
}
TOKENS = "/api/v1/users/{userID}/api-tokens"
NOT_YOURS: Refusals = also(
    SOMEBODYS,
    {
        401: ["This endpoint requires session-level authentication."],
        403: ["This request cannot be performed by an API key, and requires authentication."],
    },
)
SIGNING_IN: Table = {
    "POST /api/v1/auth/login": Operation(
        name="signIn",
        summary="A browser's session by name and password",
        told="Signed in as ….",
        body=b.SignedIn,
        sends={
            JSON: {
                **alone(
                    username={"type": "string", "pattern": "^[a-zA-Z_-][a-zA-Z0-9_-]{2,20}$"},
                    captcha={"type": "string", "description": "Not looked at.", "maxLength": 4096},
                    **{"!password": {"type": "string", "minLength": 8, "maxLength": 4096}},
                ),
                "required": ["username", "!password"],
            }
        },
        must_send=True,
        refusals={
            400: [
                "[username] Expected a name: …",
                "[!password] Expected a string with length between 8 and 4096. (Received ****)",
            ],
            403: ["Invalid password.", "Nobody signs in from the page of another site."],
            404: ["This user does not exist."],
            409: ["You are signed in already."],
        },
        note="15 in ten minutes, and failures are counted by name as well.",
    ),
    "POST /api/v1/auth/logout": Operation(
        name="signOut",
        summary="Ends the session that asks",
        told="Signed out.",
        body=d.Empty,
        who=Who.IN_A_BROWSER,
        refusals={409: ["You are not signed in."]},
    ),
    f"GET {TOKENS}": Operation(
        name="listTokens",
        summary="One's tokens, without their secrets",
        told="Returned … keys.",
        body=list[d.Token],
        who=Who.IN_A_BROWSER,
        refusals=NOT_YOURS,
    ),
    f"POST {TOKENS}/create": Operation(
        name="createToken",
        summary="Makes a token; its secret is told this once",
        told="Successfully created new API Token.",
        body=d.Token,
        who=Who.IN_A_BROWSER,
        sends={
            JSON: alone(
                permissions={"type": "array", "items": {"type": "string", "enum": list(Permission.values)}},
                identifier={"type": "string", "maxLength": 100},
                clientID={"type": "string", "description": "There are no API clients."},
                expiresAt={"type": ["integer", "null"], "description": "Unix milliseconds; null for never."},
            )
        },
        must_send=True,
        refusals=also(
            NOT_YOURS,
            {
                400: ["Invalid request, must specify either clientID or permissions."],
                404: ["This client does not exist."],
            },
        ),
    ),
    f"DELETE {TOKENS}/{{token}}": Operation(
        name="deleteToken",
        summary="Revokes a token, by its tokenID or its secret",
        told="Removed Token.",
        body=d.Empty,
        who=Who.IN_A_BROWSER,
        refusals=also(NOT_YOURS, {404: ["This key does not exist."]}),
    ),
}
