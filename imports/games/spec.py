"""The parts of a game's declaration: frozen dataclasses; the arithmetic is in plain functions.

A game's file builds one `Game` from them. Nothing in this package uses Django, a database or another game.
Numbers are IEEE doubles, as in Tachi; `round` in a formula is `formulas.js_round` unless stated otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, Protocol

from imports.games.contradictions import contradictions
from imports.games.javascript import is_safe_integer
from imports.games.shapes import Record

OLDEST_RULES = 2025
"""The year of the rules of everything that has no year."""

# --- input of formulas ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Song:
    """A song for conversion and formulas. `pk` is the database's key, `song_id` the catalogue's."""

    pk: int
    song_id: int
    title: str
    artist: str = ""
    alt_titles: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart for conversion and formulas. `level_num` 0 means unknown or unrated."""

    pk: int
    chart_id: str
    song: Song
    playtype: str
    difficulty: str
    level: str
    level_num: float
    is_primary: bool = True
    versions: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Play:
    """A result that is being judged: `metrics` has the provided ones; `derive` adds the derived ones."""

    metrics: dict[str, Any]
    judgements: Mapping[str, int | None]
    optional: Mapping[str, Any]


class Bests(Protocol):
    """A player's personal bests on one playtype, for profile ratings. Values are descending, without nulls."""

    def top(self, rating: str, count: int | None = None) -> Sequence[float]:
        """Returns the `count` largest values (all if None) of a score rating of the bests on primary charts."""
        ...

    def rated(self, rating: str, *, primary_only: bool = True) -> Sequence[tuple[float, Chart]]:
        """Returns all values of a score rating with their charts, largest first."""
        ...


# --- metrics --------------------------------------------------------------------------------------


class Shown(Enum):
    """The display format of a number (rules: docs/adding-a-game.md)."""

    NUM = "num"  # thousands separators, at most three decimals
    RAW = "raw"  # plain decimal
    PCT2 = "pct2"
    PCT4 = "pct4"
    DP0 = "dp0"
    DP2 = "dp2"
    DP3 = "dp3"
    SGL_STAR = "sgl☆★"
    SGL_CIRCLE = "sgl○●"
    ITG_FINAL = "itg final"
    DEFAULT = "default"  # ratings: two decimals, profile ratings floored


@dataclass(frozen=True, slots=True)
class NumberRule:
    """An inclusive range, and the message for a value outside it."""

    message: str
    low: float | None = None
    high: float | None = None
    whole: bool = False

    def accepts(self, value: float) -> bool:
        """Returns whether a number is in the range. NaN never is."""
        if self.whole and not is_safe_integer(value):
            return False
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


def between(low: float, high: float) -> NumberRule:
    return NumberRule(f"Expected a number between {low} and {high}.", low, high)


def whole_between(low: int, high: int) -> NumberRule:
    return NumberRule(f"Expected an integer between {low} and {high}.", low, high, whole=True)


POSITIVE = NumberRule("Expected a positive number.", 0)
POSITIVE_WHOLE = NumberRule("Expected a positive integer.", 0, whole=True)

ChartRule = Callable[[Any, Chart], str | None]
"""Returns a message if a value is invalid on a chart, else None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Integer:
    rule: NumberRule | None = None
    chart_rule: ChartRule | None = None
    in_score_id: bool = False
    shown: Shown = Shown.NUM


@dataclass(frozen=True, slots=True, kw_only=True)
class Decimal:
    rule: NumberRule | None = None
    chart_rule: ChartRule | None = None
    in_score_id: bool = False
    shown: Shown = Shown.PCT2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """An ordered choice, worst first: a lamp, a grade. Values are compared by index.

    `formerly`: values stored under older rules -> those of today. A score is rewritten when its player is rated by the
    rules of today; until then both are read.
    """

    values: tuple[str, ...]
    minimum_relevant: str | None = None
    in_score_id: bool = False
    formerly: Mapping[Any, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A list of numbers that satisfy the rule; `nullable`: elements may be null."""

    rule: NumberRule
    nullable: bool = False
    in_score_id: bool = False


Metric = Integer | Decimal | Ladder | Graph

FAST_SLOW_COMBO: Mapping[str, Metric] = {
    "fast": Integer(rule=POSITIVE_WHOLE),
    "slow": Integer(rule=POSITIVE_WHOLE),
    "maxCombo": Integer(rule=POSITIVE_WHOLE),
}
"""The first optional metrics of every game except ITG."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A metric that is computed from the provided ones and from earlier derived ones.

    `compute` may raise `FormulaError`.
    """

    metric: Metric
    compute: Callable[[Play, Chart], Any]


# --- ratings, bests, classes -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ScoreRating:
    """`compute` may raise `FormulaError`; None means that the play has no rating."""

    compute: Callable[[Play, Chart], float | None]
    shown: Shown = Shown.DEFAULT


@dataclass(frozen=True, slots=True)
class SessionRating:
    """`factor` times the mean of the `best` largest values of a score rating; None with fewer."""

    of: str
    best: int = 10
    factor: float = 1
    shown: Shown = Shown.DEFAULT


@dataclass(frozen=True, slots=True)
class ProfileRating:
    """`of` names the score ratings that `compute` reads."""

    of: tuple[str, ...]
    compute: Callable[[Bests], float | None]
    shown: Shown = Shown.DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """The metrics that a personal best takes from another score than its primary one.

    `key` is a metric's name, or `optional.<name>`; ladders count by index. The score with the largest (or smallest)
    key provides `takes` and `takes_optional`; an optional metric that it lacks is removed from the best. A score with
    the metric and value of `unless` provides nothing, but is named in the best's composition.
    """

    name: str
    key: str
    smallest: bool = False
    takes: tuple[str, ...] = ()
    takes_optional: tuple[str, ...] = ()
    unless: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ClassValue:
    id: str
    name: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassSet:
    """A ladder of classes. With `derive` (ratings -> ID or None) it is derived; otherwise imports provide it."""

    name: str
    values: tuple[ClassValue, ...]
    derive: Callable[[Mapping[str, float | None]], str | None] | None = None
    minimum_relevant: str | None = None
    minimum_scores: int | None = None

    @property
    def is_provided(self) -> bool:
        return self.derive is None

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(value.id for value in self.values)

    def index(self, class_id: str) -> int:
        """Returns the index of a class in its ladder; of duplicate IDs, the first."""
        return self.ids.index(class_id)


@dataclass(frozen=True, slots=True)
class Difficulty:
    name: str
    short: str = ""

    @property
    def label(self) -> str:
        return self.short or self.name


Validator = Callable[[Play, Chart], str | None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Playtype:
    """A playtype of a game. The order of the mappings is that of validation and of display.

    Playtypes are compared and hashed by identity, so that plans can be cached for them. Raises ValueError if the
    declaration contradicts itself.
    """

    name: str
    provided: Mapping[str, Metric]
    derived: Mapping[str, Derived]
    optional: Mapping[str, Metric]
    judgements: tuple[str, ...]
    grade_metric: str  # the metric of the grades' floors
    grade_floors: Mapping[str, float]  # grade -> its minimum, worst first
    default_metric: str
    default_ladder: str
    difficulties: tuple[Difficulty, ...] | None  # None: any name (itg)
    default_difficulty: str | None
    match_types: tuple[str, ...]
    old_match_types: tuple[str, ...] = ()  # still accepted, but not listed in messages
    obsolete: Mapping[str, str] = field(default_factory=dict)  # member of older documents -> its replacement
    sent_as: Mapping[str, str] = field(default_factory=dict)  # difficulty -> the name that documents use for it
    has_special_charts: bool = False  # whether charts may have difficulties besides the listed ones (WORLD'S END)
    versions: Mapping[str, str]
    chart_data: Record
    score_meta: Record
    score_ratings: Mapping[str, ScoreRating]
    session_ratings: Mapping[str, SessionRating]
    profile_ratings: Mapping[str, ProfileRating]
    default_score_rating: str
    default_session_rating: str
    default_profile_rating: str
    rating_names: Mapping[str, str] = field(default_factory=dict)  # rating -> display name
    best_name: str  # name of the primary score in a best's composition
    merges: tuple[Merge, ...] = ()
    ranked_by: tuple[str, ...] = ()  # leaderboard order, `optional.<name>` too; empty: the default metric
    validators: tuple[Validator, ...] = ()
    validators_until: Mapping[int, tuple[Validator, ...]] = field(default_factory=dict)  # year -> those until its rules
    classes: Mapping[str, ClassSet] = field(default_factory=dict)

    # Checked on import of the module, as a misspelt name would otherwise fail only for some plays.
    def __post_init__(self) -> None:
        wrong = "; ".join(contradictions(self))
        if wrong:
            raise ValueError(f"Playtype {self.name}: {wrong}.")

    @cached_property
    def ladders(self) -> dict[str, Ladder]:
        """The ladders among the provided and derived metrics, in order."""
        return {name: metric for name, metric in self.metrics.items() if isinstance(metric, Ladder)}

    @cached_property
    def optional_ladders(self) -> dict[str, Ladder]:
        return {name: metric for name, metric in self.optional.items() if isinstance(metric, Ladder)}

    @cached_property
    def ladder_indexes(self) -> dict[str, dict[Any, int]]:
        """Ladder name -> value -> index, optional ladders and values of older rules included."""
        return {
            name: {value: i for i, value in enumerate(ladder.values)}
            | {old: ladder.values.index(value) for old, value in ladder.formerly.items() if value in ladder.values}
            for name, ladder in {**self.ladders, **self.optional_ladders}.items()
        }

    @cached_property
    def metrics(self) -> dict[str, Metric]:
        """Provided, then derived metrics."""
        return {**self.provided, **{name: derived.metric for name, derived in self.derived.items()}}

    @cached_property
    def leaderboard_order(self) -> tuple[str, ...]:
        return self.ranked_by or (self.default_metric,)

    def validators_under(self, rules: int) -> tuple[Validator, ...]:
        """Returns the validators of the rules of a year: those of today, or older ones that still applied."""
        # Each entry applies until its year, inclusive: the earliest that had not ended is the right one.
        applicable = [year for year in self.validators_until if rules <= year]
        return self.validators_until[min(applicable)] if applicable else self.validators

    @cached_property
    def difficulty_names(self) -> tuple[str, ...] | None:
        return None if self.difficulties is None else tuple(d.name for d in self.difficulties)

    @cached_property
    def difficulty_labels(self) -> dict[str, str]:
        return {d.name: d.label for d in self.difficulties or ()}


@dataclass(frozen=True, kw_only=True, eq=False)
class Game:
    """A game: `slug` is for the API, `name` for display.

    Since 2026 the API calls the slug a game group, and each playtype a separate game (`ids`).
    """

    slug: str
    name: str
    song_data: Record
    playtypes: tuple[Playtype, ...]
    has_playtype_in_id: bool = False  # whether its ID includes the playtype even though there is only one
    rules: int = OLDEST_RULES  # the year of these declarations; a later one has every stored score rated again
    playtype_labels: Mapping[str, str] = field(default_factory=dict)  # playtype -> display name, if not its name

    @cached_property
    def by_name(self) -> dict[str, Playtype]:
        return {playtype.name: playtype for playtype in self.playtypes}

    @cached_property
    def ids(self) -> dict[str, str]:
        """Playtype name -> its ID in the API of 2026: `iidx-sp`, or `sdvx` if there is only one playtype."""
        if len(self.playtypes) == 1 and not self.has_playtype_in_id:
            return {self.playtypes[0].name: self.slug}
        return {playtype.name: f"{self.slug}-{playtype.name.lower()}" for playtype in self.playtypes}

    def label(self, playtype: str) -> str:
        """Returns e.g. `SOUND VOLTEX` or `beatmania IIDX (SP)`, with the playtype only if there are several."""
        if len(self.playtypes) == 1:
            return self.name
        return f"{self.name} ({self.playtype_labels.get(playtype, playtype)})"
