"""Starts the stream process: `python -m tachi_imports.streams`."""

from __future__ import annotations

import os

import django

from tachi_imports.monitoring import log_setup

log_setup.set_up()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tachi_imports.settings")
django.setup()

from tachi_imports.streams.process import main  # noqa: E402 - after Django's setup

main()
