"""Reverts an import."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from imports.management.counted import counted
from imports.models import Import
from imports.pipeline.undo.preview import Changes, revert_all
from imports.pipeline.undo.revert import NotRevertible, PlayerLocked, RevertRequest


class Command(BaseCommand):
    help = "Reverts an import: deletes its scores and recomputes sessions, personal bests and ratings."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("import_id", metavar="ID", help="the ID of the import, 40 characters")
        parser.add_argument("--reason", default="", help="the reason; visible to the owner and moderators")
        parser.add_argument(
            "--keep-shared", action="store_true", help="keep scores that another import of the player also contains"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        job = Import.objects.select_related("user").filter(import_id=options["import_id"]).first()
        if job is None:
            raise CommandError(f"There is no import {options['import_id']}.")
        try:
            # The call for several imports, because it returns the changes that are printed below.
            done = revert_all([job], RevertRequest(reason=options["reason"], keep_shared=options["keep_shared"]))
        except PlayerLocked:
            raise CommandError(
                f"Another import or revert of {job.user} is in progress. Try again when it is done."
            ) from None
        except NotRevertible:
            raise CommandError(f"This import is {job.state}, and only a completed one can be reverted.") from None
        self.stdout.write(f"Reverted import {job.import_id} of {job.user}.")
        for line in change_lines(done):
            self.stdout.write(f"  {line}")


def change_lines(done: Changes) -> list[str]:
    """Returns lines about the changes of a revert."""
    sessions = sum(1 - len(change.after) for change in done.sessions)
    lines = [
        f"{counted(done.scores, 'score')} deleted" + (f", {done.kept:,} kept for other imports" if done.kept else ""),
        f"{counted(done.bests_gone, 'personal best')} deleted, {done.bests_changed:,} changed",
        f"{counted(sessions, 'session')} deleted"
        if sessions >= 0
        else f"{counted(-sessions, 'session')} more, as one was split",
    ]
    if done.classes_staying:
        lines.append("classes stay: " + ", ".join(f"{delta['set']} {delta['new']}" for delta in done.classes_staying))
    return lines
