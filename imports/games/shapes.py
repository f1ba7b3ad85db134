"""The shapes of the game-specific parts of documents: song data, chart data, score meta.

Declarations only; `imports.formats` reports violations in the words of Tachi's validator, and the seeds loader by path.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    optional: bool = False
    nullable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    whole: bool = False
    low: float | None = None
    high: float | None = None
    above: float | None = None  # exclusive lower bound
    optional: bool = False
    nullable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    optional: bool = False
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    values: tuple[str, ...]
    optional: bool = field(default=False, kw_only=True)
    nullable: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class ListOf:
    item: Shape
    optional: bool = field(default=False, kw_only=True)
    nullable: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Pair:
    """A tuple of fixed length, each item of its own shape."""

    items: tuple[Shape, ...]
    optional: bool = field(default=False, kw_only=True)
    nullable: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Either:
    """A value with the shape of one of the options; the first that fits is used."""

    options: tuple[Shape, ...]
    optional: bool = field(default=False, kw_only=True)
    nullable: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Record:
    """A strict object: members not named here are refused."""

    members: Mapping[str, Shape] = field(default_factory=dict)
    optional: bool = field(default=False, kw_only=True)
    nullable: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object with any keys, whose values all have the same shape."""

    item: Shape
    optional: bool = field(default=False, kw_only=True)
    nullable: bool = field(default=False, kw_only=True)


Shape = Text | Number | Flag | OneOf | ListOf | MapOf | Pair | Either | Record

TIER = Record(
    {"value": Number(), "text": Text(), "individualDifference": Flag()},
    optional=True,
    nullable=True,
)
"""A chart's difficulty as rated by a community."""

TABLE_FOLDERS = Either((ListOf(Record({"table": Text(), "level": Text()})), MapOf(Text())))
"""A chart's places in the difficulty tables of a community: a list, or table -> level (since 2026)."""
