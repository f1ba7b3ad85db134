"""Transitions of an import: POST /api/v1/imports/:importID/restore, /retry and /cancel; and GET …/audit."""

from __future__ import annotations

from collections.abc import Callable

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports import jobs
from imports.api.common.schemas import User
from imports.api.core.endpoints import Tag, endpoint
from imports.api.core.exceptions import APIError, ImportNotFound, InputExpired
from imports.api.core.parameters import REASON, Fields, choice
from imports.api.core.permissions import (
    CanReadAudit,
    CanRequeueImport,
    IsImportOwnerOrAdmin,
    RequesterIsKnown,
)
from imports.api.core.responses import Empty
from imports.api.core.views import APIViewSet
from imports.api.imports import schemas
from imports.api.imports.upload import QUEUED, poll_url
from imports.models import AuditEntry, Import

NOTHING = Fields()
BODY = Fields(REASON)
SKIP = choice("invalid", "`skip` leaves out rows that do not match the schema, in this and later attempts.", "skip")
RETRY_QUERY = Fields(SKIP)
RETRY_BODY = Fields(REASON, SKIP)
REQUEUE_PERMISSIONS = (RequesterIsKnown, IsImportOwnerOrAdmin, CanRequeueImport)
MAX_LISTED = 500  # entries of an audit


class NotPossibleNow(APIError):
    status = 409
    described_as = "the reason why the state of the import does not allow the action"


class ImportTransitions(APIViewSet):
    """Restores, retries and cancels imports; unlike a GET also finds failed and reverted ones, for permitted users."""

    tag = Tag.UNDO
    lookup_field = "import_id"
    lookup_value_regex = "[^/]+"

    def get_object(self) -> Import:
        job = Import.objects.visible_to(self.user).filter(import_id=self.path_param("import_id")).first()
        if job is None:
            raise ImportNotFound()
        self.check_object_permissions(self.request, job)
        return job

    @endpoint(
        id="restoreImport",
        returns=schemas.Queued,
        message=QUEUED,
        status=202,
        body=BODY,
        raises=(ImportNotFound, NotPossibleNow, InputExpired),
    )
    @action(detail=True, methods=["post"], permission_classes=REQUEUE_PERMISSIONS)
    def restore(self, request: Request, import_id: str) -> Response:
        """Restores a reverted import under the same ID."""
        return self._queued(self._run_transition(jobs.restore))

    @endpoint(
        id="retryImport",
        returns=schemas.Queued,
        message=QUEUED,
        status=202,
        query=RETRY_QUERY,
        body=RETRY_BODY,
        raises=(ImportNotFound, NotPossibleNow, InputExpired),
    )
    @action(detail=True, methods=["post"], permission_classes=REQUEUE_PERMISSIONS)
    def retry(self, request: Request, import_id: str) -> Response:
        """Retries a failed or cancelled import under the same ID."""
        return self._queued(self._run_transition(jobs.retry, query=RETRY_QUERY, body=RETRY_BODY))

    @endpoint(
        id="cancelImport",
        returns=Empty,
        message="Cancelled import.",
        body=BODY,
        raises=(ImportNotFound, NotPossibleNow),
    )
    @action(detail=True, methods=["post"], permission_classes=REQUEUE_PERMISSIONS)
    def cancel(self, request: Request, import_id: str) -> Response:
        """Cancels a queued or running import."""
        self._run_transition(jobs.cancel)
        return self.ok(Empty())

    @endpoint(
        id="getAudit",
        returns=schemas.Audit,
        message="Found {count} audit entries.",
        raises=(ImportNotFound,),
        tag=Tag.IMPORTS,
    )
    @action(detail=True, permission_classes=(RequesterIsKnown, CanReadAudit))
    def audit(self, request: Request, import_id: str) -> Response:
        """Lists the audit log of an import, newest first.

        Available to its owner and to moderators.
        """
        rows = AuditEntry.objects.filter(job=self.get_object()).select_related("actor", "subject", "token")
        entries = list(rows.order_by("-pk")[:MAX_LISTED])
        people = {user.pk: user for entry in entries for user in (entry.actor, entry.subject) if user is not None}
        body = schemas.Audit(
            entries=[schemas.AuditRow.from_row(entry) for entry in entries],
            users=[User.from_row(user) for user in people.values()],
        )
        return self.ok(body, count=len(entries))

    def _queued(self, job: Import) -> Response:
        return self.ok(schemas.Queued(url=poll_url(self.request._request, job), import_id=job.import_id))

    def _run_transition(
        self, transition: Callable[..., None], *, query: Fields = NOTHING, body: Fields = BODY
    ) -> Import:
        """Runs a transition and returns its import.

        Raises APIError with 400 for invalid parameters, 409 if the state of the import does not allow the transition,
        and 410 if its input is no longer stored.
        """
        job = self.get_object()
        given = body.from_body(self.body) | query.from_query(self.request)
        params = {"skip_invalid": True} if given.get("invalid") else {}
        try:
            transition(job, by=self.user, token=self.token, reason=given.get("reason", ""), **params)
        except jobs.InputExpired:
            raise InputExpired() from None
        except jobs.InvalidTransition as error:
            raise NotPossibleNow(str(error)) from None
        return job
