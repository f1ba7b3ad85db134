"""POST /api/v1/import/check: the verdict on each row that an import of the same request would give. Nothing is stored.

It responds directly, as 100,000 rows take only a few seconds; `submissions` limits concurrent checks.
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
from imports.integers import parse_digits
from imports.models import User
from imports.pipeline.checking import PROBLEMS, RowFilter, Verdict

CHECK_LIMIT = SCORE_CHECK_LIMIT
MAX_LISTED_ROWS = 10_000  # rows listed in one response
MAX_CURSOR = 999_999_999
VERDICT_GROUPS: dict[str, frozenset[Verdict]] = {
    "problems": PROBLEMS,
    "all": frozenset(Verdict),
    **{verdict.value: frozenset({verdict}) for verdict in Verdict},
}


class CheckInProgress(APIError):
    status = 429
    message = "Another large file is being checked. Please try again in a few seconds."


def whole_number(name: str, description: str, *, maximum: int) -> Parameter:
    """Returns an optional query parameter for an integer from 0 to `maximum`."""
    message = f"Expected an integer between 0 and {maximum}."

    def check(text: Any) -> int:
        number = parse_digits(text, maximum=maximum)
        if number is None:
            raise Violation(message, text)
        return number

    return Parameter(
        name=name,
        description=description,
        schema={"type": "integer", "minimum": 0, "maximum": maximum},
        check=optional(check),
        expects=(message,),
    )


QUERY = Fields(
    choice("rows", "The rows to return.", *VERDICT_GROUPS),
    whole_number("limit", f"How many; {RowFilter().limit}.", maximum=MAX_LISTED_ROWS),
    whole_number("cursor", "`next` of the previous response.", maximum=MAX_CURSOR),
    is_strict=False,
)


class CheckImport(UploadViewSet):
    """Accepts the bodies of both import endpoints: a form with a file, or BATCH-MANUAL as JSON."""

    permission_classes = (IsAuthenticated, CanSubmitScores, ClientIsNotBlocked)
    rate_limits = (CHECK_LIMIT,)

    @endpoint(
        id="checkImport",
        returns=schemas.Checked,
        message="Checked {count} rows.",
        query=(*QUERY.values(), SKIP, INFER),
        forms={JSON: schemas.BatchManual, FORM: FILE_FORM},
        raises=(*FORM_REFUSALS, NoDocument, ImportFault, CheckInProgress),
    )
    def create(self, request: Request) -> Response:
        """Returns what an import of this request would do with each row, without storing anything.

        Limited to 10 requests per minute. If the import would fail, responds with the same error.
        """
        params, default = QUERY.from_query(request), RowFilter()
        row_filter = RowFilter(
            verdicts=VERDICT_GROUPS[params.get("rows", "problems")],
            after=params.get("cursor", default.after),
            limit=params.get("limit", default.limit),
        )
        upload = self.from_body() if request._request.content_type == JSON else self.from_form()
        user = cast("User", self.user)  # permissions exclude guests
        try:
            checked = submissions.check(user, upload, row_filter=row_filter)
        except ImportFailed as failure:
            raise import_fault(failure.message, status=failure.status) from None
        except submissions.CheckInProgress:
            raise CheckInProgress(headers={"Retry-After": "5"}) from None
        return self.ok(schemas.Checked.of(checked, upload.import_type), count=checked.row_count)
