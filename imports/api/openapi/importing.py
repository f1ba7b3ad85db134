"""Submitting, imports and undo in words."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from imports.api.errors import NO_IMPORT, NOT_AUTHORISED, REVERTED
from imports.api.openapi import bodies as b
from imports.api.openapi import documents as d
from imports.api.openapi.operation import (
    CURSOR,
    FORM,
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
    limit,
    pages,
)
from imports.api.permissions import AnIRNeedsSomebody, WeKnowWhoAsks, missing
from imports.errors import INPUT_GONE
from imports.formats import BY_IMPORT_TYPE
from imports.games import BY_SLUG
from imports.models import Permission, State
from imports.pipeline.checking import Verdict

CSV = "text/csv"
OCTETS = "application/octet-stream"
SUBMIT = Permission.SUBMIT_SCORE

# --- what is sent -------------------------------------------------------------------------------------


class Heading(msgspec.Struct, kw_only=True):
    game: d.Game
    playtype: d.Playtype
    service: Annotated[str, Meta(min_length=3, max_length=60)]
    version: str | UnsetType | None = UNSET


class Row(msgspec.Struct, kw_only=True):
    """Beside these the metrics that the game asks for, such as `score` and `lamp`."""

    identifier: str
    match_type: str = field(name="matchType")
    difficulty: str | UnsetType | None = UNSET
    time_achieved: Annotated[float | None, Meta(description="Unix milliseconds.")] | UnsetType = field(
        name="timeAchieved", default=UNSET
    )
    comment: str | UnsetType | None = UNSET
    judgements: dict[str, int | None] | UnsetType = UNSET
    optional: dict[str, Any] | UnsetType | None = UNSET
    hit_meta: dict[str, Any] | UnsetType | None = field(name="hitMeta", default=UNSET)
    score_meta: dict[str, Any] | UnsetType | None = field(name="scoreMeta", default=UNSET)


class BatchManual(msgspec.Struct, kw_only=True):
    """Scores that a program writes down itself."""

    meta: Heading
    scores: list[Row]
    classes: dict[str, str | None] | UnsetType | None = UNSET


FILE: Schema = {
    "type": "object",
    "properties": {
        "importType": {
            "type": "string",
            "enum": [name for name in BY_IMPORT_TYPE if name.startswith("file/")],
        },
        "scoreData": {"type": "string", "format": "binary", "description": "The file, at most 16 MiB unless set."},
        "invalid": {"type": "string", "enum": ["skip"], "description": "As in the query."},
    },
    "required": ["importType", "scoreData"],
    "description": "Other text fields are kept for formats that ask for them; at most 1,000 characters each.",
}
INTENT = Query(
    name="X-User-Intent",
    description="`true` where somebody wanted this very import; anything else is no.",
    is_header=True,
)
INFER = Query(
    name="X-Infer-Score-TimeAchieved",
    description="`true`: scores of a JSON body without a time were achieved now, one millisecond apart.",
    is_header=True,
)
KEY = Query(
    name="Idempotency-Key",
    description="Sent again with the same request within 24 hours it makes no second import.",
    schema={"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    is_header=True,
)
SKIP = choice("invalid", "`skip` leaves out rows that break the schema instead of failing the import.", "skip")
UNFIT: Refusals = {
    400: ["[importType] Expected any of … (Received …)", "Expected a file for field scoreData."],
    401: [NOT_AUTHORISED],
    403: [missing(SUBMIT), "what the moderators wrote, to a client that they blocked"],
}
FORM_FAULTS = "File provided was too large, corrupt, or provided in the wrong field."
KEYS: Refusals = {
    400: [FORM_FAULTS, "[Idempotency-Key] Expected 1 to 255 printable ASCII characters."],
    422: ["This Idempotency-Key stands for another request of the last 24 hours. A new import needs a new key."],
}
QUEUED = "Import loaded into queue. You can poll the provided URL for information on when its complete."

SUBMITTING: Table = {
    "POST /api/v1/import/file": Operation(
        name="importFile",
        summary="Scores by a file",
        told=QUEUED,
        status=202,
        body=b.Queued,
        who=Who.SIGNED_IN,
        asks=SUBMIT,
        query=(SKIP, INTENT, KEY),
        sends={FORM: FILE},
        must_send=True,
        refusals=also(UNFIT, KEYS),
        note="5 a minute, together with the other way of importing.",
    ),
    "POST /ir/direct-manual/import": Operation(
        name="importDirectManual",
        summary="Scores by a JSON body",
        told=QUEUED,
        status=202,
        body=b.Queued,
        who=Who.SIGNED_IN,
        asks=SUBMIT,
        query=(SKIP, INTENT, INFER, KEY),
        sends={JSON: BatchManual},
        must_send=True,
        refusals=also(
            KEYS,
            {
                400: ["Could not retrieve meta.game - is this valid BATCH-MANUAL?"],
                401: [AnIRNeedsSomebody.message],
                403: [missing(SUBMIT)],
            },
        ),
        note="5 a minute. What is wrong with the scores is told by the poll.",
    ),
    "POST /api/v1/import/check": Operation(
        name="checkImport",
        summary="What an import of this request would do with each row; nothing is stored",
        told="Checked … rows.",
        body=b.Checked,
        who=Who.SIGNED_IN,
        asks=SUBMIT,
        query=(
            choice("rows", "Which rows are listed.", "problems", "all", *Verdict),
            Query(
                name="limit", description="How many; 500.", schema={"type": "integer", "minimum": 0, "maximum": 10_000}
            ),
            Query(
                name="cursor",
                description="`next` of the answer before.",
                schema={"type": "integer", "minimum": 0, "maximum": 999_999_999},
            ),
            SKIP,
            INFER,
        ),
        sends={JSON: BatchManual, FORM: FILE},
        must_send=True,
        refusals=also(
            UNFIT,
            {
                400: [FORM_FAULTS, "Invalid BATCH-MANUAL: …"],
                429: ["Another large file is being checked. Please try again in a few seconds."],
            },
        ),
        note="10 a minute. Refused as a whole where an import would fail as a whole, with its words.",
    ),
    "POST /api/v1/import/from-api": Operation(
        name="importFromAPI",
        summary="Scores from another service; this instance fetches from none",
        told="never",
        body=b.Queued,
        status=202,
        who=Who.SIGNED_IN,
        asks=SUBMIT,
        sends={JSON: {"type": "object", "properties": {"importType": {"type": "string"}}, "required": ["importType"]}},
        refusals={400: ["[importType] Expected any of . (Received …)"], 401: [NOT_AUTHORISED], 403: [missing(SUBMIT)]},
        note="It answers 400 to every import type.",
    ),
    "GET /api/v1/imports/{importID}/poll-status": Operation(
        name="pollImport",
        summary="What becomes of an import",
        told="Import is ongoing.` or `Import was completed!",
        body=(b.Ongoing, b.Completed),
        is_polled=True,
        reads_bodies=False,
        refusals={
            400: ["Invalid Authorization Type - Expected Bearer.", "what an import failed with"],
            404: ["There is no ongoing import here."],
            410: [REVERTED, "This import was cancelled.", "what an import failed with that found no input"],
            500: ["what an import failed with that was no fault of the file"],
        },
        note="Public, and never 404 after a 202. A failed import answers with the status that it failed with.",
    ),
}

# --- imports ------------------------------------------------------------------------------------------

TIME = {"type": "integer", "minimum": 0, "maximum": 253_402_300_799_999}
FILTERS = (
    choice("importType", "Only of this import type.", *BY_IMPORT_TYPE),
    flag("userIntent", "Only those that somebody wanted, or the others."),
    choice("game", "Only of this game.", *BY_SLUG),
    Query(name="since", description="Not before. Unix milliseconds.", schema=TIME),
    Query(name="until", description="Before. Unix milliseconds.", schema=TIME),
    Query(
        name="search",
        description="Words of the service; of the client too for whoever may see it.",
        schema={"type": "string", "minLength": 1, "maxLength": 100},
    ),
    *pages(500),
)
STATE = choice("state", "Only in this state; completed if it is not named.", *State.values)
NO_SUCH_FILTER: Refusals = {400: ["[search] Expected letters or digits to search for. (Received …)", "[…] Expected …"]}
ONE = "/api/v1/imports/{importID}"
GONE: Refusals = {404: [NO_IMPORT], 410: [REVERTED]}
PRIVATE: Refusals = {401: [WeKnowWhoAsks.message], 403: [NOT_AUTHORISED], 404: [NO_IMPORT]}

IMPORTS: Table = {
    "GET /api/v1/imports": Operation(
        name="listImports",
        summary="Everybody's imports, the last to be finished first",
        told="Found … imports.",
        body=b.Imports,
        query=(STATE, *FILTERS),
        is_paged=True,
        refusals=NO_SUCH_FILTER,
        note="What is not completed is told to its owner and to moderators.",
    ),
    "GET /api/v1/imports/failed": Operation(
        name="listFailedImports",
        summary="One's own imports that failed; to a moderator everybody's",
        told="Found … failed imports.",
        body=b.FailedImports,
        query=FILTERS,
        is_paged=True,
        refusals=NO_SUCH_FILTER,
    ),
    "GET /api/v1/users/{userID}/imports": Operation(
        name="listUserImports",
        summary="A user's imports",
        told="Found … imports.",
        body=list[b.ImportOrTracker],
        query=(STATE, *FILTERS),
        is_paged=True,
        refusals=also(SOMEBODYS, NO_SUCH_FILTER),
    ),
    "GET /api/v1/users/{userID}/imports/failed": Operation(
        name="listUserFailedImports",
        summary="A user's imports that failed",
        told="Found … failed imports.",
        body=list[d.Tracker],
        query=FILTERS,
        is_paged=True,
        refusals=also(SOMEBODYS, NO_SUCH_FILTER),
    ),
    "GET /api/v1/users/{userID}/recent-imports": Operation(
        name="countRecentImports",
        summary="Which import types a user used on purpose in the last four weeks",
        told="Found … imports.",
        body=list[b.ImportCount],
        refusals=SOMEBODYS,
    ),
    f"GET {ONE}": Operation(
        name="getImport",
        summary="A completed import with its scores and sessions",
        told="Returned info about this session.",
        body=b.ImportContents,
        refusals=GONE,
    ),
    f"GET {ONE}/errors": Operation(
        name="listErrors",
        summary="The rows that an import left out",
        told="Found … errors.",
        body=b.Problems,
        query=(
            choice(
                "format",
                "`csv`: a table of all; `batch-manual`: a file to mend and send again.",
                "json",
                "csv",
                "batch-manual",
            ),
            CURSOR,
            limit(500),
        ),
        files=(CSV,),
        is_paged=True,
        refusals=also(
            GONE,
            {
                400: ["[format] Expected any of json, csv, batch-manual. (Received …)"],
                401: [WeKnowWhoAsks.message],
                403: [NOT_AUTHORISED],
                409: ["why there are no rows to mend"],
                410: [INPUT_GONE],
            },
        ),
        note="What the rows said is for those who may see the input. `Accept: text/csv` asks for the table too.",
    ),
    f"GET {ONE}/input": Operation(
        name="getInput",
        summary="The bytes as they were sent",
        told="the file",
        body=None,
        who=Who.SIGNED_IN,
        files=(JSON, CSV, OCTETS),
        refusals=also(PRIVATE, {410: [INPUT_GONE, REVERTED]}),
        note="For its owner and moderators.",
    ),
    f"GET {ONE}/audit": Operation(
        name="getAudit",
        summary="What was done to an import, newest first",
        told="Found … audit entries.",
        body=b.Audit,
        who=Who.SIGNED_IN,
        refusals=PRIVATE,
        note="For its owner and moderators.",
    ),
}
