#!/usr/bin/env python
"""Django's commands, with the embedded servers up for as long as one of them runs."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext

from django.core.management import execute_from_command_line

from tachi_imports.embedded import services
from tachi_imports.monitoring import log_setup

# These ask neither the database nor Redis.
NEED_NOTHING = {"collectstatic", "diffsettings", "findstatic", "help", "version", "--version", "-h", "--help"}

# What runs without a person in front of it, whose every line goes to the log.
SERVICES = {"worker", "sweep", "backup", "prune_inputs"}


def needs_services(arguments: list[str]) -> bool:
    """Whether the command line asks for more than words."""
    return bool(arguments) and arguments[0] not in NEED_NOTHING and not {"-h", "--help"} & set(arguments)


def main() -> None:
    """Runs the command of the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tachi_imports.settings")
    if sys.argv[1:] and sys.argv[1] in SERVICES and not sys.stdout.isatty():
        log_setup.set_up()
    try:
        with services.available() if needs_services(sys.argv[1:]) else nullcontext():
            execute_from_command_line(sys.argv)
    except services.ServicesError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
