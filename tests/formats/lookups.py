"""Look-ups of charts as short texts."""

from __future__ import annotations

from imports.errors import ProblemType
from imports.formats.base import Catalogue
from imports.formats.lookup import Refusal, resolve
from imports.games.spec import Game
from tests.formats.factories import LookupRow, context


def look_up(key: LookupRow, catalogue: Catalogue, of: Game, *, version: str | None = None) -> str:
    """The chart's ID, or what is said in its place with the type before it."""
    found = resolve(key, context(of, version=version), catalogue)
    return f"{found.type}: {found.message}" if isinstance(found, Refusal) else found.chart_id


NOT_FOUND, INVALID = ProblemType.NOT_FOUND, ProblemType.INVALID
UNKNOWN = "not found"


def not_found(match_type: str, identifier: str) -> str:
    """The one text for whatever was not found."""
    return f"{NOT_FOUND}: Cannot find chart {match_type}:{identifier}."
