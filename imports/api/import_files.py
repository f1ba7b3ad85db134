"""What an import left out (GET /api/v1/imports/:importID/errors), and what was sent (…/input)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.request import Request

from imports import downloads, rules
from imports.api import parameters
from imports.api.documents import Document
from imports.api.errors import Refused, no_import, was_reverted
from imports.api.large import Members, long_success
from imports.api.loading import one_moment
from imports.api.paging import Paging
from imports.api.permissions import TheyMaySeeTheInput, WeKnowWhoAsks
from imports.api.resource import Resource
from imports.errors import INPUT_GONE, ImportFailed
from imports.formats import schema
from imports.models import Import, ImportProblem, State

LISTED = 500  # problems in one answer
BY_ROW = Paging(key="row", kind=int, most=LISTED, descending=False)
JSON, CSV, MEND = "json", "csv", "batch-manual"
QUERY = {"format": parameters.maybe(schema.one_of((JSON, CSV, MEND))), **BY_ROW.members}


class ImportFiles(Resource):
    """Of an import that is not in any more these still know, for those who may see its input."""

    lookup_field = "import_id"
    lookup_value_regex = "[^/]+"

    def get_object(self) -> Import:
        known = Import.objects.visible_to(self.user) | Import.objects.filter(state=State.REVERTED)
        job = known.defer("also_carried", "put_aside").filter(import_id=self.segment("import_id")).first()
        if job is None:
            raise no_import()
        if job.state == State.REVERTED and not rules.can_see_input(self.user, job):
            raise was_reverted()
        self.check_object_permissions(self.request, job)
        return job

    @action(detail=True, permission_classes=(WeKnowWhoAsks, TheyMaySeeTheInput))
    def input(self, request: Request, import_id: str) -> HttpResponseBase:
        """The bytes as they were sent."""
        found = downloads.input_file(self.get_object())
        if found is None:
            raise Refused(INPUT_GONE, status=410)
        return found

    @action(detail=True)
    def errors(self, request: Request, import_id: str) -> HttpResponseBase:
        """The rows that were left out: a page of them, a table of all, or a file to mend and to send again.

        What the rows said is for those who may see the input.
        """
        job = self.get_object()
        wishes = parameters.query(request, QUERY)
        form = wishes.get("format") or (CSV if _prefers_csv(request) else JSON)
        if form == MEND:
            return self._to_mend(job)
        with one_moment():
            return self._table(job, wishes) if form == CSV else self._page(job, wishes)

    def _to_mend(self, job: Import) -> HttpResponseBase:
        self.insist(job, WeKnowWhoAsks, TheyMaySeeTheInput)
        try:
            return downloads.rows_to_mend(job)
        except ImportFailed as failure:  # as a whole, so that there are no rows to mend; or the input is gone
            raise Refused(failure.message, status=failure.status if failure.status == 410 else 409) from None

    def _page(self, job: Import, wishes: Mapping[str, Any]) -> HttpResponseBase:
        private = rules.can_see_input(self.user, job)
        page = BY_ROW.page(_problems(job, private=private), wishes)
        found = (problem_document(problem, private=private) for problem in page.rows)
        body = Members([("errors", found), ("total", job.problem_count)])
        return page.announce(self.request, long_success(f"Found {len(page.rows)} errors.", body))

    def _table(self, job: Import, wishes: Mapping[str, Any]) -> HttpResponseBase:
        """All of them, or a page where one is asked for."""
        private = rules.can_see_input(self.user, job)
        problems = _problems(job, private=private)
        if wishes.keys() & {"cursor", "limit"}:
            page = BY_ROW.page(problems, wishes)
            return page.announce(self.request, downloads.problems_csv(job, page.rows, private=private))
        everything = problems.order_by("row").iterator(chunk_size=LISTED)
        return downloads.problems_csv(job, everything, private=private)


def _prefers_csv(request: Request) -> bool:
    return request._request.get_preferred_type(["application/json", "text/csv"]) == "text/csv"


def _problems(job: Import, *, private: bool) -> QuerySet[ImportProblem]:
    problems = ImportProblem.objects.filter(job=job)
    return problems if private else problems.defer("datapoint")


def problem_document(problem: ImportProblem, *, private: bool) -> Document:
    """`row` counts from 0; `datapoint` is the row as it was sent."""
    told = {"row": problem.row, "type": problem.type, "message": problem.message}
    return {**told, "datapoint": problem.datapoint} if private else told
