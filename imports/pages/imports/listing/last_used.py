"""The kinds of files that a player uploaded last."""

from __future__ import annotations

from imports.catalogue.format_names import format_name
from imports.integers import milliseconds
from imports.models import Import, State, User
from imports.pages.components.view_models import Line
from imports.pages.core.display_names import game_name, short_game_name
from imports.pages.core.urls import import_url
from imports.pages.texts import formatting

MAX_KINDS = 3
MAX_READ = 200  # newest imports that are read: hooks send one for each score


def last_used_files(user: User) -> list[Line]:
    """Returns the kinds of files, each with the newest import of its game and service. One query."""
    newest = Import.objects.filter(user=user).order_by("-pk").only(
        "import_id", "import_type", "game", "playtypes", "service", "state", "time_queued", "user_id"
    )  # fmt: skip
    lines: dict[tuple[str, str, str], Line] = {}
    for job in newest[:MAX_READ]:
        kind = (job.import_type, job.game, job.service)
        if job.import_type.startswith("file/") and job.state == State.COMPLETED and kind not in lines:
            name, source = format_name(job.import_type), game_name(job.game, job.playtypes)
            lines[kind] = Line(
                name=formatting.listed([name, source]),
                about="" if job.service == name else job.service,
                url=import_url(job),
                time=milliseconds(job.time_queued),
                game=short_game_name(job.game),
            )
    return list(lines.values())[:MAX_KINDS]
