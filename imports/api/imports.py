"""/api/v1/imports/:importID and its revert."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.http import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports.api import parameters
from imports.api.changes import changes_document
from imports.api.documents import Document, companions, score_document, user_document
from imports.api.errors import no_import, was_reverted
from imports.api.import_rows import documents_of
from imports.api.large import Members, long_success
from imports.api.loading import charts_of, one_moment, sessions_of
from imports.api.permissions import TheyMayRevertIt, TheyOwnTheImportOrAdminister, WeKnowWhoAsks
from imports.api.resource import Resource
from imports.api.responses import success
from imports.api.undo import PREVIEWED, attempt, deed_of, refuse_unfit
from imports.models import Chart, Import, Score, Session, State
from imports.pipeline.preview import preview, revert_all
from imports.pipeline.revert import revert

CHUNK = 2_000  # scores that are in memory together
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

    def retrieve(self, request: Request, import_id: str) -> HttpResponseBase:
        """As in the original there is nothing here before an import is completed; poll-status tells of it."""
        with one_moment():
            job = self.get_object()
            if job.state != State.COMPLETED:
                raise no_import()
            return long_success("Returned info about this session.", Members(contents(job)))

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


def contents(job: Import) -> Iterator[tuple[str, Any]]:
    """`{scores, songs, charts, sessions, import, user}`, with no more scores in memory than are written at a time."""
    charts: dict[int, Chart] = {}
    yield "scores", _scores_of(job, charts)
    yield from companions([charts[key] for key in sorted(charts)]).items()
    yield "sessions", _sessions_created_by(job)
    yield from (("import", document) for document in documents_of([job]))
    yield "user", user_document(job.user)


def _scores_of(job: Import, charts: dict[int, Chart]) -> Iterator[Document]:
    """Adds to `charts` those that the scores are on."""
    scores = Score.objects.filter(from_import=job).defer("best_keys").order_by("pk").iterator(chunk_size=CHUNK)
    while chunk := list(islice(scores, CHUNK)):
        missing = {score.chart_id for score in chunk} - charts.keys()
        charts |= charts_of(missing) if missing else {}
        yield from (score_document(score, charts[score.chart_id]) for score in chunk)


def _sessions_created_by(job: Import) -> Iterator[Document]:
    created = Session.objects.filter(parts__job=job, parts__created=True).order_by("time_started", "pk")
    sessions = created.iterator(chunk_size=CHUNK)
    while chunk := list(islice(sessions, CHUNK)):
        yield from sessions_of(chunk)
