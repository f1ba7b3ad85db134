"""Uploads of scores and classes: POST /api/v1/import/file, POST /ir/direct-manual/import and POST
/api/v1/import/class. All respond with 202 at once.
"""

from __future__ import annotations

from typing import Any, cast

import msgspec
from django.http import HttpRequest
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from imports import jobs
from imports.api.common.forms import FORM, InvalidFile, read_form
from imports.api.common.players import GameIDNotPlayed
from imports.api.core import parsers, throttling
from imports.api.core.endpoints import Tag, endpoint
from imports.api.core.exceptions import APIError, ImportFault, import_fault, received
from imports.api.core.parameters import Fields, JSONSchema, Parameter, header_flag, of_kind
from imports.api.core.permissions import (
    CanSubmitScores,
    CanSubmitScoresV3,
    ClientIsNotBlocked,
    IsAuthenticated,
    IsAuthenticatedForIR,
)
from imports.api.core.renderers import JSON
from imports.api.core.responses import absolute_url
from imports.api.core.views import APIViewSet
from imports.api.imports import schemas
from imports.errors import ImportFailed
from imports.formats import BY_IMPORT_TYPE, kept_rows, manual_classes
from imports.formats.base import Format
from imports.formats.batch_manual import DIRECT, NO_GAME
from imports.formats.schema import ABSENT
from imports.formats.text import is_storable, storable
from imports.games import by_id
from imports.models import GameStats, Import, User
from imports.submissions import MAX_KEY_LENGTH, IdempotencyKeyReused, is_key, submit, submit_once

QUEUED = "Import loaded into queue. You can poll the provided URL for information on when its complete."
FILE_FIELD = "scoreData"
MAX_FIELD = 1_000  # characters of a text field
RESERVED = frozenset({"importType", kept_rows.FIELD, kept_rows.CHOSEN_FIELD})
"""Fields that are not stored with the file: its type, and fields that only the pages may set."""


# --- parameters and errors ------------------------------------------------------------------------------

FILE_FORM: JSONSchema = {
    "type": "object",
    "properties": {
        "importType": {"type": "string", "enum": jobs.import_types("file")},
        FILE_FIELD: {"type": "string", "format": "binary", "description": "The file. At most 16 MiB by default."},
        "invalid": {"type": "string", "enum": ["skip"], "description": "The same as the query parameter."},
    },
    "required": ["importType", FILE_FIELD],
    "description": f"Text fields are stored for formats that require them: at most {MAX_FIELD:,} characters each.",
}


class NoFile(APIError):
    status = 400
    message = f"Expected a file for field {FILE_FIELD}."


class InvalidImportType(APIError):
    status = 400
    message = "[importType] Expected any of {known}.{received}"
    described_as = "[importType] Expected any of …. (Received …)"


class InvalidField(APIError):
    status = 400
    message = "[{name}] Expected {what}."


class NoDocument(APIError):
    status = 400
    message = NO_GAME


class InvalidIdempotencyKey(APIError):
    status = 400
    message = f"[Idempotency-Key] Expected 1 to {MAX_KEY_LENGTH} printable ASCII characters."


class IdempotencyKeyTaken(APIError):
    status = 422
    message = "This Idempotency-Key was used for another request in the last 24 hours. Use a new key for a new import."


class QuotaExceeded(APIError):
    status = 413
    described_as = "the storage quota of the player's uploads is exceeded, with the age of each stored upload"


FORM_REFUSALS = (InvalidImportType, NoFile, InvalidFile, InvalidField)
SUBMISSION_REFUSALS = (ImportFault, IdempotencyKeyTaken, QuotaExceeded)


def idempotency_key(value: Any) -> str | None:
    """Returns the key, None if absent. Raises InvalidIdempotencyKey."""
    if value is ABSENT:
        return None
    if not is_key(value):
        raise InvalidIdempotencyKey()
    return str(value)


INTENT = header_flag("X-User-Intent", "`true` if the user started this import deliberately.")
INFER = header_flag(
    "X-Infer-Score-TimeAchieved",
    "If `true`, scores of a JSON body without a time are given the current time, one millisecond apart.",
)
KEY = Parameter(
    name="Idempotency-Key",
    description="Repeating a request with the same key within 24 hours creates no second import.",
    schema={"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": "^[ -~]+$"},
    check=idempotency_key,
    is_header=True,
    raises=(InvalidIdempotencyKey,),
)
SKIP = Parameter(
    name="invalid",
    description="`skip` leaves out rows that do not match the schema instead of failing the import.",
    schema={"type": "string", "enum": ["skip"]},
)

# --- the views --------------------------------------------------------------------------------------


class UploadViewSet(APIViewSet):
    """The base of the upload views."""

    tag = Tag.SUBMITTING
    non_object_message = "Invalid BATCH-MANUAL (Not an object, received {kind}.)"

    def from_form(self) -> jobs.Upload:
        """Returns the upload of a form: a file with its fields. Raises APIError with 400."""
        request = self.request._request
        if request.content_type != FORM and parsers.content_length(request):
            raise parsers.wrong_type(FORM, request.content_type or "")
        file, form = read_form(request, FILE_FIELD)
        if file is None:
            raise NoFile()
        fields = {name: cast("list[str]", form.getlist(name)) for name in form}
        for name, values in fields.items():
            if not all(map(is_storable, (name, *values))):
                raise InvalidField(name=storable(name)[:40], what="text without NUL characters")
            if max(map(len, values)) > MAX_FIELD:
                raise InvalidField(name=name[:40], what=f"at most {MAX_FIELD} characters")
        given, known = fields.get("importType", []), jobs.import_types("file")
        if len(given) != 1 or given[0] not in known:
            quoted = received("importType", given[0] if len(given) == 1 else given, absent=not given)
            # Clients compare this with Tachi's list, which does not have the types that only this server has.
            listed = [name for name in known if not BY_IMPORT_TYPE[name].is_own] or known
            raise InvalidImportType(known=", ".join(listed), received=quoted)
        others = {name: values[-1] for name, values in fields.items() if name not in RESERVED}
        source = BY_IMPORT_TYPE[given[0]]
        return jobs.Upload(
            content=file.read(),
            import_type=source.import_type,
            file_name=file.name or "",
            fields={**self.query_options(), **others},
            **self.upload_metadata(source),
        )

    def from_body(self) -> jobs.Upload:
        """Returns the upload of BATCH-MANUAL as a JSON body. Raises APIError with 400."""
        self.body.require_json()
        if not self.body.raw:
            raise NoDocument()
        return jobs.Upload(
            content=self.body.raw,
            import_type=DIRECT.import_type,
            fields=self.query_options(),
            infer_time_achieved=INFER.of(self.request),
            **self.upload_metadata(DIRECT),
        )

    def upload_metadata(self, source: Format) -> dict[str, Any]:
        """Returns the arguments that every upload has: the user intent and the client."""
        return {
            "user_intent": source.reads_intent and INTENT.of(self.request),
            "client": self.request.headers.get("User-Agent", ""),
        }

    def query_options(self) -> dict[str, str]:
        """Returns the option `?invalid=skip` of the query, with any value; the import validates it."""
        invalid = self.request.query_params.get(SKIP.name)
        return {SKIP.name: storable(invalid)} if invalid else {}


class SubmissionViewSet(UploadViewSet):
    """An upload that becomes an import, once for each Idempotency-Key."""

    rate_limits = (throttling.SCORE_IMPORT_LIMIT,)

    def queue(self, upload: jobs.Upload) -> Response:
        """Queues an import and returns the response with its poll URL. Raises APIError as `submit` does."""
        job = self.submit(upload)
        return self.ok(schemas.Queued(url=poll_url(self.request._request, job), import_id=job.import_id))

    def submit(self, upload: jobs.Upload) -> Import:
        """Stores and queues an import, or returns the earlier one with the same key.

        Raises APIError with 413 if the quota of the player is exceeded, with 422 if the key belongs to another request,
        and with the error of the poll for an import that would certainly fail.
        """
        # Permissions exclude guests.
        user, key = cast("User", self.user), KEY.of(self.request)
        try:
            if key is None:
                return submit(user, upload, token=self.token)
            return submit_once(user, upload, key=key, token=self.token)
        except IdempotencyKeyReused:
            raise IdempotencyKeyTaken() from None
        except ImportFailed as failure:
            raise import_fault(failure.message, status=failure.status) from None
        except jobs.QuotaExceeded as full:
            raise QuotaExceeded(str(full)) from None


class ImportFile(SubmissionViewSet):
    """Uploads a file with form fields."""

    non_object_message = APIViewSet.non_object_message
    permission_classes = (IsAuthenticated, CanSubmitScores, ClientIsNotBlocked)

    @endpoint(
        id="importFile",
        returns=schemas.Queued,
        message=QUEUED,
        status=202,
        query=(SKIP, INTENT, KEY),
        forms={FORM: FILE_FORM},
        raises=(*FORM_REFUSALS, *SUBMISSION_REFUSALS),
    )
    def create(self, request: Request) -> Response:
        """Imports the scores of a file.

        Limited to 5 requests per minute together with the other endpoints that submit imports. Invalid JSON, an invalid
        `meta` and, in bodies of up to 128 KiB, invalid scores are rejected immediately, with the status and message
        that polling would return. If the import would succeed without some of the scores, `hint` says how.
        """
        return self.queue(self.from_form())


class DirectManual(SubmissionViewSet):
    """Uploads BATCH-MANUAL as a JSON body."""

    is_ir = True
    permission_classes = (IsAuthenticatedForIR, CanSubmitScores, ClientIsNotBlocked)

    @endpoint(
        id="importDirectManual",
        returns=schemas.Queued,
        message=QUEUED,
        status=202,
        query=(SKIP, INTENT, INFER, KEY),
        forms={JSON: schemas.BatchManual},
        raises=(NoDocument, *SUBMISSION_REFUSALS),
    )
    def create(self, request: Request) -> Response:
        """Imports the scores of a JSON body.

        Limited to 5 requests per minute together with the other endpoints that submit imports. Invalid JSON, an invalid
        `meta` and, in bodies of up to 128 KiB, invalid scores are rejected immediately, with the status and message
        that polling would return. If the import would succeed without some of the scores, `hint` says how.
        """
        return self.queue(self.from_body())


# --- manual classes (spec: api-v3 §2.2, §3.8) -----------------------------------------------------------


class ManualClassesNotEnabled(APIError):
    status = 400
    message = "Manual class imports are not enabled on this instance."


class InvalidGame(APIError):
    status = 400
    message = "Invalid game {given}. Expected any of {games}."


class BannedFromClasses(APIError):
    status = 403
    message = "You are banned from manually importing classes."


CLASSES = Fields(of_kind(str, "game"), of_kind(dict, "classes", "The classes, keyed by class set."), is_strict=False)


class ImportClasses(SubmissionViewSet):
    """Imports classes without scores, which may be lower than the current ones."""

    permission_classes = (CanSubmitScoresV3, ClientIsNotBlocked)

    @endpoint(
        id="importClasses",
        returns=schemas.Queued,
        message=QUEUED,
        status=202,
        query=(INTENT, KEY),
        body=CLASSES,
        is_v3=True,
        raises=(ManualClassesNotEnabled, InvalidGame, BannedFromClasses, GameIDNotPlayed, *SUBMISSION_REFUSALS),
    )
    def create(self, request: Request) -> Response:
        """Sets classes manually, higher or lower, as an import that can be reverted and restored.

        Only for games that the player has played, and for classes that are not derived from a rating. Invalid
        requests are rejected immediately, with the message that polling would return. Counts towards the rate limit
        of the other endpoints that submit imports.
        """
        given = CLASSES.from_body(self.body)
        if manual_classes.IMPORT_TYPE not in jobs.import_types():
            raise ManualClassesNotEnabled()
        games = by_id(jobs.enabled_games())
        if given["game"] not in games:
            raise InvalidGame(given=given["game"], games=", ".join(games))
        user = cast("User", self.user)
        if not user.may_import_classes:
            raise BannedFromClasses()
        game, playtype = games[given["game"]]
        if not GameStats.objects.filter(user=user, game=game.slug, playtype=playtype.name).exists():
            raise GameIDNotPlayed(user=user.username, game=given["game"])
        return self.queue(
            jobs.Upload(
                content=msgspec.json.encode({name: given[name] for name in CLASSES}),
                import_type=manual_classes.IMPORT_TYPE,
                **self.upload_metadata(manual_classes.IMPORT),
            )
        )


def poll_url(request: HttpRequest, job: Import) -> str:
    """Returns the absolute URL at which an import is polled."""
    return absolute_url(request, reverse("api:import-poll-status", args=[job.import_id]))
