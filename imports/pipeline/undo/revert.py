"""Reverts imports: deletes their scores and refreshes all derived state from the remaining scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from django.db import transaction
from django.utils import timezone

from imports.formats import manual_classes
from imports.formats.files import tachi_imports_export
from imports.models import APIToken, AuditEntry, Import, ImportProblem, OrphanScore, State, User
from imports.pipeline import row_corrections, states
from imports.pipeline.classes import restore_previous_classes, roll_back_classes
from imports.pipeline.derived import bests, class_history
from imports.pipeline.derived.refresh import Refreshed, refresh
from imports.pipeline.progress import Progress
from imports.pipeline.scoring import sent_sessions
from imports.pipeline.scoring.store import delete_scores, merge_scopes
from imports.pipeline.states import PlayerLocked
from imports.pipeline.undo import rating_days, revert_snapshot
from imports.pipeline.undo.reassignment import Reassignment, reassign_scores
from imports.pipeline.undo.totals import TotalsChange, compare_totals, read_totals

__all__ = ["NotRevertible", "PlayerLocked", "RevertRequest", "RevertResult", "revert", "revert_together"]


class NotRevertible(Exception):
    """The import is not completed (any more)."""


@dataclass(frozen=True, slots=True)
class RevertRequest:
    """The actor, token, reason and options of a revert."""

    by: User | None = None
    token: APIToken | None = None
    reason: str = ""
    keep_shared: bool = False  # scores that another completed import also carried pass to that one
    roll_back_classes: bool = False  # provided classes that the import raised are rolled back, too


@dataclass(frozen=True, slots=True)
class RevertResult:
    """The result of reverting one import. `totals`: by playtype, as stored in `Import.revert_totals`."""

    scores: int
    kept: int
    refreshed: list[Refreshed]
    totals: dict[str, TotalsChange]


def revert(job: Import, revert_request: RevertRequest) -> RevertResult:
    """Reverts an import completely. Raises PlayerLocked or NotRevertible without changes."""
    return revert_together([job], revert_request)[0]


def revert_together(
    jobs: Sequence[Import], revert_request: RevertRequest, *, is_preview: bool = False
) -> list[RevertResult]:
    """Reverts imports of one player in one transaction, in this order; returns the result for each.

    Shared scores pass to none of them. Raises the same as `revert`. `is_preview`: the caller rolls the transaction
    back, so that parts that previews do not show are not written: restore data, daily ratings, rankings, audit entry.
    """
    # One transaction: scores and derived state always agree.
    with transaction.atomic():
        states.acquire_player_lock(jobs[0].user_id)
        # The same time for all, because they are reverted together.
        now = timezone.now()
        if not all(
            states.mark_reverted(job, by=revert_request.by, reason=revert_request.reason, at=now) for job in jobs
        ):
            raise NotRevertible
        # For all imports before any score is reassigned or deleted, because the edits are stored by import.
        for job in () if is_preview else jobs:
            revert_snapshot.save(job)
        reassigned = reassign_scores(jobs) if revert_request.keep_shared else {}
        # Scores are counted once for each game; each deletion returns the number of deleted scores.
        totals = {game: read_totals(jobs[0].user_id, game) for game in {job.game for job in jobs}}
        results = []
        for job in jobs:
            passed = reassigned.get(job.pk, Reassignment())
            if not is_preview:
                revert_snapshot.keep_history(job, passed.score_ids)
            # Scores that passed to other imports have other values now than when the days were rated.
            stood = {} if is_preview or passed.count else rating_days.read_bests_before(job)
            affected, deleted = delete_scores(job)
            for part in affected:
                part.charts = bests.without_whole_best(job.user_id, part.charts)
            # Merged, so that a chart or a time that both contain is refreshed once.
            unnamed = (
                [sent_sessions.remove_edit_flags(job)] if job.import_type == tachi_imports_export.IMPORT_TYPE else []
            )
            scopes = merge_scopes([*affected, *passed.affected.values(), *unnamed])
            refreshed = [
                refresh(
                    scope,
                    Progress(),
                    is_preview=is_preview,
                    is_last_of_preview=is_preview and job is jobs[-1],
                    rewrite_days=partial(rating_days.rewrite, stood, scope),
                )
                for scope in scopes
            ]
            _reassign_orphans(job)
            row_corrections.reopen(job)
            class_history.remove_import(job)
            if job.import_type == manual_classes.IMPORT_TYPE:  # it has only classes
                restore_previous_classes(job)
            if revert_request.roll_back_classes:
                roll_back_classes(job, by=revert_request.by, reason=revert_request.reason)
            before = totals[job.game]
            left = {name: was["scores"] - deleted.get((job.game, name), 0) for name, was in before.items()}
            totals[job.game] = read_totals(job.user_id, job.game, scores=left)
            job.revert_totals = compare_totals(before, totals[job.game], playtypes=job.playtypes)
            scores = sum(deleted.values())
            if not is_preview:
                job.save(update_fields=["put_aside", "revert_totals"])
                AuditEntry.objects.record(
                    AuditEntry.Verb.REVERTED, job, by=revert_request.by, token=revert_request.token,
                    reason=revert_request.reason, counts={"scores": scores, "kept": passed.count},
                )  # fmt: skip
            results.append(RevertResult(scores, passed.count, refreshed, job.revert_totals))
    return results


def _reassign_orphans(job: Import) -> None:
    """Passes orphans to another completed import with the same row, and deletes the others."""
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
