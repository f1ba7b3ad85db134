"""Runs management commands and captures their output."""

from __future__ import annotations

from io import StringIO
from typing import Any

from django.core.management import call_command


class Terminal(StringIO):
    """An output that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


def run(*arguments: Any, output: StringIO | None = None) -> list[str]:
    """Runs a command and returns the lines that it prints."""
    out = output or StringIO()
    call_command(arguments[0], *map(str, arguments[1:]), stdout=out)
    return out.getvalue().splitlines()
