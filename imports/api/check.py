"""POST /api/v1/import/check: what an import of this very request would do with each of its rows. Nothing is stored.

It answers in one go, as 100,000 rows take no more than a few seconds; `submissions` says how many do so at once.
"""

from __future__ import annotations

from typing import Any, cast

from rest_framework.request import Request
from rest_framework.response import Response

from imports import submissions
from imports.api import parameters
from imports.api.documents import Document
from imports.api.errors import Refused
from imports.api.permissions import SomebodyIsSignedIn, TheirClientIsWelcome, TheyMaySubmitScores
from imports.api.rendering import JSON
from imports.api.responses import success
from imports.api.uploads import Upload
from imports.errors import ImportFailed
from imports.formats import schema
from imports.formats.schema import Check, Violation
from imports.limits import SCORE_CHECK
from imports.models import User
from imports.pipeline.checking import PROBLEMS, Checked, CheckedRow, Verdict, Wish

CHECKS = SCORE_CHECK
TOO_MUCH = "Another large file is being checked. Please try again in a few seconds."
MOST = 10_000  # rows listed in one answer
WORDS: dict[str, frozenset[Verdict]] = {
    "problems": PROBLEMS,
    "all": frozenset(Verdict),
    **{verdict.value: frozenset({verdict}) for verdict in Verdict},
}


def _whole(most: int) -> Check:
    """An integer in a query, from 0 on."""

    def check(text: Any) -> int:
        if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= most:
            return int(text)
        raise Violation(f"Expected an integer between 0 and {most}.", text)

    return check


QUERY = {
    "rows": parameters.maybe(schema.one_of(tuple(WORDS))),
    "limit": parameters.maybe(_whole(MOST)),
    "cursor": parameters.maybe(_whole(999_999_999)),
}


class CheckImport(Upload):
    """Takes what either way of importing takes: a form with a file, or BATCH-MANUAL as a JSON body."""

    permission_classes = (SomebodyIsSignedIn, TheyMaySubmitScores, TheirClientIsWelcome)
    limiters = (CHECKS,)

    def create(self, request: Request) -> Response:
        wish = self._wish()
        upload = self.of_body() if request._request.content_type == JSON else self.of_form()
        user = cast("User", self.user)  # permissions let no guest come here
        try:
            checked = submissions.check(user, upload, wish=wish)
        except ImportFailed as failure:
            raise Refused(failure.message, status=failure.status) from None
        except submissions.TooMuchAtOnce:
            raise Refused(TOO_MUCH, status=429, headers={"Retry-After": "5"}) from None
        return success(f"Checked {checked.row_count} rows.", document_of(checked, upload.import_type))

    def _wish(self) -> Wish:
        """Raises Refused with 400. Whatever else the query says is not looked at."""
        said = parameters.query(self.request, QUERY, alone=False)
        usual = Wish()
        return Wish(
            verdicts=WORDS[said.get("rows", "problems")],
            after=said.get("cursor", usual.after),
            limit=said.get("limit", usual.limit),
        )


def document_of(checked: Checked, import_type: str) -> Document:
    """`next`: the cursor of the rows after those that are listed, None where there are no more."""
    context = checked.context
    return {
        "importType": import_type,
        "game": context.game.slug,
        "playtypes": list(checked.playtypes),
        "service": context.service,
        "totals": {"rows": checked.row_count, **checked.totals},
        "classes": list(checked.classes),
        "rows": [row_document(row) for row in checked.rows],
        "next": str(checked.rows[-1].row) if checked.has_more and checked.rows else None,
    }


def row_document(row: CheckedRow) -> Document:
    """Members that a row does not have are absent."""
    told: Document = {"row": row.row, "verdict": row.verdict}
    if row.chart is not None:
        told |= {"scoreID": row.score_id, "chartID": row.chart.chart_id, "songID": row.chart.song.song_id}
    if row.repeats is not None:
        told["repeats"] = row.repeats
    if row.problem is not None:
        problem = row.problem
        told |= {"type": problem.type, "message": problem.message, "datapoint": problem.datapoint}
    return told
