"""The classes for declaring a game's part of the sample: one `Sample` for each game, in `games/`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple, Protocol

Row = dict[str, Any]


class Title(NamedTuple):
    """A song's title. The game's file defines `era` and `top`; `search` has search terms."""

    title: str
    artist: str
    era: str
    top: float
    alternative_titles: tuple[str, ...] = ()
    search: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart of a song."""

    playtype: str
    difficulty: str
    level: str
    level_num: float
    data: Row


@dataclass(frozen=True, slots=True)
class Player:
    """A player. `skill`: the level at which their plays are average."""

    skill: float
    chance: Random

    def errors(self, level: float) -> float:
        """Returns the share of notes not hit perfectly on a chart of this level, 0 to 0.6."""
        ease: float = 0.045 * 1.8 ** (level - self.skill)
        return min(0.6, ease * self.chance.lognormvariate(0, 0.8))


class Charts(Protocol):
    """Yields the charts of a song. `number` is the song's ID, and its in-game ID if the game has one."""

    def __call__(self, title: Title, *, number: int, chance: Random) -> Iterator[Chart]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One game. `first_id` is above the song IDs of real catalogues, so that real seeds can be loaded over these."""

    slug: str
    first_id: int = 730_001
    titles: Sequence[Title]
    song_data: Callable[[Title, Random], Row]
    charts: Charts
    versions: Callable[[Title], list[str]]
    play: Callable[[Row, Player], Row]  # chart row, player -> a score without the chart's name
    skills: Mapping[str, float]  # playtype -> the player's skill, a level


# --- shared by several games --------------------------------------------------------------------------


def since(versions: list[str], first: str) -> list[str]:
    """Returns the versions from `first` on."""
    return versions[versions.index(first) :]


def tier(value: float, text: str, chance: Random) -> Row:
    """Returns a community's rating of a chart's difficulty."""
    return {"individualDifference": chance.random() < 0.2, "text": text, "value": round(value, 1)}


def without_fraction(number: float) -> float:
    """Returns the number as an int if it is whole: JSON files contain 9 rather than 9.0."""
    return int(number) if number == int(number) else number
