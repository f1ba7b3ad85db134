"""What takes scores and classes in: POST /api/v1/import/file, POST /ir/direct-manual/import and POST
/api/v1/import/class. All answer 202 at once.
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
"""Fields that do not go with the file: the one that is its type, and the one that only the pages may give."""


# --- what is sent, and its refusals ---------------------------------------------------------------------

FILE_FORM: JSONSchema = {
    "type": "object",
    "properties": {
        "importType": {"type": "string", "enum": jobs.import_types("file")},
        FILE_FIELD: {"type": "string", "format": "binary", "description": "The file, at most 16 MiB unless set."},
        "invalid": {"type": "string", "enum": ["skip"], "description": "As in the query."},
    },
    "required": ["importType", FILE_FIELD],
    "description": f"Other text fields are kept for formats that ask for them; at most {MAX_FIELD:,} characters each.",
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
    message = "This Idempotency-Key stands for another request of the last 24 hours. A new import needs a new key."


class QuotaExceeded(APIError):
    status = 413
    described_as = "that the player's uploads fill what they may, and since when each is kept"


FORM_REFUSALS = (InvalidImportType, NoFile, InvalidFile, InvalidField)
SUBMISSION_REFUSALS = (ImportFault, IdempotencyKeyTaken, QuotaExceeded)


def idempotency_key(value: Any) -> str | None:
    """A key; None where there is none."""
    if value is ABSENT:
        return None
    if not is_key(value):
        raise InvalidIdempotencyKey()
    return str(value)


INTENT = header_flag("X-User-Intent", "`true` where somebody wanted this very import; anything else is no.")
INFER = header_flag(
    "X-Infer-Score-TimeAchieved",
    "`true`: scores of a JSON body without a time were achieved now, one millisecond apart.",
)
KEY = Parameter(
    name="Idempotency-Key",
    description="Sent again with the same request within 24 hours it makes no second import.",
    schema={"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": "^[ -~]+$"},
    check=idempotency_key,
    is_header=True,
    raises=(InvalidIdempotencyKey,),
)
SKIP = Parameter(
    name="invalid",
    description="`skip` leaves out rows that break the schema instead of failing the import.",
    schema={"type": "string", "enum": ["skip"]},
)

# --- the views --------------------------------------------------------------------------------------


class UploadViewSet(APIViewSet):
    """What they have in common."""

    tag = Tag.SUBMITTING
    non_object_message = "Invalid BATCH-MANUAL (Not an object, received {kind}.)"

    def from_form(self) -> jobs.Upload:
        """A file with the fields that go with it. Raises APIError with 400."""
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
            # Clients compare this with Tachi's list, which has none of our own types.
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
        """BATCH-MANUAL as a JSON body. Raises APIError with 400."""
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
        """What every upload is stored with."""
        return {
            "user_intent": source.reads_intent and INTENT.of(self.request),
            "client": self.request.headers.get("User-Agent", ""),
        }

    def query_options(self) -> dict[str, str]:
        """`?invalid=skip`, or whatever else it says there: it is judged with the rest of the import."""
        invalid = self.request.query_params.get(SKIP.name)
        return {SKIP.name: storable(invalid)} if invalid else {}


class SubmissionViewSet(UploadViewSet):
    """An upload that becomes an import, once for each Idempotency-Key."""

    rate_limits = (throttling.SCORE_IMPORT_LIMIT,)

    def queue(self, upload: jobs.Upload) -> Response:
        """Saves the import and says where to follow it. Raises APIError with 422 where its key was given to another."""
        job = self.submit(upload)
        return self.ok(schemas.Queued(url=poll_url(self.request._request, job), import_id=job.import_id))

    def submit(self, upload: jobs.Upload) -> Import:
        """Raises APIError: 413 where the player's uploads fill what they may, 422 where the key is another's, and what
        a poll would tell of an import that can never work.
        """
        # permissions let no guest come here
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
    """A file with the fields that go with it."""

    non_object_message = APIViewSet.non_object_message
    permission_classes = (IsAuthenticated, CanSubmitScores, ClientIsNotBlocked)

    @endpoint(
        id="importFile",
        returns=schemas.Queued,
        says=QUEUED,
        status=202,
        query=(SKIP, INTENT, KEY),
        forms={FORM: FILE_FORM},
        raises=(*FORM_REFUSALS, *SUBMISSION_REFUSALS),
    )
    def create(self, request: Request) -> Response:
        """Scores by a file.

        5 a minute, both ways of importing together. Refused at once, with the status and words that the poll would
        tell, is what can never work: the JSON, meta, and in up to 128 KiB the scores. Where leaving out scores would
        help, `hint` says how.
        """
        return self.queue(self.from_form())


class DirectManual(SubmissionViewSet):
    """BATCH-MANUAL as a JSON body."""

    is_ir = True
    permission_classes = (IsAuthenticatedForIR, CanSubmitScores, ClientIsNotBlocked)

    @endpoint(
        id="importDirectManual",
        returns=schemas.Queued,
        says=QUEUED,
        status=202,
        query=(SKIP, INTENT, INFER, KEY),
        forms={JSON: schemas.BatchManual},
        raises=(NoDocument, *SUBMISSION_REFUSALS),
    )
    def create(self, request: Request) -> Response:
        """Scores by a JSON body.

        5 a minute, both ways of importing together. Refused at once, with the status and words that the poll would
        tell, is what can never work: the JSON, meta, and in up to 128 KiB the scores. Where leaving out scores would
        help, `hint` says how.
        """
        return self.queue(self.from_body())


# --- classes given by hand (spec: api-v3 §2.2, §3.8) ----------------------------------------------------


class ManualClassesNotEnabled(APIError):
    status = 400
    message = "Manual class imports are not enabled on this instance."


class InvalidGame(APIError):
    status = 400
    message = "Invalid game {given}. Expected any of {games}."


class BannedFromClasses(APIError):
    status = 403
    message = "You are banned from manually importing classes."


CLASSES = Fields(of_kind(str, "game"), of_kind(dict, "classes", "Class set -> class."), is_strict=False)


class ImportClasses(SubmissionViewSet):
    """Classes without scores, also lower ones."""

    permission_classes = (CanSubmitScoresV3, ClientIsNotBlocked)

    @endpoint(
        id="importClasses",
        returns=schemas.Queued,
        says=QUEUED,
        status=202,
        query=(INTENT, KEY),
        body=CLASSES,
        is_v3=True,
        raises=(ManualClassesNotEnabled, InvalidGame, BannedFromClasses, GameIDNotPlayed, *SUBMISSION_REFUSALS),
    )
    def create(self, request: Request) -> Response:
        """Sets classes by hand, higher or lower, as an import that can be reverted and restored.

        For games that the player has played, and for classes that no rating decides. What can never work is refused at
        once, in the words that the poll would have. Counted with the other ways of importing.
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
    """Where to ask what becomes of an import."""
    return absolute_url(request, reverse("api:import-poll-status", args=[job.import_id]))
