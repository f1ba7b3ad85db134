"""/api/v1/imports/:importID and its revert."""

from __future__ import annotations

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports.api import parameters
from imports.api.changes import changes_document
from imports.api.documents import Document, user_document
from imports.api.errors import no_import, was_reverted
from imports.api.loading import document_of, one_moment, parts_of, scores_with_companions, sessions_of
from imports.api.permissions import TheyMayRevertIt, TheyOwnTheImportOrAdminister, WeKnowWhoAsks
from imports.api.resource import Resource
from imports.api.responses import success
from imports.api.undo import PREVIEWED, attempt, deed_of, refuse_unfit
from imports.models import Import, Score, State
from imports.pipeline.preview import preview, revert_all
from imports.pipeline.revert import revert

REVERT_BODY = {"reason": parameters.maybe(parameters.reason), "keepShared": parameters.maybe(parameters.flag)}
REVERT_QUERY = {"details": parameters.maybe(parameters.spoken)}
PREVIEW_QUERY = {"keepShared": parameters.maybe(parameters.spoken)}


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

    @action(detail=True, methods=["post"], permission_classes=[WeKnowWhoAsks, TheyOwnTheImportOrAdminister])
    def revert(self, request: Request, import_id: str) -> Response:
        """A JSON body may say `reason`, and `keepShared: true` for scores that another import also carried.

        With `?details=true` the answer says what changed, as the preview does.
        """
        job = self.get_object()
        self.insist(job, TheyMayRevertIt)
        deed = deed_of(self, parameters.loose(self.body, REVERT_BODY))
        if parameters.query(request, REVERT_QUERY, alone=False).get("details", False):
            changes = attempt([job], lambda: revert_all([job], deed), refuse=refuse_unfit)
            return success("Reverted import.", changes_document(changes, user_id=job.user_id))
        attempt([job], lambda: revert(job, deed), refuse=refuse_unfit)
        return success("Reverted import.", {})

    @revert.mapping.get
    def preview(self, request: Request, import_id: str) -> Response:
        """What a revert would change. Whoever may look needs no permission to delete."""
        job = self.get_object()
        deed = deed_of(self, parameters.query(request, PREVIEW_QUERY))
        changes = attempt([job], lambda: preview([job], deed), refuse=refuse_unfit)
        return success(PREVIEWED, changes_document(changes, user_id=job.user_id))
