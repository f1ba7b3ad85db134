"""The tabs of a completed import's page: each has its own address and fifty rows a page."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db.models.functions import Substr
from django.http import HttpRequest
from django.urls import reverse

from imports.access import permissions
from imports.games import BY_SLUG
from imports.models import Import, ImportInput, ImportProblem, ImportSession, OrphanScore, Score
from imports.pages.components.active_filters import active_filters, clear_url
from imports.pages.components.charts_and_distributions import (
    highlights,
    lamps_and_grades,
    rest_of_gain,
)
from imports.pages.components.import_summary import rating_changes
from imports.pages.components.score_rows import get_page, import_scope, score_rows
from imports.pages.components.sessions.lines import session_lines
from imports.pages.components.view_models import Line, Link
from imports.pages.core.display_names import get_input, kept_until
from imports.pages.imports.best_changes import best_changes
from imports.pages.imports.history import history
from imports.pages.imports.plays import plays_over_time
from imports.pages.imports.problems.problem_rows import problem_rows
from imports.pages.imports.problems.title_matches import find_import_matches
from imports.pages.imports.score_filters import (
    PLACES,
    ScoreFilters,
    columns,
    order_scores,
    place_chips,
    scores_at,
)
from imports.pages.texts import formatting, import_texts, problem_texts, revert_texts, upload_texts

Context = dict[str, Any]
PREVIEW_BYTES = 4096  # bytes of a compressed file that are read
PREVIEW_CHARACTERS = 1200  # characters of the file that are shown
TABS = ("overview", "scores", "problems", "sessions", "input")
SCORE_PARAMETERS = frozenset({"sort", "q", "lamp", "grade", "show", "page"})
PRIVATE_TABS = frozenset({"input"})


def tab_links(job: Import, chosen: str, *, sessions: int, private: bool) -> list[Link]:
    """Returns the tabs with their counts; history and file are for readers who may see them (`private`)."""
    sent = get_input(job)
    counts: dict[str, int | str | None] = {
        "overview": None,
        "scores": job.score_count,
        "problems": job.problem_count,
        "sessions": sessions,
        "input": formatting.file_size(sent.size) if sent else None,
    }
    return [
        Link(import_texts.TABS[name], f"?tab={name}#parts", count, is_current=name == chosen)
        for name, count in counts.items()
        if private or name not in PRIVATE_TABS
    ]


def chosen_tab(request: HttpRequest, *, private: bool) -> str:
    """Returns the tab of the query string; the overview for a tab that is unknown or hidden from this reader."""
    name = request.GET.get("tab", "").replace("history", "input")  # the history is on the tab of the file
    if name in TABS and (private or name not in PRIVATE_TABS):
        return name
    # Addresses that order or filter scores without a tab are older than the overview.
    return "scores" if SCORE_PARAMETERS & request.GET.keys() else "overview"


def contents(job: Import, tab: str, request: HttpRequest) -> Context:
    """Returns the context of the chosen tab. The other tabs are not read."""
    match tab:
        case "overview":
            return {"tab": tab, **_overview(job, is_own=job.user == request.user)}
        case "sessions":
            parts = ImportSession.objects.filter(job=job).select_related("session").order_by("-session__time_started")
            page = get_page(parts, request)
            return {"tab": tab, "page": page, "lines": _part_lines(list(page.object_list))}
        case "problems":
            return {"tab": tab, **_problems(job, request)}
        case "input":
            return {"tab": tab, "file": file_facts(job), "entries": history(job)}
    return {"tab": tab, **_scores(job, request)}


# --- the tabs ---------------------------------------------------------------------------------------


def _part_lines(parts: Sequence[ImportSession]) -> list[Line]:
    """Returns the import's part in its sessions; `change` only for sessions whose scores are all of this import."""
    lines = []
    for part, line in zip(parts, session_lines([part.session for part in parts]), strict=True):
        strong = import_texts.session_part(part.score_count, created=part.created)
        rest = import_texts.total_note(part.score_count, part.session.score_count)
        lines.append(replace(line, strong=strong, rest=rest or line.rest, change="" if rest else line.change))
    return lines


def _overview(job: Import, *, is_own: bool) -> Context:
    changes = best_changes(job, is_own=is_own) if job.score_count else []
    # Imports of earlier releases did not count bests: only the distribution of their own scores is known.
    lamps, grades = ([], []) if changes else lamps_and_grades(job)
    gains = highlights(job, with_places=True)
    ratings = rating_changes(job)
    return {
        "highlights": gains,
        "all_bests": import_texts.all_new_bests(job.best_count) if job.best_count else "",
        # For imports of earlier releases, each gain is that on its own chart.
        "gains_note": import_texts.gains_note(ratings[0].name, ratings[0].after)
        if len(ratings) == 1 and job.rating_gains
        else "",
        "other_gains": rest_of_gain(job, gains),
        "best_changes": changes,
        "lamps": lamps,
        "grades": grades,
        "plays": plays_over_time(job),
    }


def _scores(job: Import, request: HttpRequest) -> Context:
    playtype = BY_SLUG[job.game].by_name[job.playtypes[0]] if job.game in BY_SLUG and job.playtypes else None
    if playtype is None:
        return {"rows": []}
    filters = ScoreFilters(request.GET, game=job.game, playtype=playtype)
    found = filters.narrow(Score.objects.filter(from_import=job))
    ordered, scope = order_scores(found, playtype, request.GET.get("sort", "")), import_scope(job)
    place = PLACES.get(request.GET.get("show", ""))
    # Only keys are sorted: sorting whole rows would read all rows before a page far down.
    page = get_page(scores_at(place, ordered, scope) if place else ordered.values_list("pk", flat=True), request)
    keys = list(page.object_list)
    scores = Score.objects.in_bulk(keys)
    chosen = filters.chosen()
    return {
        "page": page,
        "rows": score_rows([scores[key] for key in keys if key in scores], scope),
        "chips": place_chips(job, place or "", request.GET) if job.score_count else [],
        "place": place or "",
        "columns": columns(playtype, request.GET),
        "filters": filters if job.score_count else None,  # an empty table needs no filters
        "active": active_filters(filters, chosen, request.GET),
        "clear_url": clear_url(chosen, request.GET),
    }


def _problems(job: Import, request: HttpRequest) -> Context:
    page = get_page(ImportProblem.objects.filter(job=job).select_related("orphan").order_by("row"), request)
    is_own = job.user == request.user
    private = permissions.can_see_input(request.user, job)
    # Sure matches are counted over all pages, as one button imports all of them.
    sure = len(find_import_matches(job)) if is_own else 0
    orphans = OrphanScore.objects.filter(from_import=job).count() if is_own else 0
    return {
        "page": page,
        "rows": problem_rows(page.object_list, job, private=private, mine=is_own),
        "kept_aside": revert_texts.orphans_notice(orphans) if orphans else "",
        "sure_matches": problem_texts.sure_matches(sure) if sure else "",
        "use_matches_url": reverse("import-use-matches", args=[job.import_id]),
        # Guests get no link to a page that would ask them to sign in.
        "table_url": reverse("import-problems-csv", args=[job.import_id]) if request.user.is_authenticated else "",
        "left_out_url": reverse("import-left-out", args=[job.import_id]) if private and get_input(job) else "",
    }


def file_facts(job: Import) -> Context | None:
    """Returns the file's name, size, expiry and beginning; None once it is deleted. One query."""
    sent = get_input(job)
    if sent is None:
        return None
    # A few kilobytes of the compressed file hold more lines than are shown; the whole file may have megabytes.
    beginning = Substr("content", 1, PREVIEW_BYTES)
    compressed = bytes(ImportInput.objects.filter(pk=job.pk).values_list(beginning, flat=True).first() or b"")
    # Bounded as well: a small compressed text may expand to any length.
    preview = zlib.decompressobj().decompress(compressed, 2 * PREVIEW_CHARACTERS).decode(errors="ignore")
    if len(preview) > PREVIEW_CHARACTERS:
        preview = f"{preview[:PREVIEW_CHARACTERS].rstrip()}\n…"
    return {
        "name": sent.file_name or upload_texts.PASTED,
        "size": sent.size,
        "until": kept_until(job),
        "url": reverse("import-input", args=[job.import_id]),
        "beginning": preview,
    }
