"""What a game is: frozen declarations, with the arithmetic as plain functions beside them.

A game file builds one `Game` from the parts here. Nothing in this package knows Django, a database or another game.
Numbers are IEEE doubles, as in the original; `round` of a formula is `formulas.js_round` unless it says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, Protocol

from imports.games.javascript import is_safe_integer
from imports.games.shapes import Record

# --- what formulas look at ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Song:
    """A song as conversion and formulas see it. `pk` is the database's key, `song_id` the catalogue's."""

    pk: int
    song_id: int
    title: str
    artist: str = ""
    alt_titles: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart as conversion and formulas see it. `level_num` 0 means unknown or unrated."""

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
    """One result while it is being judged: provided metrics first, derived ones added by `derive`."""

    metrics: dict[str, Any]
    judgements: Mapping[str, int | None]
    optional: Mapping[str, Any]


class Bests(Protocol):
    """A player's personal bests on one playtype, as profile ratings ask for them. Descending, nulls left out."""

    def top(self, rating: str, count: int | None = None) -> Sequence[float]:
        """The `count` largest values (all when None) of a score rating over bests on primary charts."""
        ...

    def rated(self, rating: str, *, primary_only: bool = True) -> Sequence[tuple[float, Chart]]:
        """All values of a score rating with their charts, largest first."""
        ...


# --- metrics --------------------------------------------------------------------------------------


class Shown(Enum):
    """How a number is written for people (display rules: docs/adding-a-game.md)."""

    NUM = "num"  # thousands separators, at most three decimals
    RAW = "raw"  # plain decimal
    PCT2 = "pct2"
    PCT4 = "pct4"
    DP0 = "dp0"
    DP2 = "dp2"
    DP3 = "dp3"
    STARS = "stars"
    SGL_STAR = "sgl☆★"
    SGL_CIRCLE = "sgl○●"
    ITG_FINAL = "itg final"
    DEFAULT = "default"  # ratings: two decimals, profile ratings floored


@dataclass(frozen=True, slots=True)
class Rule:
    """A range, both ends included, and what is said to a value outside it."""

    message: str
    low: float | None = None
    high: float | None = None
    whole: bool = False

    def accepts(self, value: float) -> bool:
        """Whether a number obeys. NaN never does."""
        if self.whole and not is_safe_integer(value):
            return False
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


def between(low: float, high: float) -> Rule:
    return Rule(f"Expected a number between {low} and {high}.", low, high)


def whole_between(low: int, high: int) -> Rule:
    return Rule(f"Expected an integer between {low} and {high}.", low, high, whole=True)


POSITIVE = Rule("Expected a positive number.", 0)
POSITIVE_WHOLE = Rule("Expected a positive integer.", 0, whole=True)

ChartRule = Callable[[Any, Chart], str | None]
"""Says what is wrong with a value on a chart, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Integer:
    rule: Rule | None = None
    chart_rule: ChartRule | None = None
    in_score_id: bool = False
    shown: Shown = Shown.NUM


@dataclass(frozen=True, slots=True, kw_only=True)
class Decimal:
    rule: Rule | None = None
    chart_rule: ChartRule | None = None
    in_score_id: bool = False
    shown: Shown = Shown.PCT2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """An ordered choice, worst first: a lamp, a grade. Its index is its worth."""

    values: tuple[str, ...]
    minimum_relevant: str | None = None
    in_score_id: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A list of numbers each of which obeys the rule; `nullable` elements may be null."""

    rule: Rule
    nullable: bool = False
    in_score_id: bool = False


Metric = Integer | Decimal | Ladder | Graph

FAST_SLOW_COMBO: Mapping[str, Metric] = {
    "fast": Integer(rule=POSITIVE_WHOLE),
    "slow": Integer(rule=POSITIVE_WHOLE),
    "maxCombo": Integer(rule=POSITIVE_WHOLE),
}
"""The optional metrics that every game but ITG begins its own with."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A metric that is computed from the provided ones and from derived ones above it.

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
    """What a personal best takes from another score than its primary one.

    `key` is a metric's name, or `optional.<name>`; ladders count by index. The score with the largest (or smallest)
    key lends `takes` and `takes_optional`; an optional it does not have is removed from the best.
    """

    name: str
    key: str
    smallest: bool = False
    takes: tuple[str, ...] = ()
    takes_optional: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassValue:
    id: str
    name: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassSet:
    """A ladder of classes. `derive` (ratings -> id or None) makes it a derived one; else imports provide it."""

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
        """The worth of a class; the first place counts where an id stands twice."""
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
    """One playtype of a game. The order of the mappings is the order of validation and of display.

    Playtypes are compared and hashed by identity, so that plans can be cached for them. Raises ValueError where the
    declaration contradicts itself.
    """

    name: str
    provided: Mapping[str, Metric]
    derived: Mapping[str, Derived]
    optional: Mapping[str, Metric]
    judgements: tuple[str, ...]
    grade_metric: str  # what the floors of the grades are measured in
    grade_floors: Mapping[str, float]  # grade -> the least value that earns it, worst first
    default_metric: str
    default_ladder: str
    difficulties: tuple[Difficulty, ...] | None  # None: any name (itg)
    default_difficulty: str | None
    match_types: tuple[str, ...]
    versions: Mapping[str, str]
    chart_data: Record
    score_meta: Record
    score_ratings: Mapping[str, ScoreRating]
    session_ratings: Mapping[str, SessionRating]
    profile_ratings: Mapping[str, ProfileRating]
    default_score_rating: str
    default_session_rating: str
    default_profile_rating: str
    best_name: str  # name of the primary score in a best's composition
    merges: tuple[Merge, ...] = ()
    ranked_by: tuple[str, ...] = ()  # leaderboard order; empty: the default metric
    validators: tuple[Validator, ...] = ()
    classes: Mapping[str, ClassSet] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wrong = "; ".join(contradictions(self))
        if wrong:
            raise ValueError(f"Playtype {self.name}: {wrong}.")

    @cached_property
    def ladders(self) -> dict[str, Ladder]:
        """The ladders among provided and derived metrics, in order."""
        return {name: metric for name, metric in self.metrics.items() if isinstance(metric, Ladder)}

    @cached_property
    def ladder_indexes(self) -> dict[str, dict[str, int]]:
        """Ladder name -> value -> index, optional ladders included."""
        ladders = {n: m for n, m in {**self.metrics, **self.optional}.items() if isinstance(m, Ladder)}
        return {name: {value: i for i, value in enumerate(ladder.values)} for name, ladder in ladders.items()}

    @cached_property
    def metrics(self) -> dict[str, Metric]:
        """Provided, then derived metrics."""
        return {**self.provided, **{name: derived.metric for name, derived in self.derived.items()}}

    @cached_property
    def leaderboard_order(self) -> tuple[str, ...]:
        return self.ranked_by or (self.default_metric,)

    @cached_property
    def difficulty_names(self) -> tuple[str, ...] | None:
        return None if self.difficulties is None else tuple(d.name for d in self.difficulties)

    @cached_property
    def difficulty_labels(self) -> dict[str, str]:
        return {d.name: d.label for d in self.difficulties or ()}


def contradictions(playtype: Playtype) -> Iterator[str]:
    """What a declaration names without having it, has twice, or has in the wrong order."""
    for what, names, declared in _references(playtype):
        for name in names:
            if name not in declared:
                yield f"{what} {name!r} is not declared"
    groups = (*playtype.provided, *playtype.derived, *playtype.optional, "optional", "judgements", "enumIndexes")
    yield from (f"the metric {name!r} stands twice" for name in sorted({n for n in groups if groups.count(n) > 1}))
    for name, ladder in playtype.ladders.items():
        if len(set(ladder.values)) < len(ladder.values):
            yield f"the ladder {name!r} has a value twice"
    floors = list(playtype.grade_floors.values())
    if floors != sorted(set(floors)):
        yield "the grades' floors do not rise"


def _references(playtype: Playtype) -> Iterator[tuple[str, Iterable[str], Container[str]]]:
    """Every place that names another part: what it is, the names there, and where they must stand."""
    metrics, ratings, merges = playtype.metrics, playtype.score_ratings, playtype.merges
    keys = {*metrics, *(f"optional.{name}" for name in playtype.optional)}
    yield "the default metric", (playtype.default_metric,), metrics
    yield "the default ladder", (playtype.default_ladder,), playtype.ladders
    yield "the grades' metric", (playtype.grade_metric,), metrics
    yield "the grade", playtype.grade_floors, playtype.ladder_indexes.get("grade", {})
    yield "the ranking metric", playtype.ranked_by, metrics
    yield "the merge key", (merge.key for merge in merges), keys
    yield "the merged metric", (name for merge in merges for name in merge.takes), metrics
    yield "the merged optional metric", (name for merge in merges for name in merge.takes_optional), playtype.optional
    yield "the default score rating", (playtype.default_score_rating,), ratings
    yield "the default session rating", (playtype.default_session_rating,), playtype.session_ratings
    yield "the default profile rating", (playtype.default_profile_rating,), playtype.profile_ratings
    yield "a session rating's score rating", (rating.of for rating in playtype.session_ratings.values()), ratings
    yield "a profile rating's score rating", (n for r in playtype.profile_ratings.values() for n in r.of), ratings
    if playtype.difficulty_names is not None:
        yield "the default difficulty", (playtype.default_difficulty or "",), playtype.difficulty_names
    for metric in (*metrics.values(), *playtype.optional.values()):
        if isinstance(metric, Ladder) and metric.minimum_relevant is not None:
            yield "the minimum relevant value", (metric.minimum_relevant,), metric.values
    for classes in playtype.classes.values():
        if classes.minimum_relevant is not None:
            yield "the minimum relevant class", (classes.minimum_relevant,), classes.ids


@dataclass(frozen=True, kw_only=True, eq=False)
class Game:
    """A game: its slug is the API's, its name the players'."""

    slug: str
    name: str
    song_data: Record
    playtypes: tuple[Playtype, ...]
    playtype_labels: Mapping[str, str] = field(default_factory=dict)  # where shown otherwise than by name

    @cached_property
    def by_name(self) -> dict[str, Playtype]:
        return {playtype.name: playtype for playtype in self.playtypes}

    def label(self, playtype: str) -> str:
        """`SOUND VOLTEX`, `beatmania IIDX (SP)`: the playtype only where there are several."""
        if len(self.playtypes) == 1:
            return self.name
        return f"{self.name} ({self.playtype_labels.get(playtype, playtype)})"
