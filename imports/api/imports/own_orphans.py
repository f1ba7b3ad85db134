"""Orphans in the API of 2026: GET /api/v1/import/orphans, GET and DELETE /api/v1/import/orphans/:orphanID
(spec: api-v3 §2.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.common.locks import PlayerBusy, translate_lock_errors
from imports.api.core.endpoints import endpoint
from imports.api.core.exceptions import APIError
from imports.api.core.parameters import Fields, Parameter
from imports.api.core.permissions import CanSubmitScoresV3
from imports.api.core.responses import Empty
from imports.api.core.validation import optional, query_integer
from imports.api.imports import orphan_schemas
from imports.api.imports.orphans import ImportOrphans
from imports.formats.schema import ABSENT
from imports.integers import parse_digits
from imports.models import OrphanScore, User
from imports.pipeline.orphans import delete_orphan

DEFAULT_LIMIT, MAX_LIMIT = 50, 100  # orphans in one response


# --- parameters ---------------------------------------------------------------------------------------


class InvalidCursor(APIError):
    status = 400
    message = "Invalid pagination cursor."


class NoSuchOrphan(APIError):
    status = 404
    message = "No such orphan score for this user."


def row_id(value: Any) -> int | None:
    """Returns the `rowID` after which the page starts; None if absent. Raises InvalidCursor."""
    number = parse_digits(value)
    if value is not ABSENT and number is None:
        raise InvalidCursor()
    return number


LIMIT = Parameter(
    name="limit",
    description=f"How many are listed at once; {DEFAULT_LIMIT}.",
    schema={"type": "integer", "minimum": 1, "maximum": MAX_LIMIT},
    check=optional(query_integer(1, MAX_LIMIT)),
    expects=(f"Too big: expected number to be <={MAX_LIMIT}",),
)
AFTER = Parameter(
    name="after",
    description="`rowID` of the last unmatched score of the previous page.",
    schema={"type": "integer", "minimum": 1},
    check=row_id,
    raises=(InvalidCursor,),
)
QUERY = Fields(LIMIT, AFTER, is_strict=False)


# --- the view -----------------------------------------------------------------------------------------


class OwnOrphans(ImportOrphans):
    """The orphans of the caller."""

    @property
    def permission_classes(self) -> Sequence[type[BasePermission]]:  # type: ignore[override]
        """A retry has the errors of 2025, as it exists in both API versions; the other actions have those of 2026."""
        return ImportOrphans.permission_classes if self.action == "create" else (CanSubmitScoresV3,)

    def get_object(self) -> OrphanScore:
        mine = OrphanScore.objects.filter(user=cast("User", self.user))  # permissions exclude guests
        orphan = mine.filter(orphan_id=self.path_param("orphan_id")).first()
        if orphan is None:
            raise NoSuchOrphan()
        return orphan

    @endpoint(
        id="listOwnOrphans",
        returns=orphan_schemas.OrphanPage,
        message="Returned {count} orphan scores.",
        query=QUERY,
        is_v3=True,
    )
    def list(self, request: Request) -> Response:
        """Lists your unmatched scores in a short form.

        Sorted by date, newest first.
        """
        params = QUERY.from_query(request)
        limit, after = params.get("limit", DEFAULT_LIMIT), params["after"]
        mine = OrphanScore.objects.filter(user=cast("User", self.user))
        rows = [*(mine if after is None else mine.filter(pk__lt=after)).order_by("-pk")[: limit + 1]]
        body = orphan_schemas.OrphanPage(
            orphans=[orphan_schemas.ListedOrphan.from_row(orphan) for orphan in rows[:limit]],
            has_more=len(rows) > limit,
        )
        return self.ok(body, count=len(body.orphans))

    @endpoint(id="getOrphan", returns=orphan_schemas.OrphanV3, message="Returned orphan score.", raises=(NoSuchOrphan,))
    def retrieve(self, request: Request, orphan_id: str) -> Response:
        """Returns one of your unmatched scores, with its original row."""
        return self.ok(orphan_schemas.OrphanV3.from_row(self.get_object()))

    @endpoint(id="deleteOwnOrphan", returns=Empty, message="Deleted orphan score.", raises=(NoSuchOrphan, PlayerBusy))
    def destroy(self, request: Request, orphan_id: str) -> Response:
        """Permanently deletes one of your unmatched scores."""
        orphan = self.get_object()
        with translate_lock_errors(NoSuchOrphan):  # it may have been imported or reverted meanwhile
            delete_orphan(orphan, by=cast("User", self.user), token=self.token)
        return self.ok(Empty())
