"""What every page's frame shows: the instance's name, and the reader's import under way."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from imports import jobs
from imports.models import Import, State, User
from imports.pages.naming import name_of
from imports.pages.parts import Running


def site(request: HttpRequest) -> dict[str, Any]:
    """`instance_name`, `version`, `signups` (open or not), `running`.

    The last asks the database only where a template looks at it.
    """
    return {
        "instance_name": settings.TACHI_NAME,
        "version": settings.TACHI_VERSION,
        "signups": settings.TACHI_SIGNUPS,
        "running": SimpleLazyObject(lambda: running_of(getattr(request, "user", None))),
    }


def running_of(user: object) -> Running | None:
    """The player's first import under way."""
    if not isinstance(user, User) or user.is_banned:
        return None
    mine = Import.objects.unfinished().filter(user=user).select_related("input").order_by("pk")
    job = mine.only("import_id", "user", "state", "attempts", "import_type", "service", "input__file_name").first()
    if job is None:
        return None
    position = 0 if job.state == State.QUEUED else None
    percent = jobs.progress_facts(job, position=position)["percent"]
    return Running(name_of(job, private=True), import_url(job), poll_url(job), percent)


def import_url(job: Import) -> str:
    return reverse("import-detail", args=[job.import_id])


def poll_url(job: Import) -> str:
    """What progress.js asks."""
    return reverse("api:import-poll-status", args=[job.import_id])
