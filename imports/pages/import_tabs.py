"""The parts of a completed import's page below its tabs: each its own address, fifty rows at a time."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import F, QuerySet
from django.db.models.functions import Substr
from django.http import HttpRequest
from django.urls import reverse

from imports import rules
from imports.games import BY_SLUG
from imports.games.spec import Playtype
from imports.models import Import, ImportInput, ImportProblem, ImportSession, Score
from imports.pages import words
from imports.pages.history import history
from imports.pages.naming import input_of
from imports.pages.parts import Column, Line, Link
from imports.pages.problem_rows import problem_rows
from imports.pages.score_rows import DEFAULT_METRIC, PER_PAGE, by_rating, of_import, score_rows

Context = dict[str, Any]
PEEK = 4096  # bytes of a compressed file that are looked into
PEEK_SHOWN = 1200  # characters of it that are shown

SORTS: dict[str, Callable[[Playtype], Any]] = {
    "score": lambda _: DEFAULT_METRIC.desc(),
    "rating": by_rating,
    "time": lambda _: F("time_achieved").desc(nulls_last=True),
}


def tabs_of(job: Import, chosen: str, *, sessions: int, private: bool) -> list[Link]:
    """The tabs with how much waits in each; history and file are for those who may see them (`private`)."""
    sent = input_of(job)
    waiting: dict[str, int | str | None] = {
        "scores": job.score_count,
        "sessions": sessions,
        "problems": job.problem_count,
    }
    if private:
        waiting |= {"history": None, "input": words.file_size(sent.size) if sent else None}
    return [
        Link(name.capitalize(), f"?tab={name}#parts", count, is_current=name == chosen)
        for name, count in waiting.items()
    ]


def tab_of(request: HttpRequest, *, private: bool) -> str:
    """The tab that the address names; Scores for what does not exist, or not for this reader."""
    name = request.GET.get("tab", "")
    return name if name in TABS and (private or name not in PRIVATE) else "scores"


def contents(job: Import, tab: str, request: HttpRequest) -> Context:
    """What stands below the chosen tab."""
    return {"tab": tab, **TABS[tab](job, request)}


def page_of(found: QuerySet[Any], request: HttpRequest) -> Page[Any]:
    """Fifty rows of these. Two queries."""
    return Paginator(found, PER_PAGE).get_page(request.GET.get("page"))


# --- the tabs ---------------------------------------------------------------------------------------


def _scores(job: Import, request: HttpRequest) -> Context:
    playtype = BY_SLUG[job.game].by_name[job.playtypes[0]] if job.game in BY_SLUG and job.playtypes else None
    if playtype is None:
        return {"rows": []}
    sort = request.GET.get("sort", "")
    order = [SORTS[sort](playtype)] if sort in SORTS else []
    page = page_of(Score.objects.filter(from_import=job).order_by(*order, "pk"), request)
    return {
        "page": page,
        "rows": score_rows(list(page.object_list), of_import(job)),
        "columns": _columns(playtype, sort),
    }


def _columns(playtype: Playtype, sort: str) -> list[Column]:
    """The table's heads; three of them sort."""
    rating = words.rating_name(playtype.default_score_rating)

    def sortable(name: str, key: str) -> Column:
        return Column(name, f"?tab=scores&sort={key}#parts", "descending" if key == sort else "", is_number=True)

    plain = [Column(name) for name in words.SCORE_COLUMNS]
    return [
        *plain[:3],
        sortable(words.SCORE, "score"),
        sortable(rating, "rating"),
        plain[3],
        sortable(words.TIME, "time"),
    ]


def _sessions(job: Import, request: HttpRequest) -> Context:
    parts = ImportSession.objects.filter(job=job).select_related("session").order_by("-session__time_started")
    page = page_of(parts, request)
    return {"page": page, "lines": [_session_line(part) for part in page.object_list]}


def _session_line(part: ImportSession) -> Line:
    session = part.session
    return Line(
        name=session.name,
        url=reverse("session-detail", args=[session.session_id]),
        strong=words.session_part(part.score_count, created=part.created),
        rest=words.of_all(part.score_count, session.score_count),
        time=int(session.time_started),
        end_time=int(session.time_ended),
    )


def _problems(job: Import, request: HttpRequest) -> Context:
    page = page_of(ImportProblem.objects.filter(job=job).order_by("row"), request)
    rows = problem_rows(page.object_list, private=rules.can_see_input(request.user, job))
    return {"page": page, "rows": rows}


def _history(job: Import, request: HttpRequest) -> Context:  # noqa: ARG001 - as the other tabs
    return {"entries": history(job)}


def _input(job: Import, request: HttpRequest) -> Context:  # noqa: ARG001 - as the other tabs
    return {"file": file_facts(job)}


def file_facts(job: Import) -> Context | None:
    """Name, size, until when it is kept, and how it begins; None when it is not kept any more. One query."""
    sent = input_of(job)
    if sent is None:
        return None
    beginning = ImportInput.objects.filter(pk=job.pk).values_list(Substr("content", 1, PEEK), flat=True).first()
    return {
        "name": sent.file_name or words.PASTED,
        "size": sent.size,
        "until": sent.received_at + timedelta(days=settings.TACHI_KEEP_INPUT_DAYS),
        "url": reverse("import-input", args=[job.import_id]),
        "beginning": _peek(bytes(beginning or b"")),
    }


def _peek(compressed: bytes) -> str:
    """The first lines of a compressed text."""
    if not compressed:
        return ""
    text = zlib.decompressobj().decompress(compressed, 2 * PEEK_SHOWN).decode(errors="ignore")
    return text if len(text) <= PEEK_SHOWN else f"{text[:PEEK_SHOWN].rstrip()}\n…"


TABS: dict[str, Callable[[Import, HttpRequest], Context]] = {
    "scores": _scores,
    "sessions": _sessions,
    "problems": _problems,
    "history": _history,
    "input": _input,
}
PRIVATE = {"history", "input"}
