"""Reverts, real and previewed, of one import or of several at once: POST /api/v1/imports/revert."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from rest_framework.request import Request
from rest_framework.response import Response

from imports.api import parameters
from imports.api.changes import changes_document
from imports.api.errors import Refused, invalid, no_import, was_reverted
from imports.api.permissions import TheyMayRevertIt, TheyOwnTheImportOrAdminister, WeKnowWhoAsks
from imports.api.resource import Resource
from imports.api.responses import success
from imports.formats import schema
from imports.formats.schema import Violation
from imports.models import Import, State
from imports.models.documents import UNFINISHED
from imports.pipeline.preview import preview, revert_all
from imports.pipeline.revert import Deed, NotRevertible
from imports.pipeline.states import Busy, Gone

BUSY = "You already have an import or a revert ongoing."
NOT_COMPLETED = "This import was never completed, so there is nothing to revert."
PREVIEWED = "Previewed revert."
MOST = 100  # imports in one deed

T = TypeVar("T")


def deed_of(view: Resource, wishes: Mapping[str, Any]) -> Deed:
    """What the caller is about to do, with `reason` and `keepShared` where they are given."""
    reason, keep_shared = wishes.get("reason", ""), wishes.get("keepShared", False)
    return Deed(by=view.user, token=view.token, reason=reason, keep_shared=keep_shared)


def attempt(jobs: Sequence[Import], do: Callable[[], T], *, refuse: Callable[[Import], None]) -> T:
    """Does something to completed imports of one player, or raises Refused with 409 or 410."""
    for job in jobs:
        refuse(job)
    try:
        return do()
    except Busy:
        raise Refused(BUSY, status=409) from None
    except NotRevertible:
        # Somebody was quicker between our look and the lock.
        for job in Import.objects.filter(pk__in=[job.pk for job in jobs]):
            refuse(job)
        raise Refused(BUSY, status=409) from None


@contextmanager
def in_turn(gone: Callable[[], Refused] | None = None) -> Iterator[None]:
    """Around a small change: Refused with 409 where its turn does not come, and as `gone` says where it is too late."""
    try:
        yield
    except Busy:
        raise Refused(BUSY, status=409) from None
    except Gone:
        if gone is None:
            raise
        raise gone() from None


def refuse_unfit(job: Import) -> None:
    """Raises Refused where the import's state leaves nothing to revert."""
    if job.state == State.REVERTED:
        raise was_reverted()
    if job.state in UNFINISHED:
        raise Refused(BUSY, status=409)
    if job.state != State.COMPLETED:
        raise Refused(NOT_COMPLETED, status=409)


def refuse_unfit_by_name(job: Import) -> None:
    with _naming(job.import_id):
        refuse_unfit(job)


@contextmanager
def _naming(import_id: str) -> Iterator[None]:
    """Says of which of several imports a refusal speaks."""
    try:
        yield
    except Refused as refusal:
        raise Refused(f"{import_id}: {refusal.description}", status=refusal.status) from None


def _import_ids(value: Any) -> list[str]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST:
        raise Violation(f"Expected an array of 1 to {MOST} import IDs.", value)
    given: list[str] = schema.list_of(schema.string("Expected string.", high=100))(value)
    if len(set(given)) < len(given):
        raise Violation("Expected each import ID once.", value)
    return given


BODY = {
    "importIDs": _import_ids,
    "reason": parameters.maybe(parameters.reason),
    "keepShared": parameters.maybe(parameters.flag),
    "preview": parameters.maybe(parameters.flag),
}


class RevertSeveral(Resource):
    """Several imports of one player are one deed, newest first: all of them go, or none does."""

    permission_classes = (WeKnowWhoAsks, TheyOwnTheImportOrAdminister)

    def create(self, request: Request) -> Response:
        self.insist(None, WeKnowWhoAsks)
        wishes = parameters.strict(self.body, BODY)
        only_preview = wishes.get("preview", False)
        jobs = self._chosen(wishes["importIDs"], only_preview=only_preview)
        deed = deed_of(self, wishes)
        do = preview if only_preview else revert_all
        changes = attempt(jobs, lambda: do(jobs, deed), refuse=refuse_unfit_by_name)
        description = PREVIEWED if only_preview else f"Reverted {len(jobs)} imports."
        return success(description, changes_document(changes, user_id=jobs[0].user_id))

    def _chosen(self, import_ids: Sequence[str], *, only_preview: bool) -> list[Import]:
        """The imports in the order they are named. Raises Refused for the first that is not the caller's to revert."""
        known = Import.objects.visible_to(self.user) | Import.objects.filter(state=State.REVERTED)
        found = {job.import_id: job for job in known.filter(import_id__in=import_ids)}
        for import_id in import_ids:
            with _naming(import_id):
                self._look_at(found.get(import_id), only_preview=only_preview)
        jobs = [found[import_id] for import_id in import_ids]
        if len({job.user_id for job in jobs}) > 1:
            raise invalid("importIDs", "Expected imports of one user.", "")
        return jobs

    def _look_at(self, job: Import | None, *, only_preview: bool) -> None:
        if job is None:
            raise no_import()
        if job.state == State.REVERTED:
            raise was_reverted()
        self.check_object_permissions(self.request, job)
        if not only_preview:
            self.insist(job, TheyMayRevertIt)
