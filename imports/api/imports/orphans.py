"""Orphans: trying them again (/api/v1/import/orphans), listing and deleting them (/api/v1/orphans)."""

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

PAGE_SIZE = 100  # orphans listed in one answer
REPROCESSED = "Reprocessed {count} orphan scores."
BEING_REPROCESSED = "Orphan scores are being reprocessed."
QUEUED = "Orphan scores loaded into queue. You can poll the provided URL for information on when they are reprocessed."
NO_CURSOR = "Expected the next of another answer."


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
    """`next` of the page before: the key of its last orphan."""
    key = parse_digits(value)
    if key is None:
        raise Violation(NO_CURSOR, value)
    return key


QUERY = Fields(
    choice("game", "Only of this game.", *BY_SLUG),
    Parameter(
        name="cursor",
        description="`next` of the page before.",
        schema={"type": "string", "pattern": "^[0-9]{1,18}$"},
        check=optional(cursor),
        expects=(NO_CURSOR,),
    ),
)


class ImportOrphans(APIViewSet):
    """All orphans of the caller. Whatever the body says is not looked at."""

    tag = Tag.UNDO
    permission_classes: Sequence[type[BasePermission]] = (IsAuthenticated, CanSubmitScores)

    @endpoint(
        id="reprocessOrphans",
        returns=orphan_schemas.ReprocessCounts,
        says=REPROCESSED,
        queued=(QUEUED, orphan_schemas.QueuedRetry),
        raises=(PlayerBusy,),
    )
    def create(self, request: Request) -> Response:
        """Tries all of one's orphans again.

        Up to 200 are tried at once. More are queued: the answer is 202 and says where to poll.
        """
        self.throttle(ORPHANS)
        user = cast("User", self.user)  # permissions let no guest come here
        with translate_lock_errors():
            found = jobs.retry_orphans(user, by=user, token=self.token)
        if isinstance(found, ReprocessResult):
            return self.ok(orphan_schemas.ReprocessCounts.from_row(found), count=found.processed)
        url = absolute_url(request._request, reverse("api:orphan-retry-poll-status", args=[found.retry_id]))
        body = orphan_schemas.QueuedRetry(url=url, retry_id=found.retry_id)
        return self.ok(body, says=QUEUED, status=202)


class OrphanRetries(APIViewSet):
    """A retry of many orphans: how far it is, and in the end what became of them."""

    tag = Tag.UNDO
    permission_classes = (IsAuthenticated, IsOrphanOwnerOrModerator)

    @endpoint(
        id="pollOrphanRetry",
        returns=(schemas.Ongoing, orphan_schemas.Retried),
        says=(BEING_REPROCESSED, REPROCESSED),
        is_polled=True,
        raises=(RetryNotFound, RetryCrashed),
    )
    def retrieve(self, request: Request, retry_id: str) -> Response:
        """What becomes of a retry of many orphans."""
        retry = OrphanRetry.objects.filter(retry_id=self.path_param("retry_id")).first()
        if retry is None:
            raise RetryNotFound()
        self.check_object_permissions(request, retry)
        if retry.has_failed:
            raise RetryCrashed()
        if retry.time_finished is not None:
            return self.ok(orphan_schemas.Retried.from_row(retry), says=REPROCESSED, count=retry.processed)
        response = self.ok(schemas.Ongoing.at(jobs.orphan_progress(retry)))
        response.headers["Retry-After"] = "1"
        return response


class Orphans(APIViewSet):
    """What a player sent is for them and for moderators."""

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

    @endpoint(id="listOrphans", returns=orphan_schemas.Orphans, says="Found {count} orphan scores.", query=QUERY)
    def list(self, request: Request) -> Response:
        """One's rows whose song or chart was not known.

        The newest come first, each with the reason for which it is one.
        """
        params = QUERY.from_query(request)
        mine = OrphanScore.objects.filter(user=cast("User", self.user))
        if "game" in params:
            mine = mine.filter(game=params["game"])
        if "cursor" in params:
            mine = mine.filter(pk__lt=params["cursor"])
        newest = mine.select_related("from_import").defer("from_import__put_aside").order_by("-pk")
        found = [*newest[: PAGE_SIZE + 1]]
        page = found[:PAGE_SIZE]
        body = orphan_schemas.Orphans(
            orphans=[orphan_schemas.Orphan.from_row(orphan) for orphan in page],
            next=str(page[-1].pk) if len(found) > PAGE_SIZE else None,
        )
        return self.ok(body, count=len(page))

    @endpoint(
        id="deleteOrphan",
        returns=Empty,
        says="Successfully deleted orphan score.",
        permissions=(CanDeleteOrphan,),
        raises=(OrphanNotFound, PlayerBusy),
    )
    def destroy(self, request: Request, orphan_id: str) -> Response:
        """Deletes an orphan for good."""
        orphan = self.get_object()
        self.require(orphan)
        with translate_lock_errors(OrphanNotFound):  # it may have been rescued or reverted meanwhile
            delete_orphan(orphan, by=cast("User", self.user), token=self.token)
        return self.ok(Empty())
