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
    help = "Writes a backup of the database, including uploaded files, to a file for `restore`."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "path", type=Path, metavar="PATH", help="a new file, or a folder in which tachi-DATE.dump is created"
        )
        parser.add_argument("--keep", type=int, metavar="N", help="delete all but the N newest backups of the folder")
        parser.add_argument(
            "--programs", type=Path, metavar="FOLDER", help="the folder of pg_dump, if it is not in a standard location"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        target: Path = options["path"]
        keep: int | None = options["keep"]
        if keep is not None and (keep < 1 or not target.is_dir()):
            raise CommandError("--keep requires a folder and a number of at least 1.")
        path = target / f"tachi-{datetime.now(UTC):%Y%m%dT%H%M%S}Z.dump" if target.is_dir() else target
        try:
            BackupTools.find(options["programs"]).dump(path)
        except BackupFailed as failure:
            raise CommandError(str(failure)) from None
        self.stdout.write(f"{path}: {path.stat().st_size} bytes.")
        with Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as redis:
            if not monitoring.record_backup(redis):
                self.stderr.write("Redis is not available: /metrics will not include this backup.")
        # Only after the new backup is complete. Names contain the time, so that they sort by age.
        for old in sorted(target.glob(PATTERN))[:-keep] if keep else []:
            old.unlink()
            self.stdout.write(f"{old} deleted.")
