"""Restores a backup."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from tachi_imports.backups import BackupFailed, BackupTools


class Command(BaseCommand):
    help = "Restores a backup into an empty database, in one transaction. Run migrate and check_integrity afterwards."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, metavar="FILE", help="the file written by `backup`")
        parser.add_argument(
            "--programs",
            type=Path,
            metavar="FOLDER",
            help="the folder of pg_restore, if it is not in a standard location",
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        tables = connection.introspection.table_names()
        connection.close()  # pg_restore opens its own
        # Before pg_restore fails on the first table with its own message.
        if tables:
            raise CommandError(
                f"This database has {len(tables)} tables. A backup can only be restored into an empty database."
            )
        try:
            BackupTools.find(options["programs"]).load(options["path"])
        except BackupFailed as failure:
            raise CommandError(str(failure)) from None
        self.stdout.write(f"{options['path']} was restored. Next: manage.py migrate, then manage.py check_integrity.")
