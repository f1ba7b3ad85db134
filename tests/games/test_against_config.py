"""Every declaration equals Tachi's configuration.

The configuration is of December 2025. Lists that have grown since are compared with the pages of the specification, and
shapes with the constants here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from imports.games import GAMES
from imports.games.shapes import Either, Flag, ListOf, MapOf, Number, OneOf, Pair, Record, Shape, Text
from imports.games.spec import Decimal, Game, Graph, Integer, Ladder, Metric, NumberRule, Playtype, Shown
from tests.games import vectors
from tests.games.spec_pages import Page, page_of

pytestmark = vectors.needed

each_playtype = pytest.mark.parametrize("name", vectors.NAMES)


def named(name: str) -> tuple[Playtype, Any]:
    return vectors.named(name)[1], vectors.config()["gpts"][name]


def page(name: str) -> Page:
    return page_of(*name.split(":"))


# --- metrics ----------------------------------------------------------------------------------------


@each_playtype
def test_metrics_and_their_order_equal_the_configuration(name: str) -> None:
    playtype, expected = named(name)
    derived = {key: each.metric for key, each in playtype.derived.items()}
    for ours, theirs in (
        (playtype.provided, expected["providedMetrics"]),
        (derived, expected["derivedMetrics"]),
        (playtype.optional, expected["optionalMetrics"]),
    ):
        assert list(ours) == list(theirs)
        expected_of = {key: config_today(key, value, page(name)) for key, value in theirs.items()}
        assert {key: described(metric) for key, metric in ours.items()} == expected_of


def config_today(name: str, config: Mapping[str, Any], page: Page) -> dict[str, Any]:
    """Returns a metric of the configuration, with the values of 2026 if it is or has become an enum."""
    if name not in page.enums:
        return known_config(config)
    values, relevant = page.enums[name]
    id_part = {"partOfScoreID": True} if config.get("partOfScoreID") else {}
    return {"type": "ENUM", "values": values, **({"minimumRelevantValue": relevant} if relevant else {}), **id_part}


def described(metric: Metric) -> dict[str, Any]:
    """Returns a metric of ours in the form of the configuration."""
    id_part = {"partOfScoreID": True} if metric.in_score_id else {}
    match metric:
        case Ladder():
            relevant = {"minimumRelevantValue": metric.minimum_relevant} if metric.minimum_relevant else {}
            return {"type": "ENUM", "values": list(metric.values), **relevant, **id_part}
        case Graph():
            kind = "NULLABLE_GRAPH" if metric.nullable else "GRAPH"
            return {"type": kind, "chartDependentMax": False, **validated(metric.rule), **id_part}
        case Integer() | Decimal():
            kind = "INTEGER" if isinstance(metric, Integer) else "DECIMAL"
            chart_dependent = {"chartDependentMax": metric.chart_rule is not None}
            return {"type": kind, **chart_dependent, **validated(metric.rule), **id_part, "samples": shown(metric)}


def validated(rule: NumberRule | None) -> dict[str, Any]:
    return {} if rule is None else {"low": rule.low, "high": rule.high, "whole": rule.whole, "message": rule.message}


def known_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a metric of the configuration, without members that were only probed."""
    kept = {k: config[k] for k in ("type", "values", "minimumRelevantValue", "partOfScoreID") if k in config}
    if config["type"] != "ENUM":
        kept["chartDependentMax"] = config["chartDependentMax"]
    if config["type"] in {"INTEGER", "DECIMAL"}:
        kept["samples"] = list(config["formatterSamples"].values())
    if "validate" in config:
        rule = config["validate"]
        kept |= {"low": rule["min"], "high": rule["max"], "whole": not rule["acceptsFractions"]}
        kept["message"] = rule["messageBelow"] or rule["messageAbove"]
    return kept


# --- display of numbers -----------------------------------------------------------------------------

SAMPLES = {  # 0, 5, 1000000, 99.123456, 1234.5678 in each format
    Shown.NUM: ["0", "5", "1,000,000", "99.123", "1,234.568"],
    Shown.RAW: ["0", "5", "1000000", "99.123456", "1234.5678"],
    Shown.PCT2: ["0.00%", "5.00%", "1000000.00%", "99.12%", "1234.57%"],
    Shown.PCT4: ["0.0000%", "5.0000%", "1000000.0000%", "99.1235%", "1234.5678%"],
    Shown.DP0: ["0", "5", "1000000", "99", "1235"],
    Shown.DP2: ["0.00", "5.00", "1000000.00", "99.12", "1234.57"],
    Shown.DP3: ["0.000", "5.000", "1000000.000", "99.123", "1234.568"],
    Shown.SGL_STAR: ["☆0.00", "☆5.00", "★999988.00", "★87.12", "★1222.57"],
    Shown.SGL_CIRCLE: ["○0.00", "○5.00", "●999988.00", "●87.12", "●1222.57"],
    Shown.DEFAULT: None,
}
BEGINNINGS = {Shown.ITG_FINAL: "Died 0.00% in"}


def shown(metric: Integer | Decimal) -> Any:
    return Begins(BEGINNINGS[metric.shown]) if metric.shown in BEGINNINGS else SAMPLES[metric.shown]


class Begins:
    """Equal to samples whose first one is this; the other samples of the format are prose."""

    def __init__(self, first: str) -> None:
        self.first = first

    def __eq__(self, other: object) -> bool:
        return isinstance(other, list) and other[0] == self.first

    __hash__ = None  # type: ignore[assignment]


# --- ratings ----------------------------------------------------------------------------------------


@each_playtype
def test_ratings_their_defaults_and_display_equal_the_configuration(name: str) -> None:
    playtype, expected = named(name)
    listed: tuple[tuple[str, Mapping[str, Any]], ...] = (
        ("score", playtype.score_ratings),
        ("session", playtype.session_ratings),
        ("profile", playtype.profile_ratings),
    )
    for kind, ours in listed:
        theirs = expected[f"{kind}RatingAlgs"]
        assert list(ours) == list(page(name).ratings[kind])
        assert {key: SAMPLES[ours[key].shown] for key in theirs} == {
            k: list(v["formatterSamples"].values()) if v.get("formatterSamples") else None for k, v in theirs.items()
        }
    for key, rating in playtype.profile_ratings.items():
        assert list(rating.of) == (page(name).ratings["profile"][key] or [key])
    assert {
        "defaultMetric": playtype.default_metric,
        "preferredDefaultEnum": playtype.default_ladder,
    }.items() <= expected.items()
    assert page(name).defaults == [
        playtype.default_score_rating,
        playtype.default_session_rating,
        playtype.default_profile_rating,
    ]


@each_playtype
def test_a_new_rating_has_the_display_format_of_an_older_one(name: str) -> None:
    playtype, expected = named(name)
    for kind in ("score_ratings", "session_ratings", "profile_ratings"):
        ratings, older = getattr(playtype, kind), expected[f"{kind.split('_')[0]}RatingAlgs"]
        for new in ratings.keys() - older.keys():
            assert ratings[new].shown in {ratings[old].shown for old in older}


VALIDATORS_OF_2026 = {
    "maimaidx:Single": 3,
    "arcaea:Touch": 6,
}  # arcaea: the fourth is the refusal of the formula itself


@each_playtype
def test_merges_validators_and_rules_equal_the_configuration(name: str) -> None:
    playtype, expected = named(name)
    parts = expected["implementation"]
    assert playtype.best_name == parts["defaultMergeRefName"]
    assert len(playtype.merges) == parts["pbMergeFunctionCount"] + (name in {"ddr:SP", "ddr:DP"})
    assert len(playtype.validators) == VALIDATORS_OF_2026.get(name, parts["scoreValidatorCount"])
    assert len(playtype.validators_under(2025)) == parts["scoreValidatorCount"]
    assert {n for n, s in playtype.classes.items() if s.derive} == set(parts["classDerivers"])
    metrics = {**playtype.metrics, **playtype.optional}
    assert {n for n, m in metrics.items() if getattr(m, "chart_rule", None)} == set(parts["chartSpecificValidators"])


@each_playtype
def test_merges_are_named_as_in_tachi(name: str) -> None:
    playtype, expected = named(name)
    words = expected["implementation"]["inWords"]["merge"]
    merges = [merge.name for merge in playtype.merges if merge.name != "Best Flare"]  # of 2026
    for merge_name, word in zip([playtype.best_name, *merges], words, strict=True):
        assert f"'{merge_name}'" in word


@each_playtype
def test_grade_boundaries_equal_the_configuration(name: str) -> None:
    playtype, expected = named(name)
    bounds = {grade["name"]: float(grade["lowerBound"]) for grade in expected["gradeBoundaries"]}
    assert dict(playtype.grade_floors) == bounds  # to the last bit
    assert expected["gradeMetric"].split()[0] == playtype.grade_metric


# --- the catalogue ----------------------------------------------------------------------------------


@each_playtype
def test_difficulties_versions_match_types_and_judgements_equal_the_specification(name: str) -> None:
    playtype, expected = named(name)
    difficulties = expected["difficulties"]
    if difficulties["type"] == "DYNAMIC":
        assert (playtype.difficulties, playtype.default_difficulty) == (None, None)
    else:
        assert playtype.difficulty_names == tuple(page(name).difficulties)
        shorts = {d.name: d.short for d in playtype.difficulties or () if d.short}
        assert difficulties["shorthand"].items() <= shorts.items()
        assert shorts == {
            n: difficulties["shorthand"].get(n) or s for n, s in page(name).difficulties.items() if n in shorts
        }
        assert playtype.default_difficulty == difficulties["default"]
    assert playtype.has_special_charts == (name in {"chunithm:Single", "maimai:Single", "maimaidx:Single"})
    assert playtype.versions == page(name).versions
    assert list(playtype.versions) == list(page(name).versions)
    assert list(playtype.match_types) == page(name).match_types
    assert set(expected["supportedMatchTypes"]) <= {*playtype.match_types, *playtype.old_match_types}
    assert list(playtype.judgements) == expected["orderedJudgements"]


_TEXT = Text(optional=True)
_FROM_0 = Number(whole=True, low=0)
_TABLES = Either((ListOf(Record({"table": Text(), "level": Text()})), MapOf(Text())))
CHART_DATA_OF_2026: Mapping[str, Mapping[str, Shape]] = {
    "chunithm": {"inGameID": Either((ListOf(_FROM_0), _FROM_0)), "displayVersion": _TEXT},
    "arcaea": {"displayVersion": _TEXT, "notecount": Number(whole=True, low=0, optional=True)},
    "ongeki": {
        "isBonusTrack": Flag(optional=True),
        "maxPlatScore": _FROM_0,
        "inGameID": Number(whole=True, low=0, nullable=True),
    },
    **{slug: {"tableFolders": _TABLES} for slug in ("bms", "pms", "usc")},
}
SCORE_META_OF_2026: Mapping[str, Mapping[str, Shape]] = {
    "sdvx": {"inSkillAnalyser": Flag(optional=True, nullable=True)}
}
SONG_DATA_OF_2026: Mapping[str, Mapping[str, Shape]] = {
    "iidx": {f"eamusementCsv{part}": _TEXT for part in ("Title", "Artist", "Genre")},
    "chunithm": {"displayVersion": _TEXT},  # of the chart now
    "arcaea": {"displayVersion": _TEXT},
    "ongeki": {"duration": Number(nullable=True), "flavorGenre": _TEXT},
}


def assert_shaped(shape: Record, expected: Mapping[str, Any], changed: Mapping[str, Shape]) -> None:
    today = normalized_shape(expected)
    today["properties"] = today["properties"] | {name: shaped(member) for name, member in changed.items()}
    assert shaped(shape) == today


@each_playtype
def test_chart_data_and_score_meta_equal_the_configuration(name: str) -> None:
    playtype, expected = named(name)
    slug = name.split(":", maxsplit=1)[0]
    assert_shaped(playtype.chart_data, expected["chartData"], CHART_DATA_OF_2026.get(slug, {}))
    assert_shaped(playtype.score_meta, expected["scoreMeta"], SCORE_META_OF_2026.get(slug, {}))


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.slug)
def test_names_and_song_data_equal_the_configuration(game: Game) -> None:
    expected = vectors.config()["games"][game.slug]
    assert_shaped(game.song_data, expected["songData"], SONG_DATA_OF_2026.get(game.slug, {}))
    assert game.name == expected["name"]
    assert sorted(game.by_name) == sorted(expected["playtypes"])
    for playtype in game.playtypes:
        assert game.label(playtype.name) == vectors.config()["gpts"][f"{game.slug}:{playtype.name}"]["formatted"]


def shaped(shape: Shape) -> dict[str, Any]:
    """Returns a shape of ours in the form of the configuration."""
    flags = {key: True for key in ("optional", "nullable") if getattr(shape, key)}
    match shape:
        case Text():
            return {"type": "string", **flags}
        case Flag():
            return {"type": "boolean", **flags}
        case OneOf(values):
            return {"type": "enum", "values": list(values), **flags}
        case ListOf(item):
            return {"type": "array", "items": shaped(item), **flags}
        case MapOf(item):
            return {"type": "map", "items": shaped(item), **flags}
        case Pair(items):
            return {"type": "tuple", "items": [shaped(item) for item in items], **flags}
        case Either(options):
            return {"type": "union", "options": [shaped(option) for option in options], **flags}
        case Record(members):
            properties = {key: shaped(member) for key, member in members.items()}
            return {"type": "object", "unknownKeys": "strict", "properties": properties, **flags}
        case Number():
            return {"type": "number", "checks": checks(shape), **flags}


def checks(number: Number) -> list[tuple[str, float | None, bool]]:
    found: list[tuple[str, float | None, bool]] = [("int", None, True)] if number.whole else []
    for kind, value, inclusive in (("min", number.low, True), ("min", number.above, False), ("max", number.high, True)):
        if value is not None:
            found.append((kind, value, inclusive))
    return sorted(found)


def normalized_shape(config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a shape of the configuration with sorted checks, and a union with null as nullable."""
    kept = dict(config)
    if "checks" in kept:
        kept["checks"] = sorted((c["kind"], c.get("value"), c.get("inclusive", True)) for c in kept["checks"])
    if "properties" in kept:
        kept["properties"] = {key: normalized_shape(value) for key, value in kept["properties"].items()}
    if "items" in kept:
        kept["items"] = (
            [normalized_shape(i) for i in kept["items"]] if kept["type"] == "tuple" else normalized_shape(kept["items"])
        )
    if "options" in kept:
        options = [normalized_shape(option) for option in kept["options"]]
        kept["options"] = [option for option in options if option["type"] != "null"]
        kept |= {"nullable": True} if len(kept["options"]) < len(options) else {}
    return kept


# --- classes ----------------------------------------------------------------------------------------


RENAMED: dict[str, str] = {}


@each_playtype
def test_classes_equal_the_configuration(name: str) -> None:
    playtype, expected = named(name)
    assert list(playtype.classes) == list(expected["classes"])
    for set_name, theirs in expected["classes"].items():
        ours = playtype.classes[set_name]
        names = {v["id"]: v["display"] for v in theirs["values"]} | RENAMED
        assert [(v.id, names.get(v.id, v.name)) for v in ours.values] == [(v.id, v.name) for v in ours.values], set_name
        assert (list(ours.ids), ours.minimum_relevant) == page(name).classes[set_name]
        assert ours.is_provided == (theirs["type"] == "PROVIDED")
        assert ours.minimum_scores == theirs.get("minimumScores")


@each_playtype
def test_hints_of_classes_equal_the_specification(name: str) -> None:
    """Compares the hints of classes with the specification of Tachi's pages."""
    slug, playtype_name = name.split(":")
    playtype, _ = named(name)
    section = DISPLAY.split(f"\n### {slug}\n")[1].split("\n### ")[0]
    for class_set in playtype.classes.values():
        line = line_of(section, class_set.name, playtype_name)
        if line is None or "as sdvx" in line or slug == "ddr":
            continue
        listed = [re.sub(r"^`[^`]*` ", "", part) for part in re.split(r" — | · ", line)]
        hinted = [
            f"{v.id}{f' {v.name}' if v.name != v.id or v.hint else ''}{f' ({v.hint})' if v.hint else ''}"
            for v in class_set.values
        ]
        known = {words.split()[0] for words in listed}
        kept = [words for words in hinted if words.split()[0] in known and words.split()[0] not in HINTS_OF_2026]
        assert kept == [words for words in dict.fromkeys(listed) if words.split()[0] not in HINTS_OF_2026]
        assert len(hinted) - len(kept) <= len(HINTS_OF_2026) + len(class_set.values) - len(known)


HINTS_OF_2026 = {"PLATINUM", "GOLD", "RAINBOW", "RAINBOW_EX"}
"""Classes whose range ends earlier since higher classes were added."""


def line_of(section: str, class_name: str, playtype: str) -> str | None:
    found = re.findall(rf"^\* \*\*class {class_name}\*\*(?: \((\w+)\))?, \w+[^:]*: (.*)$", section, re.MULTILINE)
    return next((line for only, line in found if only in {"", playtype}), None)


_DISPLAY_PAGE = vectors.FOLDER.parent / "spec" / "display.md"
DISPLAY = _DISPLAY_PAGE.read_text(encoding="utf-8") if _DISPLAY_PAGE.is_file() else ""
