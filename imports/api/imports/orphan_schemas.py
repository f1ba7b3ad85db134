"""Documents of orphans: those of this server, and those of the API of 2026."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import Meta

from imports.api.common.schemas import Count, Game, Milliseconds
from imports.api.core.responses import Schema
from imports.api.imports.schemas import URL, Cursor, ImportID
from imports.integers import milliseconds
from imports.models import OrphanRetry, OrphanScore
from imports.pipeline.orphans import ReprocessResult

RetryID = Annotated[str, Meta(pattern="^[0-9a-f]{40}$")]

# --- of this server -----------------------------------------------------------------------------------


class Orphan(Schema):
    """An unmatched score: a row whose song or chart is unknown."""

    orphan_id: str
    user_id: int
    import_id: ImportID
    import_type: str
    game: Game
    data: Any
    context: Any
    err_msg: Annotated[str, Meta(description="The reason why the last attempt failed.")]
    time_inserted: Milliseconds

    @classmethod
    def from_row(cls, orphan: OrphanScore) -> Self:
        """Returns the document of an orphan, whose import must be loaded."""
        return cls.from_attributes(
            orphan,
            import_id=orphan.from_import.import_id,
            err_msg=orphan.error_message,
            time_inserted=milliseconds(orphan.time_inserted),
        )


class Orphans(Schema):
    orphans: list[Orphan]
    next: Cursor


class ReprocessCounts(Schema):
    processed: Count
    failed: Count
    success: Count
    removed: Count

    @classmethod
    def from_row(cls, found: ReprocessResult | OrphanRetry) -> Self:
        return cls(processed=found.processed, failed=found.kept, success=found.rescued, removed=found.removed)


class Retried(Schema):
    import_status: Literal["completed"]
    processed: Count
    failed: Count
    success: Count
    removed: Count

    @classmethod
    def from_row(cls, retry: OrphanRetry) -> Self:
        return cls(import_status="completed", **msgspec.structs.asdict(ReprocessCounts.from_row(retry)))


class QueuedRetry(Schema):
    url: URL
    retry_id: RetryID


# --- of 2026 ------------------------------------------------------------------------------------------

MAX_SUMMARY = 120  # characters
TITLES = ("identifier", "title", "songTitle", "hashSHA256", "sha256")


class ListedOrphan(Schema):
    """A short form of an unmatched score."""

    orphan_id: str
    row_id: int
    import_type: str
    game_group: Game
    time_inserted: Milliseconds
    message: Annotated[str | None, Meta(description="The reason why the last attempt failed.")]
    summary: Annotated[str | None, Meta(description="A summary of the row.")]

    @classmethod
    def from_row(cls, orphan: OrphanScore) -> Self:
        return cls(
            orphan_id=orphan.orphan_id,
            row_id=orphan.pk,
            import_type=orphan.import_type,
            game_group=orphan.game,
            time_inserted=milliseconds(orphan.time_inserted),
            message=orphan.error_message or None,
            summary=summary_of(orphan.data, orphan.context),
        )


class OrphanPage(Schema):
    orphans: list[ListedOrphan]
    has_more: bool


class OrphanV3(Schema):
    """An unmatched score with its original row."""

    orphan_id: str
    import_type: str
    game_group: Game
    time_inserted: Milliseconds
    message: Annotated[str | None, Meta(description="The reason why the last attempt failed.")]
    data: Any
    context: Any

    @classmethod
    def from_row(cls, orphan: OrphanScore) -> Self:
        return cls.from_attributes(
            orphan,
            game_group=orphan.game,
            time_inserted=milliseconds(orphan.time_inserted),
            message=orphan.error_message or None,
        )


def summary_of(data: Any, context: Any) -> str | None:
    """Returns the song of a row by its data or context, as `Title (artist · difficulty)`; None if it is unknown."""
    row, row_context = (each if isinstance(each, dict) else {} for each in (data, context))

    def first(facts: Mapping[str, Any], *names: str) -> str:
        return next((facts[name] for name in names if isinstance(facts.get(name), str) and facts[name]), "")

    title = first(row, *TITLES) or first(row_context, "title", "identifier")
    if not title and (digest := first(row_context, "chart")):
        title = f"sha256:{digest[:16]}..."
    more = " · ".join(filter(None, (first(row, "artist"), first(row, "difficulty"))))
    return (f"{title} ({more})" if title and more else title)[:MAX_SUMMARY] or None
