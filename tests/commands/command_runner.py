"""Runs management commands like a shell."""

from __future__ import annotations

from io import StringIO
from typing import Any

from django.core.management import call_command


class Terminal(StringIO):
    """An output that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def run(*arguments: Any, output: StringIO | None = None) -> list[str]:
    """The lines that a command prints."""
    out = output or StringIO()
    call_command(arguments[0], *map(str, arguments[1:]), stdout=out)
    return out.getvalue().splitlines()
