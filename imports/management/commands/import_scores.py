"""Imports a file of scores for a player."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from imports import jobs
from imports.formats import BY_IMPORT_TYPE
from imports.management.following import Bar, follow
from imports.models import Import, State, User

TOLD = 10  # problems


class Command(BaseCommand):
    help = "Imports a file of scores for a player, as an upload would."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", metavar="USER", help="the player's name")
        parser.add_argument("file", metavar="FILE", help="the file, or - for standard input")
        parser.add_argument(
            "--type", default="file/batch-manual", choices=list(BY_IMPORT_TYPE), help="what the file is"
        )
        parser.add_argument("--wait", action="store_true", help="show how it goes, and end with 1 if it fails")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        user = User.objects.filter(username__iexact=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']}.")
        upload = jobs.Upload(
            content=content_of(options["file"]),
            import_type=options["type"],
            file_name="" if options["file"] == "-" else Path(options["file"]).name,
            user_intent=True,
            client="import_scores",
        )
        try:
            job = jobs.submit(user, upload)
        except jobs.NoRoom as full:
            raise CommandError(str(full)) from None
        self.stdout.write(f"Import {job.import_id} of {user} is queued.")
        if not options["wait"]:
            return
        follow(job, Bar(self.stdout))
        if job.state != State.COMPLETED:
            raise CommandError(why_not(job))
        for line in outcome(job):
            self.stdout.write(line)


def content_of(name: str) -> bytes:
    """The bytes of a file, or of standard input."""
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{name} cannot be read ({error.strerror}).") from None


def why_not(job: Import) -> str:
    """One sentence about an import that is over without being in."""
    if job.state == State.FAILED:
        return f"Nothing was imported ({job.status_code}): {job.error_message}"
    return f"Nothing was imported: the import is {job.state}."


def outcome(job: Import) -> list[str]:
    """What a completed import did: counts, classes, the first problems."""
    counts = {
        "new scores": job.score_count,
        "first plays": job.first_play_count,
        "better bests": job.best_count,
        "duplicates": job.duplicate_count,
        "problems": job.problem_count,
    }
    lines = [
        "Completed: " + ", ".join(f"{count:,} {what}" for what, count in counts.items()) + ".",
        *(f"  {delta['set']}: {delta['old'] or 'none'} -> {delta['new']}" for delta in job.class_deltas),
        *(
            f"  row {problem.row}: {problem.type}: {_one_line(problem.message)}"
            for problem in job.problems.all()[:TOLD]
        ),
    ]
    if job.problem_count > TOLD:
        lines.append(f"  and {job.problem_count - TOLD:,} more problems")
    return lines


def _one_line(message: str) -> str:
    return " ".join(message.split())
