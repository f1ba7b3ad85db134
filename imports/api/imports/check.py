"""POST /api/v1/import/check: what an import of this very request would do with each of its rows. Nothing is stored.

It answers in one go, as 100,000 rows take no more than a few seconds; `submissions` says how many do so at once.
"""

from __future__ import annotations

from typing import Any, cast

from rest_framework.request import Request
from rest_framework.response import Response

from imports import submissions
from imports.access.rate_limits import SCORE_CHECK_LIMIT
from imports.api.common.forms import FORM
from imports.api.core.endpoints import endpoint
from imports.api.core.exceptions import APIError, ImportFault, import_fault
from imports.api.core.parameters import Fields, Parameter, choice
from imports.api.core.permissions import CanSubmitScores, ClientIsNotBlocked, IsAuthenticated
from imports.api.core.renderers import JSON
from imports.api.core.validation import optional
from imports.api.imports import schemas
from imports.api.imports.upload import FILE_FORM, FORM_REFUSALS, INFER, SKIP, NoDocument, UploadViewSet
from imports.errors import ImportFailed
from imports.formats.schema import Violation
from imports.models import User
from imports.pipeline.checking import PROBLEMS, RowFilter, Verdict

CHECK_LIMIT = SCORE_CHECK_LIMIT
MAX_LISTED_ROWS = 10_000  # rows listed in one answer
MAX_CURSOR = 999_999_999
VERDICT_GROUPS: dict[str, frozenset[Verdict]] = {
    "problems": PROBLEMS,
    "all": frozenset(Verdict),
    **{verdict.value: frozenset({verdict}) for verdict in Verdict},
}


class CheckInProgress(APIError):
    status = 429
    message = "Another large file is being checked. Please try again in a few seconds."


def whole_number(name: str, description: str, *, most: int) -> Parameter:
    """An integer in a query, from 0 on."""
    refusal = f"Expected an integer between 0 and {most}."

    def check(text: Any) -> int:
        if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= most:
            return int(text)
        raise Violation(refusal, text)

    return Parameter(
        name=name,
        description=description,
        schema={"type": "integer", "minimum": 0, "maximum": most},
        check=optional(check),
        expects=(refusal,),
    )


QUERY = Fields(
    choice("rows", "Which rows are listed.", *VERDICT_GROUPS),
    whole_number("limit", f"How many; {RowFilter().limit}.", most=MAX_LISTED_ROWS),
    whole_number("cursor", "`next` of the answer before.", most=MAX_CURSOR),
    is_strict=False,
)


class CheckImport(UploadViewSet):
    """Takes what either way of importing takes: a form with a file, or BATCH-MANUAL as a JSON body."""

    permission_classes = (IsAuthenticated, CanSubmitScores, ClientIsNotBlocked)
    rate_limits = (CHECK_LIMIT,)

    @endpoint(
        id="checkImport",
        returns=schemas.Checked,
        says="Checked {count} rows.",
        query=(*QUERY.values(), SKIP, INFER),
        forms={JSON: schemas.BatchManual, FORM: FILE_FORM},
        raises=(*FORM_REFUSALS, NoDocument, ImportFault, CheckInProgress),
    )
    def create(self, request: Request) -> Response:
        """What an import of this request would do with each row; nothing is stored.

        10 a minute. Refused as a whole where an import would fail as a whole, with its words.
        """
        said, usual = QUERY.from_query(request), RowFilter()
        row_filter = RowFilter(
            verdicts=VERDICT_GROUPS[said.get("rows", "problems")],
            after=said.get("cursor", usual.after),
            limit=said.get("limit", usual.limit),
        )
        upload = self.from_body() if request._request.content_type == JSON else self.from_form()
        user = cast("User", self.user)  # permissions let no guest come here
        try:
            checked = submissions.check(user, upload, row_filter=row_filter)
        except ImportFailed as failure:
            raise import_fault(failure.message, status=failure.status) from None
        except submissions.CheckInProgress:
            raise CheckInProgress(headers={"Retry-After": "5"}) from None
        return self.ok(schemas.Checked.of(checked, upload.import_type), count=checked.row_count)
