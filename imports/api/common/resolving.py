"""The chart that a row of BATCH-MANUAL would be a score on."""

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
    text("identifier", longest=LONGEST, required=True, description="Its name."),
    text("matchType", longest=LONGEST, required=True, description="How the song is named."),
    text("difficulty", longest=LONGEST, description="The difficulty, where the match type does not say it."),
)
RESOLVE_BODY = Fields(
    *RESOLVE_FIELDS,
    text("artist", longest=LONGEST, description="Which song is meant where several have the title."),
    text("version", longest=LONGEST, description="The version of the game."),
    is_strict=False,
)


class ChartUnresolved(APIError):
    """Whatever the reason."""

    status = 404
    message = "{reason}"
    described_as = "what an import would say of such a row"


class ChartUnknown(APIError):
    status = 404
    message = "Could not resolve this chart with details: {match_type}:{identifier}"


class ResolutionInvalid(APIError):
    """No chart can be asked for like this."""

    status = 400
    message = "{reason}"
    described_as = "what an import would say of such a row"


@dataclass(frozen=True, slots=True)
class ChartQuestion:
    """What a query or a body asks for, as a row of BATCH-MANUAL would."""

    match_type: str
    identifier: str
    difficulty: str | UnsetType | None = UNSET
    artist: str | UnsetType | None = UNSET


def find_resolved(params: dict[str, Any], game: Game, playtype: Playtype) -> Chart | Refusal:
    """The chart, with its song, or why there is none."""
    given = storable(params)
    question = ChartQuestion(
        given["matchType"], given["identifier"], given.get("difficulty", UNSET), given.get("artist", UNSET)
    )
    context = Context(game=game, playtype=playtype, import_type="", service="", version=given.get("version"))
    key = key_of(question, context)
    # By the very function that imports use, so that the answer is what an import would do.
    found = resolve(question, context, load_catalogue([key] if key else []))
    return found if isinstance(found, Refusal) else load_charts([found.pk])[found.pk]


def resolved_chart(params: dict[str, Any], game: Game, playtype: Playtype) -> Chart:
    """The chart, with its song. Raises ChartUnknown with 404, or ResolutionInvalid with 400."""
    found = find_resolved(params, game, playtype)
    if not isinstance(found, Refusal):
        return found
    # A client may ask for what is not there; what can never be asked is its own fault.
    if found.type == ProblemType.NOT_FOUND:
        raise ChartUnknown(match_type=params["matchType"], identifier=params["identifier"])
    raise ResolutionInvalid(reason=found.message)
