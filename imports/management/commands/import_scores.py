"""Imports a file of scores for a player."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from imports import jobs
from imports.management.counted import counted
from imports.management.progress_bar import ProgressBar, follow
from imports.models import Import, State, User

MAX_LISTED_PROBLEMS = 10


class Command(BaseCommand):
    help = "Imports a file of scores for a player, like an upload."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", metavar="USER", help="the name of the player")
        parser.add_argument("file", metavar="FILE", help="the file, or - for standard input")
        parser.add_argument(
            "--type", default="file/batch-manual", choices=jobs.import_types(), help="the import type of the file"
        )
        parser.add_argument(
            "--field",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="a field of the upload, such as playtype=SP for a beatmania IIDX CSV; may be repeated",
        )
        parser.add_argument(
            "--wait", action="store_true", help="show the progress, and exit with 1 if the import fails"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        user = User.objects.filter(username__iexact=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']}.")
        # Workers do not run a banned player's imports: with --wait this command would never end.
        if user.is_banned:
            raise CommandError(f"{user} is banned: an import would wait until the ban is lifted.")
        upload = jobs.Upload(
            content=read_content(options["file"]),
            import_type=options["type"],
            fields=dict(each.partition("=")[::2] for each in options["field"]),
            file_name="" if options["file"] == "-" else Path(options["file"]).name,
            user_intent=True,  # a person requested it, as with the form
            client="import_scores",  # the history shows this name as "by a command"
        )
        try:
            job = jobs.submit(user, upload)
        except jobs.QuotaExceeded as full:
            raise CommandError(str(full)) from None
        self.stdout.write(f"Import {job.import_id} of {user} is queued.")
        if not options["wait"]:
            return
        follow(job, ProgressBar(self.stdout))
        if job.state != State.COMPLETED:
            raise CommandError(failure_message(job))
        for line in summary_lines(job):
            self.stdout.write(line)


def read_content(name: str) -> bytes:
    """Returns the bytes of a file or of standard input. Raises CommandError if they cannot be read."""
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{name} cannot be read ({error.strerror}).") from None


def failure_message(job: Import) -> str:
    """Returns a sentence about an import that ended without being completed."""
    if job.state == State.FAILED:
        return f"Nothing was imported ({job.status_code}): {job.error_message}"
    return f"Nothing was imported: the import is {job.state}."


def summary_lines(job: Import) -> list[str]:
    """Returns lines about a completed import: counts, class changes, the first problems."""
    counts = {
        "new score": job.score_count,
        "first play": job.first_play_count,
        "new best": job.best_count,
        "duplicate": job.duplicate_count,
        "problem": job.problem_count,
    }
    lines = [
        "Completed: " + ", ".join(counted(count, what) for what, count in counts.items()) + ".",
        *(f"  {delta['set']}: {delta['old'] or 'none'} -> {delta['new']}" for delta in job.class_deltas),
        *(
            # On one line each: messages about the schema have several.
            f"  row {problem.row}: {problem.type}: {' '.join(problem.message.split())}"
            for problem in job.problems.all()[:MAX_LISTED_PROBLEMS]
        ),
    ]
    if job.problem_count > MAX_LISTED_PROBLEMS:
        lines.append(f"  and {counted(job.problem_count - MAX_LISTED_PROBLEMS, 'more problem')}")
    return lines
