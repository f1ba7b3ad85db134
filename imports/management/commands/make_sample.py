"""Writes a BATCH-MANUAL document of generated scores to standard output."""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from pathlib import Path
from random import Random
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from imports.sample.make import SEEDS
from imports.sample.plays import SKILLS, document, plays


class Command(BaseCommand):
    help = (
        "Writes a BATCH-MANUAL document with generated scores on the charts of the sample catalogue to standard output."
    )
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("gpt", metavar="GAME", type=parse_gpt, help=f"one of {', '.join(SKILLS)}, or a game")
        parser.add_argument(
            "--scores", type=int, default=1_000, metavar="N", help="the number of scores (default: 1000)"
        )
        parser.add_argument("--seed", default="1", help="the seed of the random generator")
        parser.add_argument(
            "--seeds", type=Path, default=SEEDS, metavar="DIR", help="the seeds to take the charts from"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        game, playtype = options["gpt"].split(":")
        path = options["seeds"] / f"charts-{game}.json"
        try:
            rows = json.loads(path.read_bytes())
        except OSError as error:
            raise CommandError(f"{path} cannot be read ({error.strerror}).") from None
        charts = [row for row in rows if row["playtype"] == playtype and row["isPrimary"]]
        # The seed determines everything, so that a file can be reproduced.
        scores = plays(options["gpt"], charts, options["scores"], chance=Random(options["seed"]))
        whole = document(options["gpt"], list(scores), service="Sample")
        self.stdout.write(json.dumps(whole, ensure_ascii=False))


def parse_gpt(text: str) -> str:
    """Returns `iidx:DP` unchanged, and for `iidx` its first playtype. Raises ArgumentTypeError."""
    gpt = next((name for name in SKILLS if text in (name, name.split(":")[0])), None)
    if gpt is None:
        raise ArgumentTypeError(f"{text} is not one of {', '.join(SKILLS)}")
    return gpt
