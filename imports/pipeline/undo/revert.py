"""Taking an import back: its scores go, and everything derived from them becomes what the remaining scores say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from imports.formats import manual_classes
from imports.formats.files import tachi_imports_export
from imports.models import APIToken, AuditEntry, Import, ImportProblem, OrphanScore, State, User
from imports.pipeline import row_corrections, states
from imports.pipeline.classes import roll_back_classes, take_back
from imports.pipeline.derived import class_history
from imports.pipeline.derived.refresh import Refreshed, refresh
from imports.pipeline.progress import Progress
from imports.pipeline.scoring import sent_sessions
from imports.pipeline.scoring.store import delete_scores, merge_scopes
from imports.pipeline.states import PlayerLocked
from imports.pipeline.undo import revert_snapshot
from imports.pipeline.undo.reassignment import Reassignment, reassign_scores

__all__ = ["NotRevertible", "PlayerLocked", "RevertRequest", "RevertResult", "revert", "revert_together"]


class NotRevertible(Exception):
    """The import is not completed (any more)."""


@dataclass(frozen=True, slots=True)
class RevertRequest:
    """Who reverts, acting with which token, and why."""

    by: User | None = None
    token: APIToken | None = None
    reason: str = ""
    keep_shared: bool = False  # scores that another completed import also carried pass to that one
    roll_back_classes: bool = False  # provided classes that the import raised go back, too


@dataclass(frozen=True, slots=True)
class RevertResult:
    """What a revert did."""

    scores: int
    kept: int
    refreshed: list[Refreshed]


def revert(job: Import, revert_request: RevertRequest) -> RevertResult:
    """Reverts an import completely. Raises PlayerLocked or NotRevertible, and then has changed nothing."""
    return revert_together([job], revert_request)[0]


def revert_together(jobs: Sequence[Import], revert_request: RevertRequest) -> list[RevertResult]:
    """Reverts imports of one player in one transaction, in this order; returns the result for each.

    Shared scores pass to none of them. Raises the same as `revert`.
    """
    # One transaction: either the scores and all that follows from them are visible, or neither.
    with transaction.atomic():
        states.acquire_player_lock(jobs[0].user_id)
        # The same time for all of them, as they are reverted together.
        now = timezone.now()
        if not all(
            states.mark_reverted(job, by=revert_request.by, reason=revert_request.reason, at=now) for job in jobs
        ):
            raise NotRevertible
        # For all imports before any score is reassigned or deleted: afterwards the edits could not be attributed.
        for job in jobs:
            revert_snapshot.save(job)
        reassigned = reassign_scores(jobs) if revert_request.keep_shared else {}
        results = []
        for job in jobs:
            passed = reassigned.get(job.pk, Reassignment())
            revert_snapshot.keep_history(job, passed.score_ids)
            affected, scores = delete_scores(job)
            # Merged, so that a chart or a time that both contain is refreshed once.
            unnamed = [sent_sessions.withdraw(job)] if job.import_type == tachi_imports_export.IMPORT_TYPE else []
            scopes = merge_scopes([*affected, *passed.affected.values(), *unnamed])
            refreshed = [refresh(scope, Progress()) for scope in scopes]
            _reassign_orphans(job)
            row_corrections.reopen(job)
            class_history.remove_import(job)
            if job.import_type == manual_classes.IMPORT_TYPE:  # it brought nothing else
                take_back(job)
            if revert_request.roll_back_classes:
                roll_back_classes(job, by=revert_request.by, reason=revert_request.reason)
            AuditEntry.objects.record(
                AuditEntry.Verb.REVERTED, job, by=revert_request.by, token=revert_request.token,
                reason=revert_request.reason, counts={"scores": scores, "kept": passed.count},
            )  # fmt: skip
            results.append(RevertResult(scores=scores, kept=passed.count, refreshed=refreshed))
    return results


def _reassign_orphans(job: Import) -> None:
    """Passes orphans to another completed import that also brought them, and deletes the others."""
    problems = ImportProblem.objects.filter(orphan__from_import=job, job__state=State.COMPLETED).exclude(job=job)
    new_owners: dict[int, int] = {}
    # From the newest to the oldest, so that the oldest one remains in the mapping.
    for key, new_owner in problems.order_by("-job_id").values_list("orphan_id", "job_id"):
        if key is not None:
            new_owners[key] = new_owner
    orphans = list(OrphanScore.objects.filter(pk__in=new_owners))
    for orphan in orphans:
        orphan.from_import_id = new_owners[orphan.pk]
    OrphanScore.objects.bulk_update(orphans, ["from_import"], batch_size=1_000)
    OrphanScore.objects.filter(from_import=job).delete()
