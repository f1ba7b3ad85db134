"""/api/v1/imports/:importID and its revert."""

from __future__ import annotations

from typing import Any

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.documents import Document, user_document
from imports.api.errors import Refused
from imports.api.loading import document_of, one_moment, parts_of, scores_with_companions, sessions_of
from imports.api.permissions import TheyMayRevertIt, TheyOwnTheImportOrAdminister, WeKnowWhoAsks
from imports.api.resource import Resource
from imports.api.responses import success
from imports.models import Import, Score, State
from imports.pipeline.revert import Busy, Deed, NotRevertible, revert

BUSY = "You already have an import or a revert ongoing."
REVERTED = "This import has been reverted."
NOT_COMPLETED = "This import was never completed, so there is nothing to revert."
REASON_LIMIT = 500


def no_import() -> Refused:
    return Refused("This import does not exist.", status=404)


def was_reverted() -> Refused:
    return Refused(REVERTED, status=410)


class Imports(Resource):
    """A completed import is everybody's to read. One that was reverted answers 410, whoever asks."""

    lookup_field = "import_id"
    lookup_value_regex = "[^/]+"

    def get_object(self) -> Import:
        """The import, if the caller may see it and the permissions of the action allow it."""
        known = Import.objects.visible_to(self.user) | Import.objects.filter(state=State.REVERTED)
        job = known.select_related("user").filter(import_id=self.segment("import_id")).first()
        if job is None:
            raise no_import()
        if job.state == State.REVERTED:
            raise was_reverted()
        self.check_object_permissions(self.request, job)
        return job

    def retrieve(self, request: Request, import_id: str) -> Response:
        """As in the original there is nothing here before an import is completed; poll-status tells of it."""
        with one_moment():
            return success("Returned info about this session.", self._contents(self.get_object()))

    def _contents(self, job: Import) -> Document:
        if job.state != State.COMPLETED:
            raise no_import()
        scores = list(Score.objects.filter(from_import=job).defer("best_keys").order_by("pk"))
        parts = parts_of(job)
        return {
            **scores_with_companions(scores),
            "sessions": sessions_of([part.session for part in parts if part.created]),
            "import": document_of(job, score_ids=[score.score_id for score in scores], parts=parts),
            "user": user_document(job.user),
        }

    @action(
        detail=True,
        methods=["post"],
        permission_classes=[WeKnowWhoAsks, TheyOwnTheImportOrAdminister, TheyMayRevertIt],
    )
    def revert(self, request: Request, import_id: str) -> Response:
        """A JSON body may say `reason`, and `keepShared: true` for scores that another import also carried."""
        job = self.get_object()
        if job.is_final and job.state != State.COMPLETED:
            raise Refused(NOT_COMPLETED, status=409)
        try:
            revert(job, self._deed(self.body.members()))
        except Busy:
            raise Refused(BUSY, status=409) from None
        except NotRevertible:
            # Somebody was quicker between our look and the lock, or the import is still waiting for its turn.
            raise was_reverted() if _is_reverted(job) else Refused(BUSY, status=409) from None
        return success("Reverted import.", {})

    def _deed(self, wishes: dict[str, Any]) -> Deed:
        reason = wishes.get("reason")
        return Deed(
            by=self.user,
            token=self.token,
            reason=reason.replace("\0", "").strip()[:REASON_LIMIT] if isinstance(reason, str) else "",
            keep_shared=wishes.get("keepShared") is True,
        )


def _is_reverted(job: Import) -> bool:
    return Import.objects.filter(pk=job.pk, state=State.REVERTED).exists()
