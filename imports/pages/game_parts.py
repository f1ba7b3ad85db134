"""What a game asks for and gives, for its page: read from its declaration, so that the page cannot be wrong. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from imports.games import playtype_of
from imports.games.spec import ClassSet, Decimal, Game, Graph, Integer, Ladder, Metric, Playtype, Rule
from imports.pages import words
from imports.pages.lights import TABLE, Light
from imports.pages.numbers import grouped
from imports.sample.make import SEEDS
from imports.sample.plays import SKILLS, by_title, document, plays, unambiguous


@dataclass(frozen=True, slots=True)
class MetricLine:
    """`role` says who names the value; `values` what it may be."""

    name: str
    role: str
    values: str


@dataclass(frozen=True, slots=True)
class LadderPart:
    """A ladder, worst first. `lights` is empty where the pages show its values as plain words."""

    name: str
    values: tuple[str, ...]
    lights: tuple[Light, ...]

    @property
    def is_lamp(self) -> bool:
        """Lamps are drawn by level; grades are letters alone."""
        return self.name.lower().endswith("lamp") or self.name == "clearMedal"


@dataclass(frozen=True, slots=True)
class ClassPart:
    name: str
    id: str
    origin: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RatingPart:
    """The ratings of one kind of thing, the default one first."""

    of: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GameCard:
    """A game in the list of all. `playtypes` is empty where there is only one."""

    game: Game
    playtypes: tuple[str, ...]
    metrics: tuple[str, ...]  # those that a score must give
    match_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A playtype's page."""

    playtype: Playtype
    metrics: tuple[MetricLine, ...]
    ladders: tuple[LadderPart, ...]
    classes: tuple[ClassPart, ...]
    ratings: tuple[RatingPart, ...]
    example: str


def card_of(game: Game) -> GameCard:
    labels = [game.playtype_labels.get(playtype.name, playtype.name) for playtype in game.playtypes]
    return GameCard(
        game=game,
        playtypes=tuple(labels) if len(labels) > 1 else (),
        metrics=_union(playtype.provided for playtype in game.playtypes),
        match_types=_union(playtype.match_types for playtype in game.playtypes),
    )


def _union(names: Iterator[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for some in names for name in some))


def sheet_of(game: Game, playtype: Playtype) -> Sheet:
    return Sheet(
        playtype=playtype,
        metrics=tuple(_metrics(playtype)),
        ladders=tuple(_ladders(game, playtype)),
        classes=tuple(_class_part(name, group) for name, group in playtype.classes.items()),
        ratings=_ratings(playtype),
        example=_as_text(example(f"{game.slug}:{playtype.name}")),
    )


# --- metrics ----------------------------------------------------------------------------------------


def _metrics(playtype: Playtype) -> Iterator[MetricLine]:
    derived = {name: derivation.metric for name, derivation in playtype.derived.items()}
    roles = {words.GIVEN: playtype.provided, words.OPTIONAL: playtype.optional, words.DERIVED: derived}
    for role, metrics in roles.items():
        for name, metric in metrics.items():
            yield MetricLine(name, role, _values(metric))


def _values(metric: Metric) -> str:
    match metric:
        case Ladder():
            return words.one_of(len(metric.values))
        case Graph():
            item = f"{_number(metric.rule)} {_range(metric.rule)}".strip()
            return words.list_of(item, nullable=metric.nullable)
        case Integer() | Decimal():
            kind = words.WHOLE_NUMBER if isinstance(metric, Integer) else _number(metric.rule)
            limits = words.AS_THE_CHART if metric.chart_rule else _range(metric.rule)
            return f"{kind}, {limits}" if limits else kind


def _number(rule: Rule | None) -> str:
    return words.WHOLE_NUMBER if rule is not None and rule.whole else words.NUMBER


def _range(rule: Rule | None) -> str:
    if rule is None:
        return ""
    low, high = (None if bound is None else grouped(bound) for bound in (rule.low, rule.high))
    return words.range_of(low, high)


# --- ladders, classes, ratings ----------------------------------------------------------------------


def _ladders(game: Game, playtype: Playtype) -> Iterator[LadderPart]:
    lit = TABLE.get(game.slug, {})
    for name, metric in {**playtype.metrics, **playtype.optional}.items():
        if isinstance(metric, Ladder):
            known: Mapping[str, Light] = lit.get(name, {})
            lights = tuple(known[value] for value in metric.values if value in known)
            yield LadderPart(name, metric.values, lights if len(lights) == len(metric.values) else ())


def _class_part(name: str, group: ClassSet) -> ClassPart:
    origin = words.CLASS_GIVEN if group.is_provided else words.class_derived(group.minimum_scores)
    return ClassPart(words.class_set_name(name), name, origin, tuple(dict.fromkeys(v.name for v in group.values)))


def _ratings(playtype: Playtype) -> tuple[RatingPart, ...]:
    kinds: Sequence[tuple[str, Mapping[str, Any], str]] = (
        (words.OF_A_SCORE, playtype.score_ratings, playtype.default_score_rating),
        (words.OF_A_SESSION, playtype.session_ratings, playtype.default_session_rating),
        (words.OF_A_PROFILE, playtype.profile_ratings, playtype.default_profile_rating),
    )
    return tuple(
        RatingPart(of, tuple(words.rating_name(name) for name in sorted(ratings, key=lambda name: name != default)))
        for of, ratings, default in kinds
    )


# --- an example -------------------------------------------------------------------------------------


@cache
def example(gpt: str) -> dict[str, Any] | None:
    """A BATCH-MANUAL document of one score on an invented chart. None for a game that has no sample."""
    game, playtype_name = gpt.split(":")
    path = SEEDS / f"charts-{game}.json"
    if gpt not in SKILLS or not path.is_file():
        return None
    charts = [row for row in json.loads(path.read_bytes()) if row["playtype"] == playtype_name]
    playtype = playtype_of(game, playtype_name)
    name = unambiguous(playtype)
    if "songTitle" in playtype.match_types:
        songs = json.loads((SEEDS / f"songs-{game}.json").read_bytes())
        name = by_title({song["id"]: song["title"] for song in songs})
    return document(gpt, list(plays(gpt, charts, 1, chance=Random("example"), name=name)), service="My tool")


def _as_text(whole: dict[str, Any] | None) -> str:
    return "" if whole is None else json.dumps(whole, ensure_ascii=False, indent=2)
