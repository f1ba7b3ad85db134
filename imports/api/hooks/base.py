"""The base of hooks: workers run an import, and the request waits for its result (spec: import-types §16).

class ScoreSubmit(Hook):
    formats = (fervidex.SCORE,)

    @endpoint(id="…", returns=ImportDocument, message=IMPORTED, queued=QUEUED, raises=(ImportRefused,), forms=…)
    def create(self, request: Request) -> Response:
        return self.import_response(self.run_import(fervidex.SCORE, {"model": …}))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, cast

from msgspec import Meta
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from imports import jobs, submissions
from imports.api.common.locks import translate_lock_errors
from imports.api.core.endpoints import Tag
from imports.api.core.exceptions import APIError, exception_handler
from imports.api.core.permissions import CanSubmitScores, ClientIsNotBlocked, IsAuthenticatedForIR
from imports.api.core.renderers import JSON
from imports.api.core.responses import Schema, ok_response
from imports.api.core.views import APIViewSet
from imports.api.core.waiting import WAIT_SECONDS, wait_for_import
from imports.api.imports import queries
from imports.api.imports.upload import poll_url
from imports.errors import ImportFailed
from imports.formats.base import Format
from imports.formats.text import storable
from imports.models import Import, State, User
from imports.pipeline.classes import ClassChange, raise_class

IMPORTED = "Import successful."
STILL_RUNNING = "Import loaded into queue. You can poll the provided URL for information on when its complete."
ImportDocument = Annotated[dict[str, Any], Meta(description="The import, as in /api/v1/imports/{importID}.")]
NEVER_AS_ERROR = frozenset({403, 404, 413, 415, 429, 503})
"""Statuses with a `description` for every hook, as their messages do not come from the hook."""


class Accepted(Schema):
    """An import that did not finish before the response had to be sent. It continues to run."""

    url: Annotated[str, Meta(description="The absolute URL to poll.")]
    import_id: str


QUEUED = (STILL_RUNNING, Accepted)
BODY = {JSON: {"type": "object", "description": "The document sent by the hook. See docs/hooks.md."}}


class ImportTypeNotEnabled(APIError):
    status = 404
    message = "The route {route} is not available on this instance."


class ImportRefused(APIError):
    """The import failed as a whole, with a message of its format."""

    status = 400
    described_as = "the error of the import"


class WrongSoftware(APIError):
    """A program or game that the hook does not support; the message contains its name."""

    status = 400
    described_as = "the error in User-Agent, X-Software-Model or X-Account-Id"


class ImportWithdrawn(APIError):
    status = 410
    message = "This import was cancelled or reverted."


class UploadQuotaExceeded(APIError):
    status = 413
    described_as = "the storage quota of the player's uploads is exceeded"


REFUSALS = (ImportTypeNotEnabled, WrongSoftware)
IMPORT_REFUSALS = (*REFUSALS, ImportRefused, ImportWithdrawn, UploadQuotaExceeded)


class Hook(APIViewSet):
    """A view that a game's program sends to. `formats`: the instance must have at least one of these enabled."""

    tag = Tag.HOOKS
    is_ir = True
    permission_classes: Sequence[type[BasePermission]] = (IsAuthenticatedForIR, CanSubmitScores, ClientIsNotBlocked)
    formats: ClassVar[Sequence[Format]]
    error_key: ClassVar[str] = "description"  # the member with the message of an error

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not any(each.import_type in jobs.import_types("ir") for each in self.formats):
            raise ImportTypeNotEnabled(route=request.path)

    # --- imports --------------------------------------------------------------------------------------

    def run_import(self, source: Format, fields: Mapping[str, str] | None = None) -> Import:
        """Imports the body and returns the import once it has ended, or after ten seconds. Raises APIError.

        `fields`: values of the headers, for the format's `ParseOptions.fields`.
        """
        job = self.submit(source, fields)
        return wait_for_import(self.request, job, seconds=WAIT_SECONDS)

    def submit(self, source: Format, fields: Mapping[str, str] | None = None, *, check: bool = True) -> Import:
        """Queues an import of the body. With `check`, raises APIError if the import would certainly fail."""
        upload = jobs.Upload(
            content=self.content,
            import_type=source.import_type,
            fields=dict(fields or {}),
            client=storable(self.header("User-Agent")),
        )
        # Unchecked if the program always gets the same response.
        submit = submissions.submit if check else jobs.submit
        try:
            return submit(cast("User", self.user), upload, token=self.token)  # permissions exclude guests
        except ImportFailed as failure:
            raise ImportRefused(failure.message, status=failure.status) from None
        except jobs.QuotaExceeded as full:
            raise UploadQuotaExceeded(str(full)) from None

    def header(self, name: str) -> str:
        """Returns the value of a header, "" if it is absent."""
        return self.request.headers.get(name, "")

    @property
    def content(self) -> bytes:
        """The body as in Tachi: an absent body, and one of another content type, count as an empty object."""
        return self.body.raw or b"{}"

    def import_response(self, job: Import) -> Response:
        """Returns the response for an import in its current state. Raises APIError if it failed or was withdrawn."""
        match job.state:
            case State.COMPLETED:
                return self.ok(queries.whole_document_of(job), message=IMPORTED)
            case State.FAILED:
                raise ImportRefused(job.error_message, status=job.status_code or 500)
            case State.CANCELLED | State.REVERTED:
                raise ImportWithdrawn()
        accepted = Accepted(url=poll_url(self.request._request, job), import_id=job.import_id)
        return ok_response(STILL_RUNNING, accepted, status=202)

    # --- classes --------------------------------------------------------------------------------------

    def raise_class(self, change: ClassChange) -> bool:
        """Raises a class of the player if the new value is higher; returns whether it was. Raises APIError with 409."""
        with translate_lock_errors():
            return raise_class(cast("User", self.user), change)

    # --- errors ---------------------------------------------------------------------------------------

    def get_exception_handler(self) -> Callable[[Exception, Mapping[str, Any]], Response]:
        return self.refuse

    def refuse(self, error: Exception, context: Mapping[str, Any]) -> Response:
        """Returns the response for an error, with the message in the hook's own member if it comes from the hook."""
        response = exception_handler(error, context)
        # Errors before the body is read, such as invalid JSON, have a `description` for every hook.
        if hasattr(self, "body") and response.status_code not in NEVER_AS_ERROR:
            envelope = response.data
            response.data = {self.error_key if key == "description" else key: envelope[key] for key in envelope}
        return response
