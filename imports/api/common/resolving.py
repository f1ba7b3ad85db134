"""Resolves a chart by the same members as a row of BATCH-MANUAL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec import UNSET, UnsetType

from imports.api.common.queries import load_charts
from imports.api.core.exceptions import APIError
from imports.api.core.parameters import Fields, text
from imports.errors import ProblemType
from imports.formats.base import Context
from imports.formats.lookup import Refusal, key_of, resolve
from imports.formats.text import storable
from imports.games.spec import Game, Playtype
from imports.models import Chart
from imports.pipeline.scoring.chart_loading import load_catalogue

LONGEST = 10_000  # UTF-16 units
RESOLVE_FIELDS = (
    text("identifier", longest=LONGEST, required=True, description="The name of the song or chart."),
    text("matchType", longest=LONGEST, required=True, description="How `identifier` identifies the song."),
    text("difficulty", longest=LONGEST, description="The difficulty, unless the match type includes it."),
)
RESOLVE_BODY = Fields(
    *RESOLVE_FIELDS,
    text("artist", longest=LONGEST, description="The artist, to distinguish songs with the same title."),
    text("version", longest=LONGEST, description="The version of the game."),
    is_strict=False,
)


class ChartUnresolved(APIError):
    """The chart cannot be resolved, for any reason."""

    status = 404
    message = "{reason}"
    described_as = "the error that an import would report for the row"


class ChartUnknown(APIError):
    status = 404
    message = "Could not resolve this chart with details: {match_type}:{identifier}"


class ResolutionInvalid(APIError):
    """The query can match no chart."""

    status = 400
    message = "{reason}"
    described_as = "the error that an import would report for the row"


@dataclass(frozen=True, slots=True)
class ChartReference:
    """The members of a query or body that identify a chart, named as in a row of BATCH-MANUAL."""

    match_type: str
    identifier: str
    difficulty: str | UnsetType | None = UNSET
    artist: str | UnsetType | None = UNSET


def find_resolved(params: dict[str, Any], game: Game, playtype: Playtype) -> Chart | Refusal:
    """Returns the chart with its song, or the reason why there is none."""
    given = storable(params)
    reference = ChartReference(
        given["matchType"], given["identifier"], given.get("difficulty", UNSET), given.get("artist", UNSET)
    )
    context = Context(game=game, playtype=playtype, import_type="", service="", version=given.get("version"))
    key = key_of(reference, context)
    # By the same function as imports, so that the result is the same.
    result = resolve(reference, context, load_catalogue([key] if key else []))
    return result if isinstance(result, Refusal) else load_charts([result.pk])[result.pk]


def resolved_chart(params: dict[str, Any], game: Game, playtype: Playtype) -> Chart:
    """Returns the chart with its song. Raises ChartUnknown with 404, or ResolutionInvalid with 400."""
    result = find_resolved(params, game, playtype)
    if not isinstance(result, Refusal):
        return result
    # An unknown chart is a 404; a query that can match no chart is an error of the client.
    if result.type == ProblemType.NOT_FOUND:
        raise ChartUnknown(match_type=params["matchType"], identifier=params["identifier"])
    raise ResolutionInvalid(reason=result.message)
