"""The API documents of declared games and playtypes (spec: http-api-reads §7). No database access.

The shapes of free parts (`songData`, `chartData`, `scoreMeta`) are given as JSON Schemas. Tachi serialises its
validator there, and no client relies on its form.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from msgspec import structs

from imports.api.catalogue.schemas import GameConfig, PlaytypeConfig
from imports.api.catalogue.views import GamePlaytype
from imports.games import bms, iidx, itg, pms, usc
from imports.games.shapes import Either, Flag, ListOf, MapOf, Number, OneOf, Pair, Record, Shape, Text
from imports.games.spec import ClassSet, Game, Graph, Integer, Ladder, Metric, Playtype, ProfileRating

Config = dict[str, Any]


MADE_BY_PLAYERS = (bms.GAME, pms.GAME, usc.GAME, itg.GAME)
"""Games whose charts are files that players make."""


@cache
def game_config(game: Game) -> GameConfig:
    return GameConfig(
        name=game.name,
        playtypes=list(game.by_name),
        song_data=json_schema(game.song_data),
        games=list(game.ids.values()),
        dynamic_content=game in MADE_BY_PLAYERS,
    )


@cache
def playtype_config(playtype: Playtype) -> PlaytypeConfig:
    """Returns the config of a playtype, in the order of declaration. Names serve as descriptions."""
    return PlaytypeConfig(
        provided_metrics=_metrics(playtype.provided),
        derived_metrics=_metrics({name: derived.metric for name, derived in playtype.derived.items()}),
        optional_metrics=_metrics(playtype.optional),
        default_metric=playtype.default_metric,
        preferred_default_enum=playtype.default_ladder,
        default_score_rating_alg=playtype.default_score_rating,
        default_session_rating_alg=playtype.default_session_rating,
        default_profile_rating_alg=playtype.default_profile_rating,
        score_rating_algs=_ratings(playtype.score_ratings),
        session_rating_algs=_ratings(playtype.session_ratings),
        profile_rating_algs=_ratings(playtype.profile_ratings),
        difficulties={"type": "DYNAMIC"}
        if playtype.difficulties is None
        else {
            "type": "FIXED",
            "order": [difficulty.name for difficulty in playtype.difficulties],
            "shorthand": {
                difficulty.name: difficulty.short for difficulty in playtype.difficulties if difficulty.short
            },
            "default": playtype.default_difficulty,
        },
        classes={name: _class_set(group) for name, group in playtype.classes.items()},
        ordered_judgements=list(playtype.judgements),
        versions=dict(playtype.versions),
        supported_match_types=list(playtype.match_types),
        chart_data=json_schema(playtype.chart_data),
        preferences=json_schema(Record()),  # players have none yet
        score_meta=json_schema(playtype.score_meta),
    )


@cache
def playtype_config_v3(played: GamePlaytype) -> PlaytypeConfig:
    """Returns the config in the form of the API of 2026, where difficulties have short and long forms."""
    config, playtype = playtype_config(played.playtype), played.playtype
    if playtype.difficulties is None:
        return config
    # Only these playtypes are part of the usual name of a difficulty.
    style = f"{playtype.name} " if playtype.name in ("SP", "DP") else ""
    difficulties = {
        "type": "CHUGEKIMAI_STYLE" if playtype.has_special_charts else "FIXED",
        "order": config.difficulties["order"],
        "formatShort": {
            difficulty.name: style.strip() + difficulty.short if played.game is iidx.GAME else difficulty.short
            for difficulty in playtype.difficulties
            if difficulty.short
        },
        "formatLong": {difficulty.name: f"{style}{difficulty.name}" for difficulty in playtype.difficulties},
        "default": config.difficulties["default"],
    }
    return structs.replace(config, difficulties=difficulties)


# --- metrics, ratings, classes ----------------------------------------------------------------------


def _metrics(metrics: Mapping[str, Metric]) -> Config:
    config: Config = {}
    for name, metric in metrics.items():
        match metric:
            case Ladder():
                relevant = {"minimumRelevantValue": metric.minimum_relevant} if metric.minimum_relevant else {}
                kind: Config = {"type": "ENUM", "values": list(metric.values), **relevant}
            case Graph():
                kind = {"type": "NULLABLE_GRAPH" if metric.nullable else "GRAPH"}
            case _:
                depends = {"chartDependentMax": True} if metric.chart_rule else {}
                kind = {"type": "INTEGER" if isinstance(metric, Integer) else "DECIMAL", **depends}
        config[name] = {**kind, "description": name}
    return config


def _ratings(ratings: Mapping[str, Any]) -> Config:
    return {
        name: {
            "description": name,
            **({"associatedScoreAlgs": list(rating.of)} if isinstance(rating, ProfileRating) else {}),
        }
        for name, rating in ratings.items()
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
    """Returns the JSON Schema of a shape."""
    match shape:
        case Text():
            described: Config = {"type": "string"}
        case Flag():
            described = {"type": "boolean"}
        case Number():
            limits = {"minimum": shape.low, "maximum": shape.high, "exclusiveMinimum": shape.above}
            given = {name: limit for name, limit in limits.items() if limit is not None}
            described = {"type": "integer" if shape.whole else "number", **given}
        case OneOf(values):
            described = {"enum": list(values)}
        case ListOf(item):
            described = {"type": "array", "items": json_schema(item)}
        case MapOf(item):
            described = {"type": "object", "additionalProperties": json_schema(item)}
        case Pair(items):
            described = {"type": "array", "prefixItems": [json_schema(item) for item in items], "items": False}
        case Either(options):
            described = {"anyOf": [json_schema(option) for option in options]}
        case Record(members):
            described = {
                "type": "object",
                "properties": {name: json_schema(member) for name, member in members.items()},
                "required": [name for name, member in members.items() if not member.optional],
                "additionalProperties": False,
            }
    return {"anyOf": [described, {"type": "null"}]} if shape.nullable else described
