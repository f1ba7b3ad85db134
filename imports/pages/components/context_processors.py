"""Context of the frame of every page: the instance's name, and the reader's running import."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from imports import jobs
from imports.models import Import, State, User
from imports.pages.components.progress import Running
from imports.pages.core.display_names import import_name
from imports.pages.core.urls import import_url, poll_url


def site(request: HttpRequest) -> dict[str, Any]:
    """Returns `instance_name`, `source_url`, `site_url` (no trailing slash), `version`, `signups`, `mail`, `running`.

    `source_url` may be empty; `signups` and `mail` are booleans. `running` queries the database only if a
    template uses it.
    """
    return {
        "instance_name": settings.TACHI_NAME,
        "source_url": settings.TACHI_SOURCE_URL,
        "site_url": SimpleLazyObject(lambda: settings.TACHI_PUBLIC_URL or request.build_absolute_uri("/")[:-1]),
        "version": settings.TACHI_VERSION,
        "signups": settings.TACHI_SIGNUPS,
        "mail": settings.TACHI_MAIL,
        "running": SimpleLazyObject(lambda: find_running_import(getattr(request, "user", None))),
    }


def find_running_import(user: object) -> Running | None:
    """Returns the player's first unfinished import, None if there is none."""
    if not isinstance(user, User) or user.is_banned:
        return None
    # The first one is running or next: a player's imports run one after the other, oldest first.
    mine = Import.objects.unfinished().filter(user=user).select_related("input").order_by("pk")
    job = mine.only("import_id", "user", "state", "attempts", "import_type", "service", "input__file_name").first()
    if job is None:
        return None
    # The position in the queue is not counted, which would be another query on every page.
    position = 0 if job.state == State.QUEUED else None
    percent = jobs.progress_facts(job, position=position)["percent"]
    return Running(import_name(job, private=True), import_url(job), poll_url(job), percent)
