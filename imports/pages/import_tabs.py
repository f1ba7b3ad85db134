"""The parts of a completed import's page below its tabs: each its own address, fifty rows at a time."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.db.models.functions import Substr
from django.http import HttpRequest
from django.urls import reverse

from imports import rules
from imports.games import BY_SLUG
from imports.models import Import, ImportInput, ImportProblem, ImportSession, OrphanScore, Score
from imports.pages import undo_words, words
from imports.pages.history import history
from imports.pages.naming import input_of, kept_until
from imports.pages.parts import Line, Link
from imports.pages.problem_rows import problem_rows
from imports.pages.score_filters import ScoreFilters, columns, in_order
from imports.pages.score_rows import PER_PAGE, of_import, score_rows

Context = dict[str, Any]
PEEK = 4096  # bytes of a compressed file that are looked into
PEEK_SHOWN = 1200  # characters of it that are shown


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
    filters = ScoreFilters(request.GET, game=job.game, playtype=playtype)
    found = filters.narrow(Score.objects.filter(from_import=job))
    page = page_of(in_order(found, playtype, request.GET.get("sort", "")), request)
    return {
        "page": page,
        "rows": score_rows(list(page.object_list), of_import(job)),
        "columns": columns(playtype, request.GET),
        "filters": filters if job.score_count else None,
        "is_narrowed": bool(filters.chosen() or filters.errors),
    }


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
    private = rules.can_see_input(request.user, job)
    return {
        "page": page,
        "rows": problem_rows(page.object_list, job, private=private, mine=job.user == request.user),
        "kept_aside": _kept_aside(job, request),
        "table_url": reverse("import-problems-csv", args=[job.import_id]) if request.user.is_authenticated else "",
        "left_out_url": reverse("import-left-out", args=[job.import_id]) if private and input_of(job) else "",
    }


def _kept_aside(job: Import, request: HttpRequest) -> str:
    """How many of the reader's own rows wait for their charts; empty for others. One query."""
    count = OrphanScore.objects.filter(from_import=job).count() if job.user == request.user else 0
    return undo_words.kept_aside(count) if count else ""


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
        "until": kept_until(job),
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
