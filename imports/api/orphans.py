"""Orphans: trying them again (POST /api/v1/import/orphans), listing and deleting them (/api/v1/orphans)."""

from __future__ import annotations

from typing import Any, cast

from rest_framework.request import Request
from rest_framework.response import Response

from imports import jobs
from imports.api import parameters
from imports.api.documents import Document, milliseconds
from imports.api.errors import Refused
from imports.api.permissions import (
    SomebodyIsSignedIn,
    TheyMayDeleteTheOrphan,
    TheyMaySubmitScores,
    TheyOwnTheOrphanOrModerate,
)
from imports.api.resource import Resource
from imports.api.responses import success
from imports.api.undo import in_turn
from imports.formats import schema
from imports.formats.schema import Violation
from imports.games import BY_SLUG
from imports.models import OrphanScore, User
from imports.pipeline.orphans import delete_orphan, reprocess

PAGE = 100  # orphans listed in one answer
LARGEST = 2**63 - 1


def _cursor(value: Any) -> int:
    """`next` of the page before: the key of its last orphan."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20 and int(value) <= LARGEST:
        return int(value)
    raise Violation("Expected the next of another answer.", value)


QUERY = {
    "game": parameters.maybe(schema.one_of(tuple(BY_SLUG))),
    "cursor": parameters.maybe(_cursor),
}


class ImportOrphans(Resource):
    """All orphans of the caller at once. Whatever the body says is not looked at."""

    permission_classes = (SomebodyIsSignedIn, TheyMaySubmitScores)

    def create(self, request: Request) -> Response:
        user = cast("User", self.user)  # permissions let no guest come here
        with in_turn():
            rescue = reprocess(user, jobs.offered_games(), by=user, token=self.token)
        body = {
            "processed": rescue.processed,
            "failed": rescue.kept,
            "success": rescue.rescued,
            "removed": rescue.removed,
        }
        return success(f"Reprocessed {rescue.processed} orphan scores.", body)


class Orphans(Resource):
    """What a player sent is for them and for moderators."""

    lookup_field = "orphan_id"
    lookup_value_regex = "[^/]+"
    permission_classes = (SomebodyIsSignedIn, TheyOwnTheOrphanOrModerate)

    def get_object(self) -> OrphanScore:
        orphan = OrphanScore.objects.filter(orphan_id=self.segment("orphan_id")).first()
        if orphan is None:
            raise no_orphan()
        self.check_object_permissions(self.request, orphan)
        return orphan

    def list(self, request: Request) -> Response:
        """The caller's own, newest first, each with the reason for which it is one; a page at a time."""
        wishes = parameters.query(request, QUERY)
        mine = OrphanScore.objects.filter(user=cast("User", self.user))
        if "game" in wishes:
            mine = mine.filter(game=wishes["game"])
        if "cursor" in wishes:
            mine = mine.filter(pk__lt=wishes["cursor"])
        found = list(mine.select_related("from_import").defer("from_import__put_aside").order_by("-pk")[: PAGE + 1])
        page = found[:PAGE]
        following = str(page[-1].pk) if len(found) > PAGE else None
        body = {"orphans": [orphan_document(orphan) for orphan in page], "next": following}
        return success(f"Found {len(page)} orphan scores.", body)

    def destroy(self, request: Request, orphan_id: str) -> Response:
        orphan = self.get_object()
        self.insist(orphan, TheyMayDeleteTheOrphan)
        with in_turn(no_orphan):  # it may have been rescued or reverted meanwhile
            delete_orphan(orphan, by=cast("User", self.user), token=self.token)
        return success("Successfully deleted orphan score.", {})


def no_orphan() -> Refused:
    return Refused("This orphan score does not exist.", status=404)


def orphan_document(orphan: OrphanScore) -> Document:
    """`orphan` comes with its import. `errMsg` is the reason of the last try."""
    return {
        "orphanID": orphan.orphan_id,
        "userID": orphan.user_id,
        "importID": orphan.from_import.import_id,
        "importType": orphan.import_type,
        "game": orphan.game,
        "data": orphan.data,
        "context": orphan.context,
        "errMsg": orphan.error_message,
        "timeInserted": milliseconds(orphan.time_inserted),
    }
