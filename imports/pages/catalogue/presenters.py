"""Describes the score format of a game for authors of tools, from its declaration. No database access."""

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
    """A metric. `role`: how it is set; `values`: a description of its values."""

    name: str
    role: str
    values: str


@dataclass(frozen=True, slots=True)
class LadderPart:
    """A ladder, worst first. `lights` is empty if the pages show its values as plain text."""

    name: str
    values: tuple[str, ...]
    lights: tuple[Light, ...]

    @property
    def is_lamp(self) -> bool:
        """Whether the ladder is a lamp, which is drawn by level; grades are only letters."""
        return self.name.lower().endswith("lamp") or self.name == "clearMedal"


@dataclass(frozen=True, slots=True)
class ClassPart:
    name: str
    id: str
    origin: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RatingPart:
    """The ratings of scores, sessions or profiles, the default one first."""

    of: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlaytypeSheet:
    """The description of a playtype."""

    playtype: Playtype
    metrics: tuple[MetricLine, ...]
    ladders: tuple[LadderPart, ...]
    classes: tuple[ClassPart, ...]
    ratings: tuple[RatingPart, ...]
    example: str


def build_playtype_sheet(game: Game, playtype: Playtype) -> PlaytypeSheet:
    derived = {name: derivation.metric for name, derivation in playtype.derived.items()}
    roles = {game_texts.GIVEN: playtype.provided, game_texts.OPTIONAL: playtype.optional, game_texts.DERIVED: derived}
    document = example(f"{game.slug}:{playtype.name}")
    ladders = []
    for name, metric in {**playtype.metrics, **playtype.optional}.items():
        if isinstance(metric, Ladder):
            known: Mapping[str, Light] = TABLE.get(game.slug, {}).get(name, {})
            lights = tuple(known[value] for value in metric.values if value in known)
            # All or none: with gaps it would look as if the missing values did not exist.
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
        # Not escaped to ASCII, so that titles are readable.
        example="" if document is None else json.dumps(document, ensure_ascii=False, indent=2),
    )


# --- metrics ----------------------------------------------------------------------------------------


def metric_values(metric: Metric) -> str:
    """Describes the values of a metric: `whole number, 0 to 100`, `one of 8, below`."""
    match metric:
        case Ladder():
            return game_texts.one_of(len(metric.values))
        case Graph():
            item = f"{_number(metric.rule)} {_range(metric.rule)}".strip()
            return game_texts.list_of(item, nullable=metric.nullable)
        case Integer() | Decimal():
            kind = game_texts.WHOLE_NUMBER if isinstance(metric, Integer) else _number(metric.rule)
            # A limit by the chart (its notes or steps) differs between charts.
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
    parts = []
    for of, ratings, default in kinds:
        names = sorted(ratings, key=lambda name: name != default)
        parts.append(RatingPart(of, tuple(formatting.rating_name(name, playtype) for name in names)))
    return tuple(parts)


# --- an example -------------------------------------------------------------------------------------


@cache
def example(gpt: str) -> dict[str, Any] | None:
    """Returns a BATCH-MANUAL document of one score on an invented chart; None for a game without a sample."""
    game, playtype_name = gpt.split(":")
    path = SEEDS / f"charts-{game}.json"
    if gpt not in SKILLS or not path.is_file():
        return None
    charts = [row for row in json.loads(path.read_bytes()) if row["playtype"] == playtype_name]
    playtype = playtype_of(game, playtype_name)
    name = unambiguous(playtype)
    # Most tools know titles, so a title is the better example if the game accepts it.
    if "songTitle" in playtype.match_types:
        songs = json.loads((SEEDS / f"songs-{game}.json").read_bytes())
        name = by_title({song["id"]: song["title"] for song in songs})
    return document(gpt, list(plays(gpt, charts, 1, chance=Random("example"), name=name)), service="My tool")
