"""The fast and the exact reader of rows agree, for every playtype and for an artificial one with all features.

The exact reader accepts what the fast one accepts, with the same result; the fast one accepts all plainly valid rows.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imports.formats import json_document
from imports.formats.batch_manual_rows import MAX_COMMENT, MEMBERS, needs_full_check, reader_of
from imports.formats.kept_rows import as_sent
from imports.formats.lookup import MATCH_TYPES
from imports.formats.schema import Violation
from imports.games import GAMES, shapes
from imports.games.javascript import MAX_SAFE_INTEGER
from imports.games.spec import Graph, Integer, Ladder, Metric, Playtype
from tests.examples import examples
from tests.formats.factories import EVERY_KIND

PLAYTYPES = [(each.slug, playtype) for each in (*GAMES, EVERY_KIND) for playtype in each.playtypes]

each_playtype = pytest.mark.parametrize(
    "playtype", [pytest.param(playtype, id=f"{slug}:{playtype.name}") for slug, playtype in PLAYTYPES]
)

storable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
Strategy = st.SearchStrategy[Any]


# --- valid rows ---------------------------------------------------------------------------------------------


def rows_of(playtype: Playtype) -> Strategy:
    counts = st.none() | st.integers(0, MAX_SAFE_INTEGER)
    optional = {name: st.none() | _metric(metric) for name, metric in playtype.optional.items()}
    return st.fixed_dictionaries(
        {name: _metric(metric) for name, metric in playtype.provided.items()}
        | {"matchType": st.sampled_from(list(MATCH_TYPES)), "identifier": storable},
        optional={
            "comment": st.none() | storable.map(lambda text: (text + "...")[:9]) | st.just("x" * MAX_COMMENT),
            "difficulty": st.none() | storable,
            "artist": st.none() | storable,
            "timeAchieved": st.sampled_from([None, 0, 0.0, 1_600_000_000_000, 1_600_000_000_000.5]),
            "judgements": st.none() | st.fixed_dictionaries({}, optional=dict.fromkeys(playtype.judgements, counts)),
            "optional": st.none() | st.fixed_dictionaries({}, optional=optional),
            "hitMeta": st.none() | st.fixed_dictionaries({}, optional=optional),
            "scoreMeta": st.none() | _shape(playtype.score_meta),
        },
    )


def _metric(metric: Metric) -> Strategy:
    if isinstance(metric, Ladder):
        return st.sampled_from(metric.values)
    if isinstance(metric, Graph):
        element = _number(metric.rule.low, metric.rule.high, whole=metric.rule.whole)
        return st.lists(st.none() | element if metric.nullable else element, max_size=4)
    rule = metric.rule if metric.chart_rule is None else None
    low, high = (rule.low, rule.high) if rule else (None, None)
    return _number(low, high, whole=isinstance(metric, Integer) or bool(rule and rule.whole))


def _number(low: float | None, high: float | None, *, whole: bool = False, above: float | None = None) -> Strategy:
    least = -MAX_SAFE_INTEGER if low is None else low
    most = MAX_SAFE_INTEGER if high is None else high
    ints = st.integers(int(least) if above is None else int(above) + 1, int(most))
    if whole:
        return ints
    floats = st.floats(least if above is None else above, most, exclude_min=above is not None)
    return ints | floats


def _shape(shape: shapes.Shape) -> Strategy:
    return st.none() | _bare(shape) if shape.nullable else _bare(shape)


def _bare(shape: shapes.Shape) -> Strategy:
    match shape:
        case shapes.Text():
            return storable
        case shapes.Flag():
            return st.booleans()
        case shapes.OneOf():
            return st.sampled_from(shape.values)
        case shapes.Number():
            return _number(shape.low, shape.high, whole=shape.whole, above=shape.above)
        case shapes.ListOf():
            return st.lists(_shape(shape.item), max_size=3)
        case shapes.MapOf():
            return st.dictionaries(storable, _shape(shape.item), max_size=3)
        case shapes.Pair():
            return st.tuples(*map(_shape, shape.items)).map(list)
        case shapes.Either():
            return st.one_of(*map(_shape, shape.options))
        case shapes.Record():
            needed = {name: _shape(member) for name, member in shape.members.items() if not member.optional}
            free = {name: _shape(member) for name, member in shape.members.items() if member.optional}
            return st.fixed_dictionaries(needed, optional=free)


# --- changes --------------------------------------------------------------------------------------------------

ODD: list[Any] = [
    None, True, False, 0, -0.0, 1, -1, 0.5, 1.0, 5.0, 2**53, -(2**53), 2**64, 2**100, 1e300, 5e-324, 10**12, 10**12 + 1,
    "", "x", "ab", "abc", "A", "CLEAR", "songTitle", "😀", "😀" * 121, "x" * 241, "😀" * 2_501, "x" * 2_501, "é\u2028",
    [], [1], [None], ["A", "B"], ["A"], ["A", "B", "A"], {}, {"a": 1}, {"": None}, {"0": 1}, [[]], [{}], {"must": True},
]  # fmt: skip


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Returns every container with every key or index in it."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, dict | list):
        for key, inner in list(value.items()) if isinstance(value, dict) else list(enumerate(value)):
            found.append((value, key))
            found += _places(inner)
    return found


def _replace(container: Any, key: Any, odd: Any) -> None:
    container[key] = odd


def _remove(container: Any, key: Any, _odd: Any) -> None:
    del container[key]


def _add(container: Any, key: Any, odd: Any) -> None:
    if isinstance(container, list):
        container.append(odd)
    else:
        container[f"{key}x" if isinstance(odd, list) else str(odd)] = odd


CHANGES: list[Callable[[Any, Any, Any], None]] = [_replace, _replace, _replace, _remove, _add]


@st.composite
def changed(draw: st.DrawFn, rows: Strategy) -> Any:
    """Draws a row with up to three changes."""
    row = copy.deepcopy(draw(rows))
    for _ in range(draw(st.integers(0, 3))):
        places = _places(row)
        if places:
            container, key = draw(st.sampled_from(places))
            draw(st.sampled_from(CHANGES))(container, key, copy.deepcopy(draw(st.sampled_from(ODD))))
    return row


# --- the two readers ------------------------------------------------------------------------------------------


def quick(data: bytes, playtype: Playtype) -> Any:
    """Returns the row that the typed decoder reads of a list of one row; None if it refuses it."""
    try:
        [row] = reader_of(playtype).decoder.decode(data)
    except json_document.UNREADABLE:
        return None
    return None if needs_full_check(row) else row


def converted(data: bytes, playtype: Playtype) -> Any:
    """Returns the row converted from a decoded element, as when other rows are invalid; None if it is refused."""
    [value] = json_document.elements(msgspec.json.decode(data, type=msgspec.Raw))
    try:
        row = msgspec.convert(value, reader_of(playtype).row)
    except msgspec.ValidationError:
        return None
    return None if needs_full_check(row) else row


def exact(data: bytes, playtype: Playtype) -> Any:
    [value] = json_document.elements(msgspec.json.decode(data, type=msgspec.Raw))
    return reader_of(playtype).check(value)


def kept_exactly(data: bytes, playtype: Playtype) -> Any:
    """Returns the row that the exact reader accepts; None if it finds a violation."""
    try:
        return exact(data, playtype)
    except Violation:
        return None


def seen(row: Any, playtype: Playtype) -> Mapping[str, Any]:
    """Returns everything that other code reads of a row, as JSON data."""
    everything = {"sent": as_sent(row), "metrics": reader_of(playtype).metrics_of(row)}
    found = json.loads(json.dumps(everything))
    assert isinstance(found, dict)
    return found


def assert_readers_agree(row: Any, playtype: Playtype) -> None:
    content = json.dumps([row]).encode()
    exactly = kept_exactly(content, playtype)
    for taken in (quick(content, playtype), converted(content, playtype)):
        if taken is not None:
            assert exactly is not None, row
            assert seen(taken, playtype) == seen(exactly, playtype)
    if exactly is not None:
        assert json.loads(json.dumps(as_sent(exactly))) == row


# --- tests ----------------------------------------------------------------------------------------------------


@pytest.mark.quick_rows(6)
@each_playtype
def test_both_readers_agree_about_every_odd_value_of_every_member(playtype: Playtype) -> None:
    row = plain_row(playtype)
    assert_readers_agree(row, playtype)
    odd = [*ODD, *_edges(playtype)]
    for name in [*playtype.provided, *MEMBERS, "unknown"]:
        for value in odd:
            assert_readers_agree({**row, name: value}, playtype)
    inner = {"judgements": playtype.judgements, "optional": playtype.optional, "scoreMeta": playtype.score_meta.members}
    for member, names in inner.items():
        for name in [*names, "unknown"]:
            for value in odd:
                assert_readers_agree({**row, member: {name: value}}, playtype)
                assert_readers_agree({**row, member: {name: [value, value]}}, playtype)


def plain_row(playtype: Playtype) -> dict[str, Any]:
    metrics = {name: _plain_value(metric) for name, metric in playtype.provided.items()}
    return {**metrics, "matchType": "songTitle", "identifier": "x"}


def _plain_value(metric: Metric) -> Any:
    if isinstance(metric, Ladder):
        return metric.values[0]
    return [] if isinstance(metric, Graph) else 1


def _edges(playtype: Playtype) -> list[float]:
    """Returns the limits of every range, and values just inside and outside of them."""
    rules = [getattr(metric, "rule", None) for metric in (*playtype.provided.values(), *playtype.optional.values())]
    ends = {end for rule in rules if rule for end in (rule.low, rule.high) if end is not None}
    return [end + step for end in sorted(ends) for step in (-1, -0.5, 0, 0.5, 1)]


relaxed = settings(max_examples=examples(10, ci=30))


@pytest.mark.quick_rows(6)
@each_playtype
@relaxed
@given(data=st.data())
def test_the_exact_reader_accepts_what_the_fast_one_accepts(playtype: Playtype, data: st.DataObject) -> None:
    assert_readers_agree(data.draw(changed(rows_of(playtype))), playtype)


@pytest.mark.quick_rows(6)
@each_playtype
@relaxed
@given(data=st.data())
def test_the_fast_reader_accepts_valid_rows(playtype: Playtype, data: st.DataObject) -> None:
    row = data.draw(rows_of(playtype))
    content = json.dumps([row]).encode()
    found = quick(content, playtype)
    assert found is not None
    assert json.loads(json.dumps(as_sent(found))) == row
