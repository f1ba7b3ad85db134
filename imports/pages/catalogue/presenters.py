"""What a game asks for and gives, for its page: read from its declaration, so that the page cannot be wrong. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from imports.games import playtype_of
from imports.games.spec import Decimal, Game, Graph, Integer, Ladder, Metric, NumberRule, Playtype
from imports.pages.components.lamp_colors import TABLE, Light
from imports.pages.texts import formatting, game_texts
from imports.pages.texts.numbers import format_number
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
class PlaytypeSheet:
    """A playtype's page."""

    playtype: Playtype
    metrics: tuple[MetricLine, ...]
    ladders: tuple[LadderPart, ...]
    classes: tuple[ClassPart, ...]
    ratings: tuple[RatingPart, ...]
    example: str


def build_game_card(game: Game) -> GameCard:
    labels = [game.playtype_labels.get(playtype.name, playtype.name) for playtype in game.playtypes]
    # Playtypes mostly share their metrics: each is named once, in the order in which it first appears.
    metrics = dict.fromkeys(name for playtype in game.playtypes for name in playtype.provided)
    match_types = dict.fromkeys(name for playtype in game.playtypes for name in playtype.match_types)
    return GameCard(
        game=game,
        playtypes=tuple(labels) if len(labels) > 1 else (),
        metrics=tuple(metrics),
        match_types=tuple(match_types),
    )


def build_playtype_sheet(game: Game, playtype: Playtype) -> PlaytypeSheet:
    derived = {name: derivation.metric for name, derivation in playtype.derived.items()}
    roles = {game_texts.GIVEN: playtype.provided, game_texts.OPTIONAL: playtype.optional, game_texts.DERIVED: derived}
    document = example(f"{game.slug}:{playtype.name}")
    ladders = []
    for name, metric in {**playtype.metrics, **playtype.optional}.items():
        if isinstance(metric, Ladder):
            known: Mapping[str, Light] = TABLE.get(game.slug, {}).get(name, {})
            lights = tuple(known[value] for value in metric.values if value in known)
            # All or none: a row of lights with gaps would look as if the missing values did not exist.
            ladders.append(LadderPart(name, metric.values, lights if len(lights) == len(metric.values) else ()))
    classes = [
        ClassPart(
            name=formatting.class_set_name(name),
            id=name,
            origin=game_texts.CLASS_GIVEN if group.is_provided else game_texts.class_derived(group.minimum_scores),
            # Several classes of a set may have one name (a colour with steps); the page lists names.
            values=tuple(dict.fromkeys(value.name for value in group.values)),
        )
        for name, group in playtype.classes.items()
    ]
    return PlaytypeSheet(
        playtype=playtype,
        metrics=tuple(
            MetricLine(name, role, metric_values(metric))
            for role, metrics in roles.items()
            for name, metric in metrics.items()
        ),
        ladders=tuple(ladders),
        classes=tuple(classes),
        ratings=_rating_parts(playtype),
        # Not escaped to ASCII: a reader should recognise the titles.
        example="" if document is None else json.dumps(document, ensure_ascii=False, indent=2),
    )


# --- metrics ----------------------------------------------------------------------------------------


def metric_values(metric: Metric) -> str:
    """What a metric may be: `whole number, 0 to 100`, `one of 8, below`."""
    match metric:
        case Ladder():
            return game_texts.one_of(len(metric.values))
        case Graph():
            item = f"{_number(metric.rule)} {_range(metric.rule)}".strip()
            return game_texts.list_of(item, nullable=metric.nullable)
        case Integer() | Decimal():
            kind = game_texts.WHOLE_NUMBER if isinstance(metric, Integer) else _number(metric.rule)
            # What the chart allows (its notes, its steps) is no number that could be named for all charts.
            limits = game_texts.AS_THE_CHART if metric.chart_rule else _range(metric.rule)
            return f"{kind}, {limits}" if limits else kind


def _number(rule: NumberRule | None) -> str:
    return game_texts.WHOLE_NUMBER if rule is not None and rule.whole else game_texts.NUMBER


def _range(rule: NumberRule | None) -> str:
    if rule is None:
        return ""
    low, high = (None if bound is None else format_number(bound) for bound in (rule.low, rule.high))
    return game_texts.range_of(low, high)


# --- ratings ----------------------------------------------------------------------


def _rating_parts(playtype: Playtype) -> tuple[RatingPart, ...]:
    kinds: Sequence[tuple[str, Mapping[str, Any], str]] = (
        (game_texts.OF_A_SCORE, playtype.score_ratings, playtype.default_score_rating),
        (game_texts.OF_A_SESSION, playtype.session_ratings, playtype.default_session_rating),
        (game_texts.OF_A_PROFILE, playtype.profile_ratings, playtype.default_profile_rating),
    )
    return tuple(
        RatingPart(
            of, tuple(formatting.rating_name(name) for name in sorted(ratings, key=lambda name: name != default))
        )
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
    # Most players' tools know titles, so that a title makes the better example where a game takes one.
    if "songTitle" in playtype.match_types:
        songs = json.loads((SEEDS / f"songs-{game}.json").read_bytes())
        name = by_title({song["id"]: song["title"] for song in songs})
    return document(gpt, list(plays(gpt, charts, 1, chance=Random("example"), name=name)), service="My tool")
