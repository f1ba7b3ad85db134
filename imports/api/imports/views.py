"""/api/v1/imports/:importID and the revert of an import."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from typing import Any

from django.http import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports.access.rate_limits import LONG
from imports.api.common import schemas as shared
from imports.api.common.generations import Generation, SharedView
from imports.api.common.locks import PlayerBusy
from imports.api.common.queries import (
    load_charts,
    read_snapshot,
    related_songs_and_charts,
    score_documents,
    session_documents,
)
from imports.api.core import throttling
from imports.api.core.endpoints import Tag, endpoint
from imports.api.core.exceptions import ImportNotFound, ImportReverted
from imports.api.core.parameters import REASON, Fields, boolean, query_flag
from imports.api.core.permissions import CanRevertImport, IsImportOwnerOrAdmin, RequesterIsKnown
from imports.api.core.responses import Empty
from imports.api.core.streaming import StreamedObject, streamed_response
from imports.api.imports import schemas
from imports.api.imports.queries import whole_document_of
from imports.api.imports.revert import (
    KEEP_SHARED,
    PREVIEWED,
    NothingToRevert,
    require_revertible,
    revert_options,
    run_revert,
)
from imports.api.imports.revert_changes import Changes
from imports.models import Chart, Import, Score, Session, State
from imports.pipeline.undo.preview import preview, revert_all
from imports.pipeline.undo.revert import revert

CHUNK = 2_000  # scores in memory at the same time
FIRST_CHUNK = 100  # scores at the beginning of a long document, which is sent first
REVERT_BODY = Fields(REASON, boolean("keepShared", KEEP_SHARED), is_strict=False)
PREVIEW_QUERY = Fields(query_flag("keepShared", KEEP_SHARED))
REVERT_QUERY = Fields(
    *PREVIEW_QUERY.values(), query_flag("details", "If true, the response includes the changes."), is_strict=False
)


class Imports(SharedView):
    """A completed import is public. A reverted one is a 410 for everybody."""

    tag = Tag.IMPORTS
    lookup_field = "import_id"
    lookup_value_regex = "[^/]+"

    def get_object(self) -> Import:
        """Returns the import of the path. Raises APIError with 401, 403, 404 or 410."""
        known = Import.objects.visible_to(self.user) | Import.objects.filter(state=State.REVERTED)
        job = known.select_related("user").filter(import_id=self.path_param("import_id")).first()
        if job is None:
            raise ImportNotFound()
        if job.state == State.REVERTED:
            raise ImportReverted()
        self.check_object_permissions(self.request, job)
        return job

    @endpoint(
        id="getImport",
        returns=schemas.ImportContents,
        message="Returned info about this session.",
        raises=(ImportNotFound, ImportReverted),
    )
    def retrieve(self, request: Request, import_id: str) -> HttpResponseBase:
        """Returns a completed import with its scores and sessions."""
        with ExitStack() as snapshot:
            snapshot.enter_context(read_snapshot())
            job = self.get_object()
            # As in Tachi, an import has no document before it is completed; its progress is at poll-status.
            if job.state != State.COMPLETED:
                raise ImportNotFound()
            self._throttle_if_long(job)
            body = StreamedObject(contents(job, self.documents))
            return streamed_response(self.success_message(), body, until_composed=snapshot)

    @endpoint(
        id="revertImport",
        returns=(Changes, Empty),
        message="Reverted import.",
        query=REVERT_QUERY,
        body=REVERT_BODY,
        permissions=(CanRevertImport,),
        raises=(ImportNotFound, ImportReverted, PlayerBusy, NothingToRevert),
        tag=Tag.UNDO,
    )
    @action(detail=True, methods=["post"], permission_classes=[RequesterIsKnown, IsImportOwnerOrAdmin])
    def revert(self, request: Request, import_id: str) -> Response:
        """Reverts an import."""
        job = self.get_object()
        self.require(job)
        body, query = REVERT_BODY.from_body(self.body), REVERT_QUERY.from_query(request)
        revert_request = revert_options(self, {**query, **body})  # the body takes precedence over the query
        if query.get("details", False):
            changes = run_revert([job], lambda: revert_all([job], revert_request), require=require_revertible)
            return self.ok(Changes.of(changes, self.documents, user_id=job.user_id))
        run_revert([job], lambda: revert(job, revert_request), require=require_revertible)
        return self.ok(Empty())

    @endpoint(
        id="previewRevert",
        returns=Changes,
        message=PREVIEWED,
        query=PREVIEW_QUERY,
        raises=(ImportNotFound, ImportReverted, PlayerBusy, NothingToRevert),
        tag=Tag.UNDO,
    )
    @revert.mapping.get
    def preview(self, request: Request, import_id: str) -> Response:
        """Returns the changes that a revert would make.

        The revert is executed and rolled back.
        """
        job = self.get_object()
        revert_request = revert_options(self, PREVIEW_QUERY.from_query(request))
        self._throttle_if_long(job)
        changes = run_revert([job], lambda: preview([job], revert_request), require=require_revertible)
        return self.ok(Changes.of(changes, self.documents, user_id=job.user_id))

    def _throttle_if_long(self, job: Import) -> None:
        """Counts the request against the limit of long documents if the import is large. Raises APIError with 429."""
        if job.score_count + job.problem_count > LONG:
            self.throttle(throttling.LONG_DOCUMENTS)


def contents(job: Import, documents: Generation) -> Iterator[tuple[str, Any]]:
    """Yields the members `scores, songs, charts, sessions, import, user`, with at most `CHUNK` scores in memory."""
    charts: dict[int, Chart] = {}
    yield "scores", _scores_of(job, charts, documents)
    yield from related_songs_and_charts([charts[key] for key in sorted(charts)], documents).items()
    yield "sessions", _sessions_created_by(job, documents)
    yield "import", whole_document_of(job)
    yield "user", shared.User.from_row(job.user)


def _scores_of(job: Import, charts: dict[int, Chart], documents: Generation) -> Iterator[shared.Score]:
    """Yields the documents of the import's scores, and adds their charts to `charts`."""
    scores = Score.objects.filter(from_import=job).defer("best_keys").order_by("pk").iterator(chunk_size=CHUNK)
    size = FIRST_CHUNK
    while chunk := list(islice(scores, size)):
        size = CHUNK
        missing = {score.chart_id for score in chunk} - charts.keys()
        charts |= load_charts(missing) if missing else {}
        yield from score_documents(chunk, charts, documents)


def _sessions_created_by(job: Import, documents: Generation) -> Iterator[shared.Session]:
    created = Session.objects.filter(parts__job=job, parts__created=True).order_by("time_started", "pk")
    sessions = created.iterator(chunk_size=CHUNK)
    while chunk := list(islice(sessions, CHUNK)):
        yield from session_documents(chunk, documents)
