"""Writes a backup of the database."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from redis import Redis

from imports import monitoring
from tachi_imports.backups import BackupFailed, BackupTools

PATTERN = "tachi-*.dump"


class Command(BaseCommand):
    help = "Writes everything in the database, uploaded files included, to a file that restore reads."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "path", type=Path, metavar="PATH", help="a new file, or a folder, which gets tachi-DATE.dump"
        )
        parser.add_argument("--keep", type=int, metavar="N", help="of a folder: delete all but the N newest backups")
        parser.add_argument(
            "--programs", type=Path, metavar="FOLDER", help="where pg_dump is, if not where packages put it"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        given: Path = options["path"]
        keep: int | None = options["keep"]
        if keep is not None and (keep < 1 or not given.is_dir()):
            raise CommandError("--keep wants a folder and a number from 1.")
        path = given / f"tachi-{datetime.now(UTC):%Y%m%dT%H%M%S}Z.dump" if given.is_dir() else given
        try:
            BackupTools.find(options["programs"]).dump(path)
        except BackupFailed as failure:
            raise CommandError(str(failure)) from None
        self.stdout.write(f"{path}: {path.stat().st_size} bytes.")
        with Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as redis:
            if not monitoring.record_backup(redis):
                self.stderr.write("Redis does not answer: /metrics will not know of this backup.")
        # Only once the new one is whole. Names hold the time, so that their order is the backups' age.
        for old in sorted(given.glob(PATTERN))[:-keep] if keep else []:
            old.unlink()
            self.stdout.write(f"{old} deleted.")
