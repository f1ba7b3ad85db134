"""What takes scores in: POST /api/v1/import/file and POST /ir/direct-manual/import. Both answer 202 at once.

POST /api/v1/import/from-api, which is there for clients that ask, stands beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import (
    FileUploadHandler,
    MemoryFileUploadHandler,
    StopUpload,
    TemporaryFileUploadHandler,
)
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from imports import jobs
from imports.api import limits, parameters
from imports.api.errors import Refused, invalid, no_endpoint
from imports.api.permissions import (
    AnIRNeedsSomebody,
    SomebodyIsSignedIn,
    TheirClientIsWelcome,
    TheyMaySubmitScores,
)
from imports.api.resource import Resource
from imports.api.responses import success
from imports.formats import BY_IMPORT_TYPE, schema
from imports.formats.batch_manual import NO_GAME
from imports.formats.text import is_storable, storable
from imports.models import Import, User
from imports.submissions import MAX_KEY, KeyTaken, is_key, submit_once

QUEUED = "Import loaded into queue. You can poll the provided URL for information on when its complete."
WRONG_FILE = "File provided was too large, corrupt, or provided in the wrong field."
NO_FILE = "Expected a file for field scoreData."
KEY = "Idempotency-Key"
KEY_TAKEN = "This Idempotency-Key stands for another request of the last 24 hours. A new import needs a new key."
FILE_FIELD = "scoreData"
MAX_FIELD = 1_000  # characters of a text field
DIRECT_MANUAL = "ir/direct-manual"


class Upload(Resource):
    """What they have in common."""

    not_an_object = "Invalid BATCH-MANUAL (Not an object, received {kind}.)"

    def of_form(self) -> jobs.Upload:
        """A file with the fields that go with it. Raises Refused with 400."""
        file, fields = _form(self.request._request)
        import_type = _file_type(fields)
        others = {name: values[-1] for name, values in fields.items() if name != "importType"}
        return jobs.Upload(
            content=file.read(),
            import_type=import_type,
            file_name=file.name or "",
            fields={**self.wishes(), **others},
            **self.facts(),
        )

    def of_body(self) -> jobs.Upload:
        """BATCH-MANUAL as a JSON body. Raises Refused with 400."""
        if not self.body.raw:
            raise Refused(NO_GAME, status=400)
        return jobs.Upload(
            content=self.body.raw,
            import_type=DIRECT_MANUAL,
            fields=self.wishes(),
            infer_time_achieved=self.says_true("X-Infer-Score-TimeAchieved"),
            **self.facts(),
        )

    def facts(self) -> dict[str, Any]:
        """What every upload is stored with."""
        return {"user_intent": self.says_true("X-User-Intent"), "client": self.request.headers.get("User-Agent", "")}

    def says_true(self, header: str) -> bool:
        return self.request.headers.get(header, "").lower() == "true"

    def wishes(self) -> dict[str, str]:
        """`?invalid=skip`: rows that break the schema are left out instead of failing the import."""
        wish = self.request.query_params.get("invalid")
        return {"invalid": storable(wish)} if wish else {}


class Submission(Upload):
    """An upload that becomes an import, once for each Idempotency-Key."""

    limiters = (limits.SCORE_IMPORT,)

    def queue(self, upload: jobs.Upload) -> Response:
        """Saves the import and says where to follow it. Raises Refused with 422 where its key was given to another."""
        job = self.submit(upload)
        body = {"url": poll_url(self.request._request, job), "importID": job.import_id}
        return success(QUEUED, body, status=202)

    def submit(self, upload: jobs.Upload) -> Import:
        """Raises Refused: 413 where the player's uploads fill what they may, 422 where the key is another's."""
        user, key = cast("User", self.user), self.request.headers.get(KEY)  # permissions let no guest come here
        if key is not None and not is_key(key):
            raise invalid(KEY, f"Expected 1 to {MAX_KEY} printable ASCII characters.", "")
        try:
            if key is None:
                return jobs.submit(user, upload, token=self.token)
            return submit_once(user, upload, key=key, token=self.token)
        except KeyTaken:
            raise Refused(KEY_TAKEN, status=422) from None
        except jobs.NoRoom as full:
            raise Refused(str(full), status=413) from None


class ImportFile(Submission):
    """A file with the fields that go with it."""

    not_an_object = Resource.not_an_object
    permission_classes = (SomebodyIsSignedIn, TheyMaySubmitScores, TheirClientIsWelcome)

    def create(self, request: Request) -> Response:
        return self.queue(self.of_form())


class DirectManual(Submission):
    """BATCH-MANUAL as a JSON body."""

    is_ir = True
    permission_classes = (AnIRNeedsSomebody, TheyMaySubmitScores, TheirClientIsWelcome)

    def create(self, request: Request) -> Response:
        return self.queue(self.of_body())


class ImportFromAPI(Resource):
    """Scores fetched from another service. This instance knows none, so that every import type is a wrong one."""

    permission_classes = (SomebodyIsSignedIn, TheyMaySubmitScores)

    def create(self, request: Request) -> Response:
        parameters.loose(self.body, {"importType": schema.one_of(types_of("api"))})
        raise no_endpoint()  # a type that nobody has taught us to fetch


def poll_url(request: HttpRequest, job: Import) -> str:
    """Absolute, from the public address where it is set, so that clients behind any proxy can follow it."""
    path = reverse("api:import-poll-status", args=[job.import_id])
    return f"{settings.TACHI_PUBLIC_URL}{path}" if settings.TACHI_PUBLIC_URL else request.build_absolute_uri(path)


# --- the form ---------------------------------------------------------------------------------------


class SizeLimit(FileUploadHandler):
    """Stops reading a file that is too large."""

    exceeded = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.seen = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.seen += len(raw_data)
        if self.seen > settings.TACHI_MAX_UPLOAD_BYTES:
            self.exceeded = True
            raise StopUpload(connection_reset=True)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def _form(request: HttpRequest) -> tuple[UploadedFile[bytes], Mapping[str, list[str]]]:
    """The one file and the text fields of a form. Raises Refused with 400."""
    limit = SizeLimit()
    request.upload_handlers = [limit, MemoryFileUploadHandler(request), TemporaryFileUploadHandler(request)]
    try:
        files, form = request.FILES, request.POST
    except (MultiPartParserError, SuspiciousOperation) as error:
        raise Refused(WRONG_FILE, status=400) from error
    found = [file for name in files for file in files.getlist(name)]
    if limit.exceeded or len(found) > 1 or any(name != FILE_FIELD for name in files):
        raise Refused(WRONG_FILE, status=400)
    if not found:
        raise Refused(NO_FILE, status=400)
    fields = {name: cast("list[str]", form.getlist(name)) for name in form}
    for name, values in fields.items():
        if not all(map(is_storable, (name, *values))):
            raise invalid(storable(name)[:40], "Expected text without NUL characters.", "")
        if max(map(len, values)) > MAX_FIELD:
            raise invalid(name[:40], f"Expected at most {MAX_FIELD} characters.", "")
    return found[0], fields


def types_of(way: str) -> list[str]:
    """The import types of this instance that come this way: as a "file", by an "ir", or from an "api"."""
    return [name for name in BY_IMPORT_TYPE if name.startswith(f"{way}/")]


def _file_type(fields: Mapping[str, list[str]]) -> str:
    given, known = fields.get("importType", []), types_of("file")
    if len(given) == 1 and given[0] in known:
        return given[0]
    message = f"Expected any of {', '.join(known)}."
    raise invalid("importType", message, given[0] if len(given) == 1 else given, absent=not given)
