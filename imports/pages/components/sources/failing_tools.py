"""Tools with failed latest imports, which players with automatic imports would not notice otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from imports.integers import milliseconds
from imports.models import Import, State, User
from imports.models.documents import UNFINISHED
from imports.pages.core.display_names import format_name
from imports.pages.core.urls import import_url
from imports.pages.texts import import_texts
from imports.pages.texts.failures import failure_line

MAX_LOOKED_AT = 100  # latest imports
MAX_SHOWN = 3  # tools


@dataclass(frozen=True, slots=True)
class FailingTool:
    """A tool whose latest imports failed. `text`: with their number; `message`: of the last one.

    `token`: the primary key of the last one's token, None if it was revoked.
    """

    text: str
    message: str
    time: int  # ms
    url: str
    list_url: str
    token: int | None


def failing_tools(player: User) -> Sequence[FailingTool]:
    """Returns the tools whose newest finished import failed, latest first. One query of limited size."""
    # Failed uploads are reported on their own page.
    sent = Import.objects.filter(user=player, user_intent=False).exclude(state__in=UNFINISHED).order_by("-pk")
    columns = ("import_id", "state", "import_type", "client", "error_message", "status_code", "time_queued", "token_id")
    failed: dict[tuple[str, str], list[Import]] = {}
    settled = set()
    for job in sent.only(*columns)[:MAX_LOOKED_AT]:
        source = job.import_type, job.client
        if job.state == State.FAILED and source not in settled:
            failed.setdefault(source, []).append(job)
        else:
            settled.add(source)
    tools = []
    for jobs in list(failed.values())[:MAX_SHOWN]:
        newest = jobs[0]
        query = urlencode({"type": newest.import_type, "state": State.FAILED.value})
        tools.append(
            FailingTool(
                text=import_texts.tool_fails(format_name(newest), len(jobs)),
                message=failure_line(newest.error_message, newest.status_code),
                time=milliseconds(newest.time_queued),
                url=import_url(newest),
                list_url=f"{reverse('import-list')}?{query}",
                token=newest.token_id,
            )
        )
    return tools
