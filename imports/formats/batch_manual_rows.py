"""The form of one playtype's rows in BATCH-MANUAL, built from its declaration, twice.

`Reader.decoder` reads rows as typed structs at full speed and takes only what it can be sure of; `Reader.check` is the
whole truth about one row and words what is wrong with it. What the first takes, the second takes with the same result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from keyword import iskeyword
from operator import attrgetter
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from imports.formats import schema, shape_errors
from imports.formats.lookup import MATCH_TYPES
from imports.formats.schema import ABSENT, Check, Violation
from imports.games import shapes
from imports.games.javascript import MAX_SAFE_INTEGER, is_safe_integer, text
from imports.games.spec import Graph, Integer, Ladder, Metric, Playtype, Rule

MAX_TEXT = 5_000
"""UTF-16 units of an identifier, difficulty, artist or version. No title has a tenth of it."""

MAX_COMMENT = 240
TRILLION = 1_000_000_000_000

STRING = schema.string("Expected string.", high=MAX_TEXT)
STRING_OR_NOTHING = schema.optional(schema.string("Expected *?string, null or no value.", high=MAX_TEXT))


class Row(Struct, kw_only=True, gc=False, rename="camel"):
    """One score as it was sent; its metrics are fields of the playtype's own subclass. Absent members are `UNSET`."""

    metric_names: ClassVar[tuple[str, ...]] = ()
    metrics_of: ClassVar[Callable[[Any], Any]]

    match_type: str
    identifier: str
    comment: str | None | UnsetType = UNSET
    difficulty: str | None | UnsetType = UNSET
    artist: str | None | UnsetType = UNSET
    time_achieved: float | None | UnsetType = UNSET
    judgements: Any = UNSET
    optional: Any = UNSET
    hit_meta: Any = UNSET
    score_meta: Any = UNSET


@dataclass(frozen=True, slots=True)
class Reader:
    """decoder: the text of a list -> rows, or msgspec's errors. check: one element -> row, or Violation."""

    decoder: msgspec.json.Decoder[list[Row]]
    check: Callable[[Any], Row]


@cache
def reader_of(playtype: Playtype) -> Reader:
    judgements = _struct("Judgements", dict.fromkeys(playtype.judgements, _nullable(_count())))
    optional = _struct("Optional", {name: _nullable(_type(metric)) for name, metric in playtype.optional.items()})
    row = _row_struct(playtype, judgements, optional)
    return Reader(decoder=msgspec.json.Decoder(list[row]), check=_row_check(playtype, row, judgements, optional))  # type: ignore[valid-type]


def needs_a_closer_look(row: Row) -> bool:
    """Whether a row that the decoder took may still break a rule that types cannot say."""
    if row.comment and len(row.comment) > MAX_COMMENT // 2:
        return schema.utf16_length(row.comment) > MAX_COMMENT
    time = row.time_achieved
    return bool(time) and time <= TRILLION  # type: ignore[operator]  # neither None nor UNSET, which are false


# --- types, for the decoder ---------------------------------------------------------------------------


def _row_struct(playtype: Playtype, judgements: type[Struct], optional: type[Struct]) -> type[Row]:
    text_or_nothing = _nullable(Annotated[str, Meta(max_length=MAX_TEXT // 2)])
    fields = {
        **{name: (_type(metric), ...) for name, metric in playtype.provided.items()},
        "matchType": (Literal[tuple(MATCH_TYPES)], ...),
        "identifier": (Annotated[str, Meta(max_length=MAX_TEXT // 2)], ...),
        "comment": (_nullable(Annotated[str, Meta(min_length=3, max_length=MAX_COMMENT)]), UNSET),
        "difficulty": (text_or_nothing, UNSET),
        "artist": (text_or_nothing, UNSET),
        "timeAchieved": (_nullable(_number_type(low=0)), UNSET),
        "judgements": (_nullable(judgements), UNSET),
        "optional": (_nullable(optional), UNSET),
        "hitMeta": (_nullable(optional), UNSET),
        "scoreMeta": (_nullable(_shape_type(playtype.score_meta)), UNSET),
    }
"""draft"""
