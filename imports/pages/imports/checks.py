"""Checks a file and stores it with the result: at the upload, and again once charts were chosen.

A pick assigns rows to charts: `title`, `match_type`, `song`, `chart_names`, `row_numbers`, and `charts` (row,
from 0, -> chart ID). It is JSON data, stored with what the check found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from imports import submissions
from imports.access import rate_limits
from imports.catalogue.chart_names import difficulty_name
from imports.formats import kept_rows
from imports.formats.base import ChartReference
from imports.formats.files.tachi_imports_export import GAME_FIELD, OWNER_FIELD
from imports.games import BY_SLUG
from imports.games.spec import Chart
from imports.jobs import Upload
from imports.pages.core.permissions import AuthenticatedRequest
from imports.pages.imports import check_summary, pending_uploads
from imports.pipeline.checking import RowFilter
from imports.pipeline.progress import Progress

Pick = Mapping[str, Any]


def check_and_keep(
    request: AuthenticatedRequest, upload: Upload, *, picks: Sequence[Pick] = (), progress: Progress | None = None
) -> str:
    """Checks the upload with the rows of these picks, and only those, on their charts. Returns the check's ID.

    Raises the errors of `submissions.check`, `pending_uploads.save` and the rate limits.
    """
    rate_limits.consume(rate_limits.SCORE_CHECK_LIMIT, rate_limits.client_key(request.user, request.META))
    fields = {name: value for name, value in upload.fields.items() if name != kept_rows.CHOSEN_FIELD}
    if picks:
        charts = {int(row): chart for pick in picks for row, chart in pick["charts"].items()}
        fields[kept_rows.CHOSEN_FIELD] = kept_rows.encode_chosen(charts)
    upload = replace(upload, fields=fields)
    contents = submissions.contents_of(upload)
    if contents is not None:
        # An export is checked for one game, by default its first. The page shows the owner instead of asking for it.
        games = submissions.games_in(contents)
        first = {GAME_FIELD: games[0]} if len(games) > 1 else {}
        owner = {OWNER_FIELD: contents.username} if contents.username else {}
        upload = replace(upload, fields={**first, **upload.fields, **owner})
    row_filter = RowFilter(limit=check_summary.MAX_LISTED)
    found = submissions.check(request.user, upload, row_filter=row_filter, progress=progress)
    picked = {str(chart) for pick in picks for chart in pick["charts"].values()}
    summarize = partial(check_summary.predicted, picked=picked)
    prediction = submissions.predict(request.user, upload, found, summarize=summarize)
    facts = check_summary.check_facts(found, upload, contents, prediction)
    return pending_uploads.save(request.user, upload, {**facts, "picks": list(picks)})


def picks_of(facts: Mapping[str, Any]) -> list[Pick]:
    """Returns the picks that a check was made with; checks of the previous release do not list them one by one."""
    return list(facts.get("picks", ()))


def picked_matches(facts: Mapping[str, Any], titles: Sequence[int] | None) -> list[Pick]:
    """Returns suggestions of a check as picks: those with these indexes, or all sure ones (None)."""
    # Checks of the previous release hold only sure matches, without marking them as sure.
    used = [
        match
        for place, match in enumerate(facts["matches"])
        if (match.get("is_sure", True) if titles is None else place in titles)
    ]
    names = ("title", "song", "chart_names", "charts")
    return [
        {name: match[name] for name in names} | {"match_type": "songTitle", "row_numbers": [*map(int, match["charts"])]}
        for match in used
    ]


def unknown_rows(facts: Mapping[str, Any], row: int) -> tuple[ChartReference, list[int]] | None:
    """Returns the chart reference of a row and all listed rows with the same one; None if no chart can be picked."""
    for group in facts.get("unknown", ()):  # checks of the previous release have none
        if row in group["rows"]:
            return ChartReference(**group["asked"]), group["rows"]
    return None


def picked_by_hand(facts: Mapping[str, Any], asked: ChartReference, rows: Sequence[int], chart: Chart) -> Pick:
    """Returns the pick that assigns these rows with this chart reference to a chart."""
    return {
        "title": asked.identifier,
        "match_type": asked.match_type,
        "song": chart.song.title,
        "chart_names": str(difficulty_name(BY_SLUG[facts["game"]], chart)),
        "row_numbers": list(rows),
        "charts": {str(row): chart.chart_id for row in rows},
    }
