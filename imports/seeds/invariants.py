"""Rules for the primary charts of each game beyond the shape of their data: unique values, and valid levels.

Other charts are older or custom ones, which may share a hash and have an old level. No database access.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from imports.games import javascript
from imports.seeds.rows import ChartRow


@dataclass(frozen=True, slots=True)
class UniqueKey:
    """A value that no two primary charts share. `keys` returns all values of a row, as messages show them."""

    what: str
    keys: Callable[[ChartRow], Iterable[tuple[Any, ...]]]


def unique_keys_of(game: str) -> tuple[UniqueKey, ...]:
    """Returns the unique values among the charts of a game."""
    return (_IN_GAME, *_UNIQUE_KEYS.get(game, ()))


def level_problems(game: str, row: ChartRow) -> Iterator[str]:
    """Yields contradictions between a primary chart's level and its number, and in iidx between its records."""
    rule = _RULES.get(game)
    if rule is not None:
        yield from rule(row)


# --- unique values ----------------------------------------------------------------------------------


def _claimed(row: ChartRow, name: str) -> list[Any]:
    """Returns the values of a member that may be one value, a list, or null."""
    value = row.data.get(name)
    return value if isinstance(value, list) else [] if value is None else [value]


def in_game_ids(row: ChartRow) -> Iterable[tuple[Any, ...]]:
    return [(number, row.playtype, row.difficulty) for number in _claimed(row, "inGameID")]


def _unique_member(member: str, *, per_playtype: bool = False) -> UniqueKey:
    def keys(row: ChartRow) -> Iterable[tuple[Any, ...]]:
        place = (row.playtype,) if per_playtype else ()
        return [(value, *place) for value in _claimed(row, member)]

    return UniqueKey(member, keys)


_EXTRA = frozenset({"INF", "GRV", "HVN", "VVD", "XCD"})


def extra_charts(row: ChartRow) -> Iterable[tuple[Any, ...]]:
    return [(number,) for number in _claimed(row, "inGameID")] if row.difficulty in _EXTRA else []


_IN_GAME = UniqueKey("inGameID with playtype and difficulty", in_game_ids)
_UNIQUE_KEYS: Mapping[str, tuple[UniqueKey, ...]] = {
    "bms": (_unique_member("hashMD5"), _unique_member("hashSHA256")),
    "itg": (_unique_member("hashGSv3"),),
    "pms": (_unique_member("hashMD5", per_playtype=True), _unique_member("hashSHA256", per_playtype=True)),
    "popn": (_unique_member("hashSHA256"),),
    "sdvx": (UniqueKey("INF, GRV, HVN, VVD or XCD chart of inGameID", extra_charts),),
    "usc": (_unique_member("hashSHA1", per_playtype=True),),
}

# --- levels -----------------------------------------------------------------------------------------


def iidx_level_and_records(row: ChartRow) -> Iterator[str]:
    expected = "?" if row.level_num == 0 else javascript.number(row.level_num)
    if row.level != expected:
        yield f"level: {row.level} does not go with levelNum {javascript.number(row.level_num)}"
    average, record = row.data["kaidenAverage"], row.data["worldRecord"]
    if average is not None and record is not None and average >= record:
        yield f"data.kaidenAverage: {average} is not below the worldRecord, {record}"
    if record is not None and record > 2 * row.data["notecount"]:
        yield f"data.worldRecord: {record} is more than two a note"


def _plus_from(tenths: int) -> Callable[[ChartRow], Iterator[str]]:
    """Returns the rule that a level ends in + exactly if its number has at least this many tenths."""

    def rule(row: ChartRow) -> Iterator[str]:
        if row.level.endswith("+") != (round(row.level_num % 1 * 10, 6) >= tenths):
            number = javascript.number(row.level_num)
            yield f"level: {row.level} does not go with levelNum {number}, as + stands for .{tenths} and more"

    return rule


def maimaidx_level(row: ChartRow) -> Iterator[str]:
    if row.level.endswith("+") and row.level_num < 7:
        yield f"level: {row.level} ends in +, which none below 7 does"


_RULES: Mapping[str, Callable[[ChartRow], Iterator[str]]] = {
    "chunithm": _plus_from(5),
    "iidx": iidx_level_and_records,
    "maimaidx": maimaidx_level,
    "wacca": _plus_from(7),
}
