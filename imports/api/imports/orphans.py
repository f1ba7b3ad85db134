"""Orphans: retrying them (/api/v1/import/orphans), listing and deleting them (/api/v1/orphans)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.urls import reverse
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from imports import jobs
from imports.access.rate_limits import ORPHANS
from imports.api.common.locks import PlayerBusy, translate_lock_errors
from imports.api.core.endpoints import Tag, endpoint
from imports.api.core.exceptions import APIError
from imports.api.core.parameters import Fields, Parameter, choice
from imports.api.core.permissions import (
    CanDeleteOrphan,
    CanSubmitScores,
    IsAuthenticated,
    IsOrphanOwnerOrModerator,
)
from imports.api.core.responses import Empty, absolute_url
from imports.api.core.validation import optional
from imports.api.core.views import APIViewSet
from imports.api.imports import orphan_schemas, schemas
from imports.formats.schema import Violation
from imports.games import BY_SLUG
from imports.integers import parse_digits
from imports.models import OrphanRetry, OrphanScore, User
from imports.pipeline.orphans import ReprocessResult, delete_orphan

PAGE_SIZE = 100  # orphans listed in one response
REPROCESSED = "Reprocessed {count} orphan scores."
BEING_REPROCESSED = "Orphan scores are being reprocessed."
QUEUED = "Orphan scores loaded into queue. You can poll the provided URL for information on when they are reprocessed."
NO_CURSOR = "Expected next from another response."


class RetryNotFound(APIError):
    status = 404
    message = "There is no retry of orphan scores here."


class RetryCrashed(APIError):
    status = 500
    message = jobs.CRASHED_RETRY


class OrphanNotFound(APIError):
    status = 404
    message = "This orphan score does not exist."


def cursor(value: Any) -> int:
    """Returns the cursor, `next` of the previous page: the key of its last orphan. Raises Violation."""
    key = parse_digits(value)
    if key is None:
        raise Violation(NO_CURSOR, value)
    return key


QUERY = Fields(
    choice("game", "Returns only results of this game.", *BY_SLUG),
    Parameter(
        name="cursor",
        description="`next` of the previous page.",
        schema={"type": "string", "pattern": "^[0-9]{1,18}$"},
        check=optional(cursor),
        expects=(NO_CURSOR,),
    ),
)


class ImportOrphans(APIViewSet):
    """Retries all orphans of the caller. The body is ignored."""

    tag = Tag.UNDO
    permission_classes: Sequence[type[BasePermission]] = (IsAuthenticated, CanSubmitScores)

    @endpoint(
        id="reprocessOrphans",
        returns=orphan_schemas.ReprocessCounts,
        message=REPROCESSED,
        queued=(QUEUED, orphan_schemas.QueuedRetry),
        raises=(PlayerBusy,),
    )
    def create(self, request: Request) -> Response:
        """Retries all of your unmatched scores.

        Up to 200 scores are retried immediately. More are queued: the response is 202 and has the URL to poll.
        """
        self.throttle(ORPHANS)
        user = cast("User", self.user)  # permissions exclude guests
        with translate_lock_errors():
            result = jobs.retry_orphans(user, by=user, token=self.token)
        if isinstance(result, ReprocessResult):
            return self.ok(orphan_schemas.ReprocessCounts.from_row(result), count=result.processed)
        url = absolute_url(request._request, reverse("api:orphan-retry-poll-status", args=[result.retry_id]))
        body = orphan_schemas.QueuedRetry(url=url, retry_id=result.retry_id)
        return self.ok(body, message=QUEUED, status=202)


class OrphanRetries(APIViewSet):
    """A queued retry of many orphans: its progress, then its result."""

    tag = Tag.UNDO
    permission_classes = (IsAuthenticated, IsOrphanOwnerOrModerator)

    @endpoint(
        id="pollOrphanRetry",
        returns=(schemas.Ongoing, orphan_schemas.Retried),
        message=(BEING_REPROCESSED, REPROCESSED),
        is_polled=True,
        raises=(RetryNotFound, RetryCrashed),
    )
    def retrieve(self, request: Request, retry_id: str) -> Response:
        """Returns the state of a queued retry of unmatched scores."""
        retry = OrphanRetry.objects.filter(retry_id=self.path_param("retry_id")).first()
        if retry is None:
            raise RetryNotFound()
        self.check_object_permissions(request, retry)
        if retry.has_failed:
            raise RetryCrashed()
        if retry.time_finished is not None:
            return self.ok(orphan_schemas.Retried.from_row(retry), message=REPROCESSED, count=retry.processed)
        response = self.ok(schemas.Ongoing.at(jobs.orphan_progress(retry)))
        response.headers["Retry-After"] = "1"
        return response


class Orphans(APIViewSet):
    """The orphans of a player, for the player and for moderators."""

    tag = Tag.UNDO
    lookup_field = "orphan_id"
    lookup_value_regex = "[^/]+"
    permission_classes = (IsAuthenticated, IsOrphanOwnerOrModerator)

    def get_object(self) -> OrphanScore:
        orphan = OrphanScore.objects.filter(orphan_id=self.path_param("orphan_id")).first()
        if orphan is None:
            raise OrphanNotFound()
        self.check_object_permissions(self.request, orphan)
        return orphan

    @endpoint(id="listOrphans", returns=orphan_schemas.Orphans, message="Found {count} orphan scores.", query=QUERY)
    def list(self, request: Request) -> Response:
        """Lists your unmatched scores.

        Sorted by date, newest first. Each has the reason why it is unmatched.
        """
        params = QUERY.from_query(request)
        mine = OrphanScore.objects.filter(user=cast("User", self.user))
        if "game" in params:
            mine = mine.filter(game=params["game"])
        if "cursor" in params:
            mine = mine.filter(pk__lt=params["cursor"])
        newest = mine.select_related("from_import").defer("from_import__put_aside").order_by("-pk")
        rows = [*newest[: PAGE_SIZE + 1]]
        page = rows[:PAGE_SIZE]
        body = orphan_schemas.Orphans(
            orphans=[orphan_schemas.Orphan.from_row(orphan) for orphan in page],
            next=str(page[-1].pk) if len(rows) > PAGE_SIZE else None,
        )
        return self.ok(body, count=len(page))

    @endpoint(
        id="deleteOrphan",
        returns=Empty,
        message="Successfully deleted orphan score.",
        permissions=(CanDeleteOrphan,),
        raises=(OrphanNotFound, PlayerBusy),
    )
    def destroy(self, request: Request, orphan_id: str) -> Response:
        """Permanently deletes an unmatched score."""
        orphan = self.get_object()
        self.require(orphan)
        with translate_lock_errors(OrphanNotFound):  # it may have been imported or reverted meanwhile
            delete_orphan(orphan, by=cast("User", self.user), token=self.token)
        return self.ok(Empty())
