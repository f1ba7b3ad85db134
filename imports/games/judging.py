"""Judging: derives, validates and rates plays, and composes personal bests. No database access.

    derive      adds the derived metrics
    problems_of returns all errors of a play
    rate        computes the score ratings
    judge       does all three; an impossible value becomes a problem, never an exception
    compose     makes a personal best of the scores that were chosen for it

A playtype's declaration is prepared once (`_Plan`), as imports judge a hundred thousand plays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from heapq import nlargest
from typing import Any

from imports.errors import FormulaError
from imports.games.javascript import MAX_SAFE_INTEGER, is_finite_number, is_number, is_safe_integer, text
from imports.games.spec import (
    Chart,
    ChartRule,
    Decimal,
    Graph,
    Integer,
    Ladder,
    Merge,
    Metric,
    Play,
    Playtype,
)

BROKEN = (ArithmeticError, LookupError, TypeError, ValueError)
"""The exceptions that a formula may raise for values of the wrong type, including `FormulaError`."""


# --- plans ------------------------------------------------------------------------------------------

_Check = tuple[str, Metric, Callable[[Any], bool]]
_Key = tuple[bool, str, Mapping[Any, int] | None]  # whether optional, the metric's name, a ladder's indexes


@dataclass(frozen=True, slots=True)
class _Plan:
    """A playtype's declaration, prepared for the loop over plays."""

    provided: tuple[_Check, ...]
    derived: tuple[_Check, ...]
    optional: tuple[_Check, ...]
    required: tuple[_Check, ...]  # provided and derived
    chart_rules: tuple[tuple[str, ChartRule], ...]  # of the required ones
    fine_optional: Mapping[str, Callable[[Any], bool]]
    derivations: tuple[tuple[str, Callable[[Play, Chart], Any]], ...]
    ratings: tuple[tuple[str, Callable[[Play, Chart], float | None]], ...]
    best_keys: tuple[_Key, ...]
    rank_keys: tuple[_Key, ...]
    former: tuple[tuple[str, Mapping[Any, str]], ...]


@cache  # preparing a playtype takes longer than judging a play
def _plan(playtype: Playtype) -> _Plan:
    optional, required = _checks(playtype.optional), _checks(playtype.metrics)
    return _Plan(
        provided=_checks(playtype.provided),
        derived=_checks({name: derived.metric for name, derived in playtype.derived.items()}),
        optional=optional,
        required=required,
        chart_rules=tuple((name, rule) for name, metric, _ in required if (rule := _chart_rule(metric)) is not None),
        fine_optional={name: fine for name, metric, fine in optional if _chart_rule(metric) is None},
        derivations=tuple((name, derived.compute) for name, derived in playtype.derived.items()),
        ratings=tuple((name, rating.compute) for name, rating in playtype.score_ratings.items()),
        best_keys=_keys((playtype.default_metric, *(merge.key for merge in playtype.merges)), playtype),
        rank_keys=_keys(playtype.leaderboard_order, playtype),
        former=tuple((name, ladder.formerly) for name, ladder in playtype.ladders.items() if ladder.formerly),
    )


def _keys(keys: Iterable[str], playtype: Playtype) -> tuple[_Key, ...]:
    named = ((key, key.removeprefix("optional.")) for key in keys)
    return tuple((key != name, name, playtype.ladder_indexes.get(name)) for key, name in named)


def _checks(metrics: Mapping[str, Metric]) -> tuple[_Check, ...]:
    return tuple((name, metric, _fast_validator(metric)) for name, metric in metrics.items())


def _fast_validator(metric: Metric) -> Callable[[Any], bool]:
    """Returns a fast test: if it fails, `metric_problem` decides; if it passes, only a chart rule can refuse."""
    if isinstance(metric, Ladder):
        values = frozenset(metric.values)
        return lambda value: type(value) is str and value in values
    if isinstance(metric, Graph):
        return lambda _value: False
    rule = metric.rule
    low = -MAX_SAFE_INTEGER if rule is None or rule.low is None else rule.low
    high = MAX_SAFE_INTEGER if rule is None or rule.high is None else rule.high
    if isinstance(metric, Integer) or (rule is not None and rule.whole):
        return lambda value: type(value) is int and low <= value <= high
    return lambda value: (type(value) is float or type(value) is int) and low <= value <= high


def _chart_rule(metric: Metric) -> ChartRule | None:
    return metric.chart_rule if isinstance(metric, Integer | Decimal) else None


# --- deriving and rating ----------------------------------------------------------------------------


def derive(play: Play, chart: Chart, playtype: Playtype) -> None:
    """Adds the derived metrics, in order. Raises FormulaError if one has no value."""
    metrics = play.metrics
    for name, compute in _plan(playtype).derivations:
        metrics[name] = compute(play, chart)


def rate(play: Play, chart: Chart, playtype: Playtype) -> dict[str, float | None]:
    """Returns the score ratings of a derived play, None where it has none. Raises FormulaError."""
    return {name: compute(play, chart) for name, compute in _plan(playtype).ratings}


def ladder_indexes(metrics: Mapping[str, Any], playtype: Playtype) -> dict[str, int]:
    """Returns ladder -> index of its value, for the provided and derived ladders."""
    indexes = playtype.ladder_indexes
    return {name: indexes[name][metrics[name]] for name in playtype.ladders}


def optional_indexes(optional: Mapping[str, Any], playtype: Playtype) -> dict[str, int]:
    """Returns ladder -> index of its value, for the optional ladders that a score has."""
    indexes = playtype.ladder_indexes
    return {name: indexes[name][optional[name]] for name in playtype.optional_ladders if optional.get(name) is not None}


def as_of_today(metrics: Mapping[str, Any], playtype: Playtype) -> dict[str, Any]:
    """Returns stored metrics with ladder values of older rules replaced by those of today."""
    former = _plan(playtype).former
    today = {name: values[metrics[name]] for name, values in former if metrics.get(name) in values}
    return {**metrics, **today}


# --- validating -------------------------------------------------------------------------------------


def judge(
    play: Play, chart: Chart, playtype: Playtype, *, rules: int | None = None
) -> tuple[dict[str, float | None] | None, list[str]]:
    """Derives, validates and rates a play. Returns (ratings, no problems), or (None, at least one problem).

    `rules`: the year of the validators, None for those of today. Metrics and ratings are always those of today.
    Tachi computes before it validates, so that a value outside a formula's range crashes it. Here the problems of the
    metrics are returned or, if there are none, that of the formula.
    """
    try:
        derive(play, chart, playtype)
    except BROKEN as error:
        found = _metric_problems(play, chart, playtype)
        if not found and not isinstance(error, FormulaError):
            raise  # an error with valid metrics is a bug in our formula
        return None, found or [str(error)]
    found = problems_of(play, chart, playtype, rules=rules)
    if found:
        return None, found
    try:
        return rate(play, chart, playtype), []
    except FormulaError as error:
        return None, [str(error)]


def problems_of(play: Play, chart: Chart, playtype: Playtype, *, rules: int | None = None) -> list[str]:
    """Returns all problems of a derived play: of its metrics (provided, derived, optional), then of its validators."""
    found = _metric_problems(play, chart, playtype)
    for validate in playtype.validators if rules is None else playtype.validators_under(rules):
        try:
            problem = validate(play, chart)
        except BROKEN:
            if not found:
                raise
            continue  # caused by a value that is reported already
        if problem is not None:
            found.append(problem)
    return found


def _metric_problems(play: Play, chart: Chart, playtype: Playtype) -> list[str]:
    """Returns the problems of a play's metrics: provided, derived if present, and optional if not null."""
    plan = _plan(playtype)
    # Nearly all of a hundred thousand rows are valid: messages are made only for the others.
    if _is_surely_fine(play, chart, plan):
        return []
    metrics, optional = play.metrics, play.optional
    found = [metric_problem(name, metric, metrics.get(name), chart) for name, metric, _ in plan.provided]
    found += [metric_problem(n, metric, metrics[n], chart) for n, metric, _ in plan.derived if n in metrics]
    given = ((name, metric, optional.get(name)) for name, metric, _ in plan.optional)
    found += [metric_problem(name, metric, value, chart) for name, metric, value in given if value is not None]
    return [problem for problem in found if problem is not None]


def _is_surely_fine(play: Play, chart: Chart, plan: _Plan) -> bool:
    """Returns whether fast tests show that a play is valid. If not, it may still be valid."""
    metrics, optional = play.metrics, play.optional
    for name, _, fine in plan.required:
        if not fine(metrics.get(name)):
            return False
    for name, rule in plan.chart_rules:
        if rule(metrics[name], chart) is not None:
            return False
    for name, value in optional.items():
        if value is not None and not ((known := plan.fine_optional.get(name)) and known(value)):
            return False
    return True


def metric_problem(name: str, metric: Metric, value: Any, chart: Chart) -> str | None:
    if isinstance(metric, Ladder):
        if isinstance(value, str) and value in metric.values:
            return None
        return f"Invalid value for {name}, got {text(value)}, but expected any of {', '.join(metric.values)}."
    if isinstance(metric, Graph):
        if not isinstance(value, list | tuple):
            return f"Invalid value for metric {name}, expected an array."
        for element in value:  # only the first violation is reported
            if element is None and metric.nullable:
                continue
            if not is_number(element) or not metric.rule.accepts(element):
                return f"Invalid value for metric {name}, {metric.rule.message}, got {text(element)}."
        return None
    if isinstance(metric, Integer) and not is_safe_integer(value):
        return f"Invalid value for {name}, got {text(value)}, but expected an integer."
    if not is_finite_number(value):
        return f"Invalid value for {name}, got {text(value)}, but expected a finite number."
    problem = None
    if metric.rule is not None and not metric.rule.accepts(value):
        problem = metric.rule.message
    elif metric.chart_rule is not None:
        problem = metric.chart_rule(value, chart)
    return None if problem is None else f"Invalid value for {name}, {problem} Got {text(value)}."


def message(problems: Sequence[str]) -> str:
    """Returns the problems of a play as one text."""
    counted = "1 error" if len(problems) == 1 else f"{len(problems)} errors"
    return "\n".join([f"Got {counted} when validating score:", *problems])


# --- personal bests ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """The members of a stored score that a personal best takes. `time_achieved` in Unix milliseconds."""

    score_id: str
    metrics: Mapping[str, Any]
    judgements: Mapping[str, int | None]
    optional: Mapping[str, Any]
    highlight: bool
    time_achieved: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """A personal best. `composed_from`: (name, score ID) of the primary score, then of each other score used."""

    metrics: dict[str, Any]
    judgements: Mapping[str, int | None]
    optional: dict[str, Any]
    highlight: bool
    time_achieved: float | None
    ratings: dict[str, float | None] = field(default_factory=dict)
    composed_from: tuple[tuple[str, str], ...] = ()


def best_keys(metrics: Mapping[str, Any], optional: Mapping[str, Any], playtype: Playtype) -> list[float | None]:
    """Returns the keys that choose a best's scores: the default metric, then the key of each merge, in order.

    Ladders count by index. The largest is chosen, or the smallest for a merge with `smallest`; None is never chosen.
    """
    return [
        _worth((optional if is_optional else metrics).get(name), indexes)
        for is_optional, name, indexes in _plan(playtype).best_keys
    ]


UNKNOWN = -1.0
"""The value of a missing metric on a leaderboard: less than any other, as none is below 0."""


def rank_keys(metrics: Mapping[str, Any], optional: Mapping[str, Any], playtype: Playtype) -> list[float]:
    """Returns the sort keys of a leaderboard, most important first, each descending; unknown values sort last."""
    worths = (
        _worth((optional if is_optional else metrics).get(name), indexes)
        for is_optional, name, indexes in _plan(playtype).rank_keys
    )
    return [UNKNOWN if worth is None else worth for worth in worths]


def _worth(value: Any, indexes: Mapping[Any, int] | None) -> float | None:
    if indexes is not None:
        return indexes.get(value) if isinstance(value, str | int) else None
    return value if type(value) is int or is_number(value) else None


def compose(primary: Candidate, lenders: Sequence[tuple[Merge, Candidate]], chart: Chart, playtype: Playtype) -> Best:
    """Returns the personal best of a primary score and of the scores of each merge, in the order of the merges.

    Derived metrics are copied from the scores; ratings are computed of the merged play, None if it has none.
    """
    metrics, optional = dict(primary.metrics), dict(primary.optional)
    highlight, time, origins = primary.highlight, primary.time_achieved, {primary.score_id: playtype.best_name}
    # Spec: import-pipeline §11. The composition names every score once, by its first merge.
    for merge, lender in lenders:
        if lender is primary:  # the usual case: there is nothing to merge
            continue
        if merge.unless is None or lender.metrics[merge.unless[0]] != merge.unless[1]:
            metrics.update({name: lender.metrics[name] for name in merge.takes})
            for name in merge.takes_optional:
                optional.pop(name, None)
                if name in lender.optional:
                    optional[name] = lender.optional[name]
        highlight = highlight or lender.highlight
        # The time of a best is that of its latest score; it has none if its primary score has none.
        if time is not None and lender.time_achieved is not None:
            time = max(time, lender.time_achieved)
        origins.setdefault(lender.score_id, merge.name)
    play = Play(metrics, primary.judgements, optional)
    ratings: dict[str, float | None] = {}
    for name, rating in playtype.score_ratings.items():
        try:
            ratings[name] = rating.compute(play, chart)
        except FormulaError:
            ratings[name] = None  # charts may change after scores are stored; that must not fail an import
    return Best(
        metrics=metrics,
        judgements=primary.judgements,
        optional=optional,
        highlight=highlight,
        time_achieved=time,
        ratings=ratings,
        composed_from=tuple((name, score_id) for score_id, name in origins.items()),
    )


# --- sessions ---------------------------------------------------------------------------------------


def session_ratings(values: Mapping[str, Sequence[float | None]], playtype: Playtype) -> dict[str, float | None]:
    """Returns the session ratings. `values`: score rating -> its values in the session. None if too few are known."""
    ratings: dict[str, float | None] = {}
    for name, rating in playtype.session_ratings.items():
        # Spec: import-pipeline §12. A rating of 0 counts as a value, a missing one does not.
        best = nlargest(rating.best, (value for value in values.get(rating.of, ()) if value is not None))
        ratings[name] = rating.factor * (sum(best) / rating.best) if len(best) == rating.best else None
    return ratings
