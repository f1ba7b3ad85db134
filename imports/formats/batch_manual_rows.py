"""Two readers for the BATCH-MANUAL rows of a playtype, both built from its declaration.

`Reader.decoder` is fast: it reads typed structs and accepts only rows that are certainly valid. `Reader.check` decides
exactly and reports the first violation. A row that the first accepts is accepted by the second with the same result.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from functools import cache, reduce
from keyword import iskeyword
from operator import or_
from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, defstruct

from imports.formats import schema, shape_errors
from imports.formats.lookup import ACCEPTED, CHART_ID, MATCH_TYPES
from imports.formats.schema import Check, Violation
from imports.games import shapes
from imports.games.javascript import MAX_SAFE_INTEGER, is_number, is_safe_integer
from imports.games.spec import Graph, Integer, Ladder, Metric, Play, Playtype

MAX_TEXT = 5_000
"""UTF-16 units of an identifier, difficulty, artist or version. No title is a tenth as long."""

MAX_COMMENT = 240
FINITE = sys.float_info.max
TRILLION = 1_000_000_000_000

optional_string = schema.optional(schema.string("Expected *?string, null or no value.", high=MAX_TEXT))


class Row(Struct, kw_only=True, gc=False):
    """A score as sent; its metrics are fields of the playtype's own subclass. Absent members are `UNSET`."""

    match_type: str
    identifier: str
    comment: str | UnsetType | None = UNSET
    difficulty: str | UnsetType | None = UNSET
    artist: str | UnsetType | None = UNSET
    time_achieved: float | UnsetType | None = UNSET
    judgements: Any = UNSET
    optional: Any = UNSET
    hit_meta: Any = UNSET
    score_meta: Any = UNSET


MEMBERS = {
    "matchType": "match_type",
    "identifier": "identifier",
    "comment": "comment",
    "difficulty": "difficulty",
    "artist": "artist",
    "timeAchieved": "time_achieved",
    "judgements": "judgements",
    "optional": "optional",
    "hitMeta": "hit_meta",
    "scoreMeta": "score_meta",
}
"""JSON name -> field of `Row`, in the order in which they are checked, after the metrics."""


@dataclass(frozen=True, slots=True)
class Reader:
    """decoder: JSON list -> rows; raises msgspec's errors. check: one element -> row; raises Violation.

    row: the type of the rows. metrics_of: row -> a new dict of its provided metrics, in declared order.
    """

    row: type[Row]
    decoder: msgspec.json.Decoder[list[Row]]
    check: Callable[[Any], Row]
    metrics_of: Callable[[Row], dict[str, Any]]


@cache
def reader_of(playtype: Playtype) -> Reader:
    """Returns the reader of a playtype. Raises TypeError if msgspec cannot distinguish the alternatives it declares."""
    judgements = _struct("Judgements", dict.fromkeys(playtype.judgements, _whole_type(0, None) | None))
    optional = _struct("Optional", {name: _metric_type(metric) | None for name, metric in playtype.optional.items()})
    row = _row_struct(playtype, judgements=judgements, optional=optional)
    metrics = tuple(_attributes(playtype.provided).items())
    return Reader(
        row=row,
        decoder=msgspec.json.Decoder(list[row]),  # type: ignore[valid-type]  # made just now
        check=_row_check(playtype, row, judgements=judgements, optional=optional),
        metrics_of=lambda row: {name: getattr(row, attribute) for name, attribute in metrics},
    )


def play_of(row: Row, playtype: Playtype) -> Play:
    """Returns the play of a row."""
    optional = row.hit_meta if row.optional is None or row.optional is UNSET else row.optional
    return Play(reader_of(playtype).metrics_of(row), plain(row.judgements), plain(optional))


def plain(value: Any) -> dict[str, Any]:
    """Returns the members of an object that were sent, including null ones; {} for null, UNSET and an empty list."""
    return msgspec.to_builtins(value) if value else {}


def needs_full_check(row: Row) -> bool:
    """Returns whether a row that the decoder accepted may violate a rule that its types cannot express."""
    # The limit is in UTF-16 units, at most two per character: only long comments need counting.
    if row.comment and len(row.comment) > MAX_COMMENT // 2 and schema.utf16_length(row.comment) > MAX_COMMENT:
        return True
    time = row.time_achieved
    return bool(time) and time <= TRILLION  # type: ignore[operator]  # null and UNSET are false


# --- types, for the decoder ---------------------------------------------------------------------------


def _attributes(names: Mapping[str, Any]) -> dict[str, str]:
    """Returns name -> Python identifier; names like `fantastic+` get a numbered one."""
    return {
        name: name if name.isidentifier() and not iskeyword(name) and name[0] != "_" else f"member_{index}"
        for index, name in enumerate(names)
    }


def _struct(title: str, members: Mapping[str, Any], *, required: Container[str] = ()) -> type[Struct]:
    """Returns the struct type of a strict object; a member that is not required may be absent."""
    attributes = _attributes(members)
    return defstruct(
        title,
        [
            (attributes[n], kind) if n in required else (attributes[n], kind | UnsetType, UNSET)
            for n, kind in members.items()
        ],
        kw_only=True,
        gc=False,
        forbid_unknown_fields=True,
        rename={attribute: name for name, attribute in attributes.items()},
    )


def _row_struct(playtype: Playtype, *, judgements: type[Struct], optional: type[Struct]) -> type[Row]:
    # Half the limit, which is in UTF-16 units: a longer text may be valid, and goes to the full check.
    text = Annotated[str, Meta(max_length=MAX_TEXT // 2)]
    kinds = {
        "comment": Annotated[str, Meta(min_length=3, max_length=MAX_COMMENT)],
        "difficulty": text,
        "artist": text,
        "timeAchieved": _number_type(0, None),
        "judgements": judgements,
        "optional": optional,
        "hitMeta": optional,
        "scoreMeta": _shape_type(playtype.score_meta),
    }
    names = _attributes(playtype.provided)
    fields: list[Any] = [(names[name], _metric_type(metric)) for name, metric in playtype.provided.items()]
    fields += [("match_type", Literal[tuple(ACCEPTED)]), ("identifier", text)]
    fields += [(MEMBERS[name], kind | None | UnsetType, UNSET) for name, kind in kinds.items()]
    rename = {attribute: name for name, attribute in (names | MEMBERS).items()}
    made = defstruct(
        "PlaytypeRow", fields, bases=(Row,), kw_only=True, gc=False, forbid_unknown_fields=True, rename=rename
    )
    return cast("type[Row]", made)


def _metric_type(metric: Metric) -> Any:
    """Returns a type that accepts nothing the metric's check refuses."""
    if isinstance(metric, Ladder):
        return Literal[metric.values]
    if isinstance(metric, Graph):
        element = _number_type(metric.rule.low, metric.rule.high, whole=metric.rule.whole)
        return list[element | None if metric.nullable else element]  # type: ignore[misc]  # made just now
    rule = metric.rule if metric.chart_rule is None else None
    low, high = (rule.low, rule.high) if rule else (None, None)
    if isinstance(metric, Integer):
        return _whole_type(low, high)
    return _number_type(low, high, whole=rule is not None and rule.whole)


def _whole_type(low: float | None, high: float | None) -> Any:
    least = -MAX_SAFE_INTEGER if low is None else max(math.ceil(low), -MAX_SAFE_INTEGER)
    most = MAX_SAFE_INTEGER if high is None else min(math.floor(high), MAX_SAFE_INTEGER)
    return Annotated[int, Meta(ge=least, le=most)]


def _number_type(low: float | None, high: float | None, *, whole: bool = False) -> Any:
    if whole:
        return _whole_type(low, high)
    least, most = -FINITE if low is None else low, FINITE if high is None else high
    return _whole_type(low, high) | Annotated[float, Meta(ge=least, le=most)]


def _shape_type(shape: shapes.Shape) -> Any:
    return _bare_type(shape) | None if shape.nullable else _bare_type(shape)


def _bare_type(shape: shapes.Shape) -> Any:
    match shape:
        case shapes.Text():
            return str
        case shapes.Flag():
            return bool
        case shapes.OneOf():
            return Literal[shape.values]
        case shapes.Number():
            return _bounded_type(shape)
        case shapes.ListOf():
            return list[_shape_type(shape.item)]  # type: ignore[misc]  # made just now
        case shapes.MapOf():
            return dict[str, _shape_type(shape.item)]  # type: ignore[misc]  # made just now
        case shapes.Pair():
            if len(set(shape.items)) == 1:
                item: Any = _shape_type(shape.items[0])
                return Annotated[list[item], Meta(min_length=len(shape.items), max_length=len(shape.items))]
            # Different items make a tuple, which is a list in JSON.
            return tuple[tuple(_shape_type(item) for item in shape.items)]  # type: ignore[misc]  # made just now
        case shapes.Either():
            return reduce(or_, (_shape_type(option) for option in shape.options))
        case shapes.Record():
            members = {name: _shape_type(member) for name, member in shape.members.items()}
            return _struct(
                "Record", members, required={n for n, member in shape.members.items() if not member.optional}
            )


def _bounded_type(shape: shapes.Number) -> Any:
    if shape.above is None:
        return _number_type(shape.low, shape.high, whole=shape.whole)
    low = max(math.floor(shape.above) + 1, math.floor(shape.above) if shape.low is None else shape.low)
    whole = _whole_type(low, shape.high)
    return (
        whole
        if shape.whole
        else whole | Annotated[float, Meta(gt=shape.above, le=FINITE if shape.high is None else shape.high)]
    )


# --- checks, for the whole truth ------------------------------------------------------------------------


def _row_check(
    playtype: Playtype, row: type[Row], *, judgements: type[Struct], optional: type[Struct]
) -> Callable[[Any], Row]:
    """Returns the check of one element, which checks its members in Tachi's order."""
    metrics_check = _members_check(playtype.optional, optional)
    members: dict[str, Check] = {name: schema.metric(metric) for name, metric in playtype.provided.items()}
    members |= {
        "matchType": schema.one_of(tuple(MATCH_TYPES), besides=(CHART_ID,)),
        "identifier": schema.string("Expected string.", high=MAX_TEXT),
        "comment": schema.optional(schema.length_between(3, MAX_COMMENT)),
        "difficulty": optional_string,
        "artist": optional_string,
        "timeAchieved": schema.optional(_time),
        "judgements": schema.optional(_judgements_check(playtype.judgements, judgements)),
        "optional": schema.optional(metrics_check),
        "hitMeta": schema.optional(metrics_check),
        "scoreMeta": schema.optional(_shape_check(playtype.score_meta)),
    }
    check, attributes = schema.strict_object(members), _attributes(playtype.provided) | MEMBERS

    def checked(value: Any) -> Row:
        try:
            kept = check(value)
        except Violation as violation:
            # For a member that was renamed, the message names its present name.
            old = [name for name in playtype.obsolete if isinstance(value, dict) and name in value]
            violation.hint = " ".join(f"({name} became {playtype.obsolete[name]}.)" for name in old)
            raise
        return row(**{attributes[name]: member for name, member in kept.items()})

    return checked


def _members_check(metrics: Mapping[str, Metric], kind: type[Struct]) -> Check:
    """Returns the check of a strict object of metrics, each of which may be null or absent."""
    members = schema.strict_object({name: schema.optional(schema.metric(metric)) for name, metric in metrics.items()})
    attributes = _attributes(metrics)

    def check(value: Any) -> Struct:
        kept = members(value)
        if isinstance(value, list):  # an empty list, which Tachi accepts here and crashes on later
            raise Violation(schema.NO_OBJECT)
        return kind(**{attributes[name]: metric for name, metric in kept.items()})

    return check


def _judgements_check(names: tuple[str, ...], kind: type[Struct]) -> Check:
    attributes, known = _attributes(dict.fromkeys(names)), ", ".join(names)

    def check(value: Any) -> Any:
        if not isinstance(value, dict | list):
            raise Violation("Not a valid object.", value)
        given = schema.entries(value)
        for name in schema.in_js_order(given):
            count = given[name]
            if name not in attributes:
                raise Violation(f"Invalid Key {name}. Expected any of {known}", is_unknown=True)
            if count is not None and not (is_safe_integer(count) and count >= 0):
                received = f"{schema.written(count)} [type: {schema.type_word(count)}]"
                raise Violation(f"Key {name} had an invalid value of {received}")
        if isinstance(value, list):
            return value
        return kind(**{attributes[name]: None if count is None else int(count) for name, count in given.items()})

    return check


def _time(value: Any) -> float:
    """Returns Unix milliseconds; 0 if the time is unknown. Raises Violation."""
    if is_number(value) and (value == 0 or value > TRILLION):
        return schema.finite(value)
    message = "Expected a number greater than 1 Trillion - did you pass unix seconds instead of milliseconds?"
    raise Violation(message, value)


def _shape_check(shape: shapes.Record) -> Check:
    def check(value: Any) -> Any:
        issues = list(shape_errors.issues(shape, value))
        if issues:
            only_unknown = all(issue["code"] == "unrecognized_keys" for issue in issues)
            raise Violation(shape_errors.as_json(issues), value, is_unknown=only_unknown)
        return value

    return check
