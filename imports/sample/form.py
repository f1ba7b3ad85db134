"""The form in which a game's part of the sample is declared: one `Sample` a game, in `games/`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple, Protocol

Row = dict[str, Any]


class Title(NamedTuple):
    """`era` and `top` mean what the game's file says; `also` are alternative titles, `search` words to search with."""

    title: str
    artist: str
    era: str
    top: float
    also: tuple[str, ...] = ()
    search: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What differs between the charts of a song."""

    playtype: str
    difficulty: str
    level: str
    level_num: float
    data: Row


@dataclass(frozen=True, slots=True)
class Player:
    """`skill` is the level at which a play is neither good nor bad for the player."""

    skill: float
    chance: Random

    def errors(self, level: float) -> float:
        """The share of the notes that is not hit perfectly on a chart of this level, 0 to 1."""
        ease: float = 0.045 * 1.8 ** (level - self.skill)
        return min(0.6, ease * self.chance.lognormvariate(0, 0.8))


class Charts(Protocol):
    """Makes the charts of a song. `number` is the song's ID, and its in-game ID where the game has any."""

    def __call__(self, title: Title, *, number: int, chance: Random) -> Iterator[Chart]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One game. `first_id` lies where no real catalogue has any song, so that real seeds can be loaded over these."""

    slug: str
    first_id: int = 730_001
    titles: Sequence[Title]
    song_data: Callable[[Title, Random], Row]
    charts: Charts
    versions: Callable[[Title], list[str]]
    play: Callable[[Row, Player], Row]  # chart row, player -> a score without the chart's name
    skills: Mapping[str, float]  # playtype -> the player's skill, a level


# --- what several games' parts say --------------------------------------------------------------------


def since(versions: list[str], first: str) -> list[str]:
    """The versions from the first in which a song could be played."""
    return versions[versions.index(first) :]


def tier(value: float, text: str, chance: Random) -> Row:
    """How hard a community finds a chart."""
    return {"individualDifference": chance.random() < 0.2, "text": text, "value": round(value, 1)}


def short(number: float) -> float:
    """9 rather than 9.0, as JSON files write it."""
    return int(number) if number == int(number) else number
