"""The problems of an import (GET /api/v1/imports/:importID/errors) and its input (…/input)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.request import Request

from imports import exports
from imports.access import permissions
from imports.api.common.queries import read_snapshot
from imports.api.core import throttling
from imports.api.core.endpoints import Tag, endpoint
from imports.api.core.exceptions import APIError, ImportNotFound, ImportReverted, InputExpired
from imports.api.core.pagination import CursorPagination
from imports.api.core.parameters import Fields, choice
from imports.api.core.permissions import Caller, CanReadInput, RequesterIsKnown
from imports.api.core.streaming import StreamedObject, complete_response
from imports.api.core.views import APIViewSet
from imports.api.imports import schemas
from imports.errors import ImportFailed
from imports.models import Import, ImportProblem, RowCorrection, State
from imports.models.row_corrections import is_corrected

MAX_LISTED = 500  # problems in one response
BY_ROW = CursorPagination(key="row", kind=int, limit=MAX_LISTED, descending=False)
JSON, CSV, CORRECTION = "json", "csv", "batch-manual"
FORMAT = "`csv` returns a table of all rows, `batch-manual` a file to correct and submit again."
QUERY = Fields(choice("format", FORMAT, JSON, CSV, CORRECTION), *BY_ROW.parameters)


class NoFailedRows(APIError):
    """The import failed as a whole."""

    status = 409
    described_as = "the reason why there are no rows to correct"


class IsAuthenticatedForTable(RequesterIsKnown):
    """Required only for the format `batch-manual`; the others are public."""

    caller = Caller.ANYBODY


class ImportFiles(APIViewSet):
    """The files of an import; those of a reverted one are available to users who may see its input."""

    tag = Tag.IMPORTS
    lookup_field = "import_id"
    lookup_value_regex = "[^/]+"

    def get_object(self) -> Import:
        known = Import.objects.visible_to(self.user) | Import.objects.filter(state=State.REVERTED)
        job = known.defer("put_aside").filter(import_id=self.path_param("import_id")).first()
        if job is None:
            raise ImportNotFound()
        if job.state == State.REVERTED and not permissions.can_see_input(self.user, job):
            raise ImportReverted()
        self.check_object_permissions(self.request, job)
        return job

    @endpoint(
        id="getInput",
        returns=None,
        message="the file",
        files=("application/json", "text/csv", "application/octet-stream"),
        raises=(ImportNotFound, InputExpired, ImportReverted),
    )
    @action(detail=True, permission_classes=(RequesterIsKnown, CanReadInput))
    def input(self, request: Request, import_id: str) -> HttpResponseBase:
        """Downloads the original input of an import.

        Available to its owner and to moderators.
        """
        job = self.get_object()
        self.throttle(throttling.FILES)
        file = exports.input_file(job)
        if file is None:
            raise InputExpired()
        return file

    @endpoint(
        id="listErrors",
        returns=schemas.Problems,
        message="Found {count} errors.",
        query=QUERY,
        files=("text/csv",),
        paging=BY_ROW,
        raises=(ImportNotFound, ImportReverted, NoFailedRows, InputExpired),
        permissions=(IsAuthenticatedForTable, CanReadInput),
    )
    @action(detail=True)
    def errors(self, request: Request, import_id: str) -> HttpResponseBase:
        """Lists the rows that an import left out.

        The content of the rows is included only if you may see the input. `Accept: text/csv` also selects the table.
        """
        job = self.get_object()
        params = QUERY.from_query(request)
        prefers_csv = request._request.get_preferred_type(["application/json", "text/csv"]) == "text/csv"
        form = params.get("format") or (CSV if prefers_csv else JSON)
        if form != CORRECTION:
            with read_snapshot():
                return self._table(job, params) if form == CSV else self._page(job, params)
        self.require(job)
        self.throttle(throttling.FILES)
        try:
            return exports.failed_rows_file(job)
        except ImportFailed as failure:
            raise (InputExpired() if failure.status == 410 else NoFailedRows(failure.message)) from None

    def _page(self, job: Import, params: Mapping[str, Any]) -> HttpResponseBase:
        private = permissions.can_see_input(self.user, job)
        page = BY_ROW.page(_problems(job, private=private), params)
        # Rows that later imports have imported on charts chosen by the player. Few imports have any.
        corrections = RowCorrection.objects.filter(job=job).exclude(score_id="")
        count = corrections.count()
        corrected = {}
        if count:
            listed = corrections.filter(row__in=[problem.row for problem in page.rows])
            corrected = {each.row: each for each in listed.select_related("corrected_by")}
        errors = (
            schemas.ProblemWithRow.from_row(problem, corrected.get(problem.row), private=private)
            for problem in page.rows
        )
        body = StreamedObject([("errors", errors), ("total", job.problem_count + count)])
        message = self.success_message(count=len(page.rows))
        return page.add_pagination_headers(self.request, complete_response(message, body))

    def _table(self, job: Import, params: Mapping[str, Any]) -> HttpResponseBase:
        """Returns the CSV of all uncorrected problems, or of a page if `cursor` or `limit` is given."""
        self.throttle(throttling.FILES)
        private = permissions.can_see_input(self.user, job)
        problems = _problems(job, private=private).exclude(is_corrected())
        if params.keys() & {"cursor", "limit"}:
            page = BY_ROW.page(problems, params)
            return page.add_pagination_headers(self.request, exports.problems_csv(job, page.rows, private=private))
        everything = problems.order_by("row").iterator(chunk_size=MAX_LISTED)
        return exports.problems_csv(job, everything, private=private)


def _problems(job: Import, *, private: bool) -> QuerySet[ImportProblem]:
    problems = ImportProblem.objects.filter(job=job)
    return problems if private else problems.defer("datapoint")
