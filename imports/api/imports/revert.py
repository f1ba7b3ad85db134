"""Reverts and previews of reverts, of one import or of several: POST /api/v1/imports/revert."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.common.generations import SharedView
from imports.api.common.locks import PlayerBusy
from imports.api.core.endpoints import Tag, endpoint
from imports.api.core.exceptions import APIError, ImportNotFound, ImportReverted
from imports.api.core.parameters import REASON, Fields, Parameter, boolean
from imports.api.core.permissions import CanRevertImport, IsImportOwnerOrAdmin, RequesterIsKnown
from imports.api.core.views import APIViewSet
from imports.api.imports.revert_changes import Changes
from imports.formats import schema
from imports.formats.schema import Violation
from imports.models import Import, State
from imports.models.documents import UNFINISHED
from imports.pipeline.states import PlayerLocked
from imports.pipeline.undo.preview import preview, revert_all
from imports.pipeline.undo.revert import NotRevertible, RevertRequest

PREVIEWED = "Previewed revert."
REVERTED = "Reverted {count} imports."
KEEP_SHARED = "If true, scores that another completed import also contains are not removed."
MAX_IMPORTS = 100  # imports in one request
NO_IDS = f"Expected an array of 1 to {MAX_IMPORTS} import IDs."
GIVEN_TWICE = "Expected each import ID once."

T = TypeVar("T")


class NothingToRevert(APIError):
    status = 409
    message = "This import was never completed, so there is nothing to revert."


class ImportsOfSeveralUsers(APIError):
    status = 400
    message = "[importIDs] Expected imports of one user."


class ListedImportNotFound(APIError):
    """An error for one of several imports, with its ID."""

    status = 404
    message = "{import_id}: {refusal}"


class ListedImportForbidden(ListedImportNotFound):
    status = 403


class ListedImportBusy(ListedImportNotFound):
    status = 409


class ListedImportReverted(ListedImportNotFound):
    status = 410


LISTED_IMPORT_ERRORS = (ListedImportForbidden, ListedImportNotFound, ListedImportBusy, ListedImportReverted)


def revert_options(view: APIViewSet, params: Mapping[str, Any]) -> RevertRequest:
    """Returns the revert request of the caller, with the parameters `reason` and `keepShared`."""
    reason, keep_shared = params.get("reason", ""), params.get("keepShared", False)
    return RevertRequest(by=view.user, token=view.token, reason=reason, keep_shared=keep_shared)


def run_revert(jobs: Sequence[Import], execute: Callable[[], T], *, require: Callable[[Import], None]) -> T:
    """Executes a revert or a preview of imports of one player. Raises APIError: that of `require`, or PlayerBusy.

    `require` raises APIError for an import that cannot be reverted.
    """
    for job in jobs:
        require(job)
    try:
        return execute()
    except PlayerLocked:
        raise PlayerBusy() from None
    except NotRevertible:
        # The state of an import changed between the check and the lock.
        for job in Import.objects.filter(pk__in=[job.pk for job in jobs]):
            require(job)
        raise PlayerBusy() from None


def require_revertible(job: Import) -> None:
    """Raises APIError unless the import is completed."""
    if job.state == State.REVERTED:
        raise ImportReverted()
    if job.state in UNFINISHED:
        raise PlayerBusy()
    if job.state != State.COMPLETED:
        raise NothingToRevert()


def require_revertible_by_id(job: Import) -> None:
    with _prefix_with_id(job.import_id):
        require_revertible(job)


@contextmanager
def _prefix_with_id(import_id: str) -> Iterator[None]:
    """Adds the import's ID to the message of an APIError."""
    try:
        yield
    except APIError as error:
        listed_error = next(kind for kind in LISTED_IMPORT_ERRORS if kind.status == error.status)
        raise listed_error(import_id=import_id, refusal=error.description) from None


def import_ids(value: Any) -> list[str]:
    """Returns 1 to `MAX_IMPORTS` distinct import IDs. Raises Violation."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_IMPORTS:
        raise Violation(NO_IDS, value)
    given: list[str] = schema.list_of(schema.string("Expected string.", high=100))(value)
    if len(set(given)) < len(given):
        raise Violation(GIVEN_TWICE, value)
    return given


BODY = Fields(
    Parameter(
        name="importIDs",
        schema={
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "maxItems": MAX_IMPORTS,
            "uniqueItems": True,
        },
        check=import_ids,
        required=True,
        expects=(NO_IDS, GIVEN_TWICE),
    ),
    REASON,
    boolean("keepShared", KEEP_SHARED),
    boolean("preview"),
)

NO_QUERY = Fields()  # an ignored ?preview=true would revert


class BulkRevert(SharedView):
    """Reverts several imports of one player together, newest first: all of them or none."""

    tag = Tag.UNDO
    permission_classes = (RequesterIsKnown, IsImportOwnerOrAdmin)

    @endpoint(
        id="revertImports",
        returns=Changes,
        message=(REVERTED, PREVIEWED),
        query=NO_QUERY,
        body=BODY,
        permissions=(CanRevertImport,),
        raises=(ImportsOfSeveralUsers, *LISTED_IMPORT_ERRORS, PlayerBusy),
    )
    def create(self, request: Request) -> Response:
        """Reverts several imports of one player, all or none.

        A preview requires no permission.
        """
        self.require(None, RequesterIsKnown)
        params = BODY.from_body(self.body)
        NO_QUERY.from_query(request)
        only_preview = params.get("preview", False)
        jobs = self._get_imports(params["importIDs"], only_preview=only_preview)
        revert_request = revert_options(self, params)
        execute = preview if only_preview else revert_all
        changes = run_revert(jobs, lambda: execute(jobs, revert_request), require=require_revertible_by_id)
        body = Changes.of(changes, self.documents, user_id=jobs[0].user_id)
        return self.ok(body, message=PREVIEWED if only_preview else REVERTED, count=len(jobs))

    def _get_imports(self, ids: Sequence[str], *, only_preview: bool) -> list[Import]:
        """Returns the imports in the given order. Raises APIError for the first that the caller may not revert."""
        known = Import.objects.visible_to(self.user) | Import.objects.filter(state=State.REVERTED)
        by_id = {job.import_id: job for job in known.filter(import_id__in=ids)}
        for import_id in ids:
            with _prefix_with_id(import_id):
                job = by_id.get(import_id)
                if job is None:
                    raise ImportNotFound()
                if job.state == State.REVERTED:
                    raise ImportReverted()
                self.check_object_permissions(self.request, job)
                if not only_preview:
                    self.require(job)
        jobs = [by_id[import_id] for import_id in ids]
        if len({job.user_id for job in jobs}) > 1:
            raise ImportsOfSeveralUsers()
        return jobs
