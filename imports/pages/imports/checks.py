"""Checking a file and keeping it with what was found: when it is given, and again once charts were chosen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from imports import submissions
from imports.access import rate_limits
from imports.formats import kept_rows
from imports.formats.files.tachi_imports_export import GAME_FIELD, OWNER_FIELD
from imports.jobs import Upload
from imports.pages.core.permissions import AuthenticatedRequest
from imports.pages.imports import check_summary, pending_uploads
from imports.pipeline.checking import RowFilter
from imports.pipeline.progress import Progress


def check_and_keep(request: AuthenticatedRequest, upload: Upload, *, progress: Progress | None = None) -> str:
    """Returns the ID of the check. Raises what `submissions.check`, `pending_uploads.save` and rate limits do."""
    rate_limits.consume(rate_limits.SCORE_CHECK_LIMIT, rate_limits.client_key(request.user, request.META))
    contents = submissions.contents_of(upload)
    if contents is not None:
        # An export with the game to look at, by default its first. Whose it is, the page says, and asks no more.
        games = submissions.games_in(contents)
        first = {GAME_FIELD: games[0]} if len(games) > 1 else {}
        owner = {OWNER_FIELD: contents.username} if contents.username else {}
        upload = replace(upload, fields={**first, **upload.fields, **owner})
    row_filter = RowFilter(limit=check_summary.MAX_LISTED)
    found = submissions.check(request.user, upload, row_filter=row_filter, progress=progress)
    prediction = submissions.predict(request.user, upload, found, tell=check_summary.predicted)
    return pending_uploads.save(request.user, upload, check_summary.check_facts(found, upload, contents, prediction))


def with_game(upload: Upload, game: str) -> Upload:
    """An export with another of its games to look at."""
    return replace(without_charts(upload), fields={**without_charts(upload).fields, GAME_FIELD: game})


def with_charts(upload: Upload, facts: Mapping[str, Any], titles: Collection[int] | None) -> Upload:
    """The upload with the rows of these matches of the check (by place; None: of all sure ones) on their charts."""
    chosen = dict(kept_rows.decode_chosen(upload.fields.get(kept_rows.CHOSEN_FIELD, "{}")))
    for place, match in enumerate(facts["matches"]):
        # Checks of the release before hold sure matches alone, and say nothing of it.
        if match.get("is_sure", True) if titles is None else place in titles:
            chosen |= {int(row): chart for row, chart in match["charts"].items()}
    return replace(
        upload, fields={**upload.fields, "invalid": "skip", kept_rows.CHOSEN_FIELD: kept_rows.encode_chosen(chosen)}
    )


def without_charts(upload: Upload) -> Upload:
    """The upload as it was given."""
    fields = {name: value for name, value in upload.fields.items() if name != kept_rows.CHOSEN_FIELD}
    return replace(upload, fields={**fields, "invalid": "skip"})
