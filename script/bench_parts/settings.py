"""The product's settings, with a trivial URL for comparison."""

from __future__ import annotations

from tachi_imports.settings import *  # noqa: F403 - settings are a module's names

ROOT_URLCONF = "script.bench_parts.urls"
