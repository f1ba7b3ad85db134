"""Reads pages as a visitor without scripts sees them."""

from __future__ import annotations

import html
import re
from typing import Any

from imports.models import Import, State, User
from tests import factories

_HIDDEN = re.compile(r"<(script|style|svg|noscript)\b.*?</\1>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


def text_of(response: Any) -> str:
    """Returns the visible text of a page, each run of white space as one space."""
    page = _HIDDEN.sub(" ", response.content.decode())
    return " ".join(html.unescape(_TAG.sub(" ", page)).split())


def heading_of(response: Any) -> str:
    """Returns the text of the h1 element."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", response.content.decode(), re.DOTALL)
    assert found
    return " ".join(html.unescape(_TAG.sub("", found[1])).split())


def messages_of(response: Any) -> str:
    """Returns the text of the page's toasts."""
    found = re.search(r'id="toasts">(.*?)</div>\s*</body>', response.content.decode(), re.DOTALL)
    assert found
    return " ".join(html.unescape(_TAG.sub(" ", _HIDDEN.sub(" ", found[1]))).split())


def url_of(job: Import, rest: str = "") -> str:
    return f"/imports/{job.import_id}/{rest}"


def in_state(user: User, state: State) -> Import:
    """Creates an import of this player directly in the given state, without running it."""
    job = factories.queued_import(user, factories.unknown_score(), file_name="scores.json")
    now = job.time_queued
    fields: dict[State, dict[str, Any]] = {
        State.RUNNING: {"time_started": now, "attempts": 1},
        State.COMPLETED: {"time_finished": now, "game": "sdvx", "playtypes": ["Single"]},
        State.FAILED: {"time_finished": now, "status_code": 400, "error_message": "No scores."},
        State.CANCELLED: {"time_finished": now},
        State.REVERTED: {"time_finished": now, "reverted_at": now, "reverted_by": user},
    }
    Import.objects.filter(pk=job.pk).update(state=state, **fields.get(state, {}))
    job.refresh_from_db()
    return job
