"""Runs imports until a signal stops it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from imports import jobs


class Command(BaseCommand):
    help = "Runs queued jobs until stopped by a signal (SIGTERM lets the current import finish)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--burst", action="store_true", help="stop when the queue is empty")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        jobs.work(burst=options["burst"])
