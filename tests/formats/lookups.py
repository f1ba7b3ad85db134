"""Look-ups of charts as short texts."""

from __future__ import annotations

from imports.errors import ProblemType
from imports.formats.base import Catalogue
from imports.formats.lookup import Refusal, resolve
from imports.games.spec import Game
from tests.formats.factories import LookupRow, context


def look_up(key: LookupRow, catalogue: Catalogue, of: Game, *, version: str | None = None) -> str:
    """Returns the chart's ID, or the type and message of the refusal."""
    found = resolve(key, context(of, version=version), catalogue)
    return f"{found.type}: {found.message}" if isinstance(found, Refusal) else found.chart_id


NOT_FOUND, INVALID = ProblemType.NOT_FOUND, ProblemType.INVALID
UNKNOWN = "not found"


def not_found(match_type: str, identifier: str) -> str:
    """Returns the refusal of a chart that was not found."""
    return f"{NOT_FOUND}: Cannot find chart {match_type}:{identifier}."
