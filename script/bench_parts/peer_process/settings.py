"""The product's settings, with the peers' tables before the product's in the search path."""

from __future__ import annotations

from tachi_imports.settings import *  # noqa: F403 - settings are a module's names
from tachi_imports.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "import_export", "script.bench_parts.peer_process"]
DATABASES["default"]["OPTIONS"]["options"] = "-c search_path=peers,public"
