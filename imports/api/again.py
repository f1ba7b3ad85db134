"""An import again, or not at all: POST /api/v1/imports/:importID/restore, /retry and /cancel; and GET …/audit."""

from __future__ import annotations

from collections.abc import Callable

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports import jobs
from imports.api import parameters
from imports.api.documents import Document, milliseconds, user_document
from imports.api.errors import Refused, no_import
from imports.api.permissions import (
    TheyMayReadItsAudit,
    TheyMayRunItAgain,
    TheyOwnTheImportOrAdminister,
    WeKnowWhoAsks,
)
from imports.api.resource import Resource
from imports.api.responses import success
from imports.api.uploads import QUEUED, poll_url
from imports.models import AuditEntry, Import

BODY = {"reason": parameters.maybe(parameters.reason)}
WHOEVER_MAY_RUN_IT = (WeKnowWhoAsks, TheyOwnTheImportOrAdminister, TheyMayRunItAgain)
LISTED = 500  # entries of an audit


class Again(Resource):
    """Unlike a GET these know imports that are not in any more, for those who may see them."""

    lookup_field = "import_id"
    lookup_value_regex = "[^/]+"

    def get_object(self) -> Import:
        job = Import.objects.visible_to(self.user).filter(import_id=self.segment("import_id")).first()
        if job is None:
            raise no_import()
        self.check_object_permissions(self.request, job)
        return job

    @action(detail=True, methods=["post"], permission_classes=WHOEVER_MAY_RUN_IT)
    def restore(self, request: Request, import_id: str) -> Response:
        """Brings a reverted import back, under its ID."""
        return self._queued_by(jobs.restore)

    @action(detail=True, methods=["post"], permission_classes=WHOEVER_MAY_RUN_IT)
    def retry(self, request: Request, import_id: str) -> Response:
        """Runs a failed or cancelled import once more, under its ID."""
        return self._queued_by(jobs.retry)

    @action(detail=True, methods=["post"], permission_classes=WHOEVER_MAY_RUN_IT)
    def cancel(self, request: Request, import_id: str) -> Response:
        """Takes back an import that waits or runs; nothing of it stays."""
        self._do(jobs.cancel)
        return success("Cancelled import.", {})

    @action(detail=True, permission_classes=(WeKnowWhoAsks, TheyMayReadItsAudit))
    def audit(self, request: Request, import_id: str) -> Response:
        """What was done to the import, newest first."""
        found = AuditEntry.objects.filter(job=self.get_object()).select_related("actor", "subject", "token")
        entries = list(found.order_by("-pk")[:LISTED])
        people = {user.pk: user for entry in entries for user in (entry.actor, entry.subject) if user is not None}
        body = {
            "entries": [entry_document(entry) for entry in entries],
            "users": [user_document(user) for user in people.values()],
        }
        return success(f"Found {len(entries)} audit entries.", body)

    def _queued_by(self, deed: Callable[..., None]) -> Response:
        job = self._do(deed)
        body = {"url": poll_url(self.request._request, job), "importID": job.import_id}
        return success(QUEUED, body, status=202)

    def _do(self, deed: Callable[..., None]) -> Import:
        """Raises Refused with 409 where the import's state does not allow it, and 410 where its input is gone."""
        job = self.get_object()
        reason = parameters.loose(self.body, BODY).get("reason", "")
        try:
            deed(job, by=self.user, token=self.token, reason=reason)
        except jobs.InputGone as why:
            raise Refused(str(why), status=410) from None
        except jobs.NotPossible as why:
            raise Refused(str(why), status=409) from None
        return job


def entry_document(entry: AuditEntry) -> Document:
    """`actorID` acted for `subjectID`; None where the service did it by itself. `token` is what its owner calls it."""
    return {
        "verb": entry.verb,
        "actorID": entry.actor_id,
        "subjectID": entry.subject_id,
        "token": entry.token.identifier if entry.token else None,
        "time": milliseconds(entry.at),
        "reason": entry.reason,
        "counts": entry.counts,
    }
