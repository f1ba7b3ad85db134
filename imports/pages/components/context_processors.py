"""What every page's frame shows: the instance's name, and the reader's import under way."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from imports import jobs
from imports.models import Import, State, User
from imports.pages.components.view_models import Running
from imports.pages.core.display_names import import_name
from imports.pages.core.urls import import_url, poll_url


def site(request: HttpRequest) -> dict[str, Any]:
    """`instance_name`, `site_url` (without a slash at its end), `version`, `signups` and `mail` (on or not), `running`.

    The last asks the database only where a template looks at it.
    """
    return {
        "instance_name": settings.TACHI_NAME,
        "site_url": SimpleLazyObject(lambda: settings.TACHI_PUBLIC_URL or request.build_absolute_uri("/")[:-1]),
        "version": settings.TACHI_VERSION,
        "signups": settings.TACHI_SIGNUPS,
        "mail": settings.TACHI_MAIL,
        "running": SimpleLazyObject(lambda: find_running_import(getattr(request, "user", None))),
    }


def find_running_import(user: object) -> Running | None:
    """The player's first import under way."""
    if not isinstance(user, User) or user.is_banned:
        return None
    # The first one is the one that runs: a player's imports take turns, oldest first.
    mine = Import.objects.unfinished().filter(user=user).select_related("input").order_by("pk")
    job = mine.only("import_id", "user", "state", "attempts", "import_type", "service", "input__file_name").first()
    if job is None:
        return None
    # A player's first import has none before it: to count them would be a query more on every page.
    position = 0 if job.state == State.QUEUED else None
    percent = jobs.progress_facts(job, position=position)["percent"]
    return Running(import_name(job, private=True), import_url(job), poll_url(job), percent)
