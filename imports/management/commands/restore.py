"""Brings a backup back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from tachi_imports.backups import BackupFailed, BackupTools


class Command(BaseCommand):
    help = "Loads a backup into an empty database, whole or not at all. Then: migrate, and check_integrity."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, metavar="FILE", help="what backup wrote")
        parser.add_argument(
            "--programs", type=Path, metavar="FOLDER", help="where pg_restore is, if not where packages put it"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        tables = connection.introspection.table_names()
        connection.close()  # pg_restore has one of its own
        # Said before pg_restore fails over the first table in words of its own.
        if tables:
            raise CommandError(f"This database has {len(tables)} tables. A backup goes into an empty one.")
        try:
            BackupTools.find(options["programs"]).load(options["path"])
        except BackupFailed as failure:
            raise CommandError(str(failure)) from None
        self.stdout.write(f"{options['path']} is loaded. Next: manage.py migrate, then manage.py check_integrity.")
