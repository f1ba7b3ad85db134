"""Games and playtypes -> what the API tells of how they are declared (spec: http-api-reads §7). Pure.

The shapes of free parts (`songData`, `chartData`, `scoreMeta`) are told as JSON Schemas. The original serialises its
validator there, on whose inside no client relies.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from imports.games.shapes import Either, Flag, ListOf, Number, OneOf, Pair, Record, Shape, Text
from imports.games.spec import ClassSet, Game, Graph, Integer, Ladder, Metric, Playtype, ProfileRating

Config = dict[str, Any]


@cache
def game_config(game: Game) -> Config:
    return {"name": game.name, "playtypes": list(game.by_name), "songData": json_schema(game.song_data)}


@cache
def playtype_config(playtype: Playtype) -> Config:
    """Every part in the order in which it is declared. The declarations hold no prose: descriptions are the names."""
    return {
        "providedMetrics": _metrics(playtype.provided),
        "derivedMetrics": _metrics({name: derived.metric for name, derived in playtype.derived.items()}),
        "optionalMetrics": _metrics(playtype.optional),
        "defaultMetric": playtype.default_metric,
        "preferredDefaultEnum": playtype.default_ladder,
        "defaultScoreRatingAlg": playtype.default_score_rating,
        "defaultSessionRatingAlg": playtype.default_session_rating,
        "defaultProfileRatingAlg": playtype.default_profile_rating,
        "scoreRatingAlgs": _ratings(playtype.score_ratings),
        "sessionRatingAlgs": _ratings(playtype.session_ratings),
        "profileRatingAlgs": _ratings(playtype.profile_ratings),
        "difficulties": _difficulties(playtype),
        "classes": {name: _class_set(group) for name, group in playtype.classes.items()},
        "orderedJudgements": list(playtype.judgements),
        "versions": dict(playtype.versions),
        "supportedMatchTypes": list(playtype.match_types),
        "chartData": json_schema(playtype.chart_data),
        "preferences": json_schema(Record()),  # players have none yet
        "scoreMeta": json_schema(playtype.score_meta),
    }


# --- metrics, ratings, classes ----------------------------------------------------------------------


def _metrics(metrics: Mapping[str, Metric]) -> Config:
    return {name: {**_metric(metric), "description": name} for name, metric in metrics.items()}


def _metric(metric: Metric) -> Config:
    match metric:
        case Ladder():
            relevant = {"minimumRelevantValue": metric.minimum_relevant} if metric.minimum_relevant else {}
            return {"type": "ENUM", "values": list(metric.values), **relevant}
        case Graph():
            return {"type": "NULLABLE_GRAPH" if metric.nullable else "GRAPH"}
        case _:
            depends = {"chartDependentMax": True} if metric.chart_rule else {}
            return {"type": "INTEGER" if isinstance(metric, Integer) else "DECIMAL", **depends}


def _ratings(ratings: Mapping[str, Any]) -> Config:
    return {
        name: {
            "description": name,
            **({"associatedScoreAlgs": list(rating.of)} if isinstance(rating, ProfileRating) else {}),
        }
        for name, rating in ratings.items()
    }


def _difficulties(playtype: Playtype) -> Config:
    if playtype.difficulties is None:
        return {"type": "DYNAMIC"}
    return {
        "type": "FIXED",
        "order": [difficulty.name for difficulty in playtype.difficulties],
        "shorthand": {difficulty.name: difficulty.short for difficulty in playtype.difficulties if difficulty.short},
        "default": playtype.default_difficulty,
    }


def _class_set(group: ClassSet) -> Config:
    values = [
        {"id": value.id, "display": value.name, **({"hoverText": value.hint} if value.hint else {})}
        for value in group.values
    ]
    return {
        "type": "PROVIDED" if group.is_provided else "DERIVED",
        "values": values,
        **({"minimumRelevantValue": group.minimum_relevant} if group.minimum_relevant else {}),
        **({"minimumScores": group.minimum_scores} if group.minimum_scores is not None else {}),
    }


# --- shapes -----------------------------------------------------------------------------------------


def json_schema(shape: Shape) -> Config:
    """A shape in the words of JSON Schema."""
    described = _described(shape)
    return {"anyOf": [described, {"type": "null"}]} if shape.nullable else described


def _described(shape: Shape) -> Config:
    match shape:
        case Text():
            return {"type": "string"}
        case Flag():
            return {"type": "boolean"}
        case Number():
            return _number(shape)
        case OneOf(values):
            return {"enum": list(values)}
        case ListOf(item):
            return {"type": "array", "items": json_schema(item)}
        case Pair(items):
            return {"type": "array", "prefixItems": [json_schema(item) for item in items], "items": False}
        case Either(options):
            return {"anyOf": [json_schema(option) for option in options]}
        case Record(members):
            return {
                "type": "object",
                "properties": {name: json_schema(member) for name, member in members.items()},
                "required": [name for name, member in members.items() if not member.optional],
                "additionalProperties": False,
            }


def _number(shape: Number) -> Config:
    limits = {"minimum": shape.low, "maximum": shape.high, "exclusiveMinimum": shape.above}
    given = {name: limit for name, limit in limits.items() if limit is not None}
    return {"type": "integer" if shape.whole else "number", **given}
