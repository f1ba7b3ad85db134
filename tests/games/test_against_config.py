"""Every declaration equals the original's configuration, part by part."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from imports.games import GAMES
from imports.games.shapes import Either, Flag, ListOf, Number, OneOf, Pair, Record, Shape, Text
from imports.games.spec import Decimal, Game, Graph, Integer, Ladder, Metric, Playtype, Rule, Shown
from tests.games import golden

pytestmark = golden.needed

each_playtype = pytest.mark.parametrize("name", golden.NAMES)


def named(name: str) -> tuple[Playtype, Any]:
    return golden.named(name)[1], golden.config()["gpts"][name]


# --- metrics ----------------------------------------------------------------------------------------


@each_playtype
def test_metrics_and_their_order(name: str) -> None:
    playtype, expected = named(name)
    derived = {key: each.metric for key, each in playtype.derived.items()}
    for ours, theirs in (
        (playtype.provided, expected["providedMetrics"]),
        (derived, expected["derivedMetrics"]),
        (playtype.optional, expected["optionalMetrics"]),
    ):
        assert list(ours) == list(theirs)
        assert {key: described(metric) for key, metric in ours.items()} == {k: told(v) for k, v in theirs.items()}


def described(metric: Metric) -> dict[str, Any]:
    """A metric of ours in the words of the configuration."""
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


def validated(rule: Rule | None) -> dict[str, Any]:
    return {} if rule is None else {"low": rule.low, "high": rule.high, "whole": rule.whole, "message": rule.message}


def told(config: Mapping[str, Any]) -> dict[str, Any]:
    """A metric of the configuration, without what was only probed of it."""
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


# --- how numbers are shown --------------------------------------------------------------------------

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
BEGINNINGS = {Shown.STARS: "☆☆☆☆☆", Shown.ITG_FINAL: "Died 0.00% in"}


def shown(metric: Integer | Decimal) -> Any:
    return Begins(BEGINNINGS[metric.shown]) if metric.shown in BEGINNINGS else SAMPLES[metric.shown]


class Begins:
    """Equal to samples whose first is this; the others of these two formats are prose."""

    def __init__(self, first: str) -> None:
        self.first = first

    def __eq__(self, other: object) -> bool:
        return isinstance(other, list) and other[0] == self.first

    __hash__ = None  # type: ignore[assignment]


# --- ratings ----------------------------------------------------------------------------------------


@each_playtype
def test_ratings_defaults_and_how_they_are_shown(name: str) -> None:
    playtype, expected = named(name)
    for ours, theirs in (
        (playtype.score_ratings, expected["scoreRatingAlgs"]),
        (playtype.session_ratings, expected["sessionRatingAlgs"]),
        (playtype.profile_ratings, expected["profileRatingAlgs"]),
    ):
        samples = {key: SAMPLES[rating.shown] for key, rating in ours.items()}
        assert samples == {
            k: list(v["formatterSamples"].values()) if v.get("formatterSamples") else None for k, v in theirs.items()
        }
        assert list(ours) == list(theirs)
    sources = {key: list(rating.of) for key, rating in playtype.profile_ratings.items()}
    assert sources == {key: rating["associatedScoreAlgs"] for key, rating in expected["profileRatingAlgs"].items()}
    assert {
        "defaultMetric": playtype.default_metric,
        "preferredDefaultEnum": playtype.default_ladder,
        "defaultScoreRatingAlg": playtype.default_score_rating,
        "defaultSessionRatingAlg": playtype.default_session_rating,
        "defaultProfileRatingAlg": playtype.default_profile_rating,
    }.items() <= expected.items()


@each_playtype
def test_parts_of_the_implementation(name: str) -> None:
    playtype, expected = named(name)
    parts = expected["implementation"]
    assert playtype.best_name == parts["defaultMergeRefName"]
    assert len(playtype.merges) == parts["pbMergeFunctionCount"]
    assert len(playtype.validators) == parts["scoreValidatorCount"]
    assert {n for n, s in playtype.classes.items() if s.derive} == set(parts["classDerivers"])
    metrics = {**playtype.metrics, **playtype.optional}
    assert {n for n, m in metrics.items() if getattr(m, "chart_rule", None)} == set(parts["chartSpecificValidators"])


@each_playtype
def test_merges_are_named_as_in_the_original(name: str) -> None:
    playtype, expected = named(name)
    words = expected["implementation"]["inWords"]["merge"]
    for merge_name, word in zip([playtype.best_name, *(m.name for m in playtype.merges)], words, strict=True):
        assert f"'{merge_name}'" in word


@each_playtype
def test_grade_boundaries(name: str) -> None:
    playtype, expected = named(name)
    bounds = {grade["name"]: float(grade["lowerBound"]) for grade in expected["gradeBoundaries"]}
    assert dict(playtype.grade_floors) == bounds  # to the last bit
    assert expected["gradeMetric"].split()[0] == playtype.grade_metric


# --- the catalogue ----------------------------------------------------------------------------------


@each_playtype
def test_difficulties_versions_match_types_and_judgements(name: str) -> None:
    playtype, expected = named(name)
    difficulties = expected["difficulties"]
    if difficulties["type"] == "DYNAMIC":
        assert (playtype.difficulties, playtype.default_difficulty) == (None, None)
    else:
        assert playtype.difficulty_names == tuple(difficulties["order"])
        shorts = {d.name: d.short for d in playtype.difficulties or () if d.short}
        assert shorts == difficulties["shorthand"]
        assert playtype.default_difficulty == difficulties["default"]
    assert playtype.versions == expected["versions"]
    assert list(playtype.versions) == list(expected["versions"])
    assert list(playtype.match_types) == expected["supportedMatchTypes"]
    assert list(playtype.judgements) == expected["orderedJudgements"]


@each_playtype
def test_chart_data_and_score_meta(name: str) -> None:
    playtype, expected = named(name)
    assert shaped(playtype.chart_data) == plain(expected["chartData"])
    assert shaped(playtype.score_meta) == plain(expected["scoreMeta"])


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.slug)
def test_names_and_song_data(game: Game) -> None:
    expected = golden.config()["games"][game.slug]
    assert shaped(game.song_data) == plain(expected["songData"])
    assert game.name == expected["name"]
    assert sorted(game.by_name) == sorted(expected["playtypes"])
    for playtype in game.playtypes:
        assert game.label(playtype.name) == golden.config()["gpts"][f"{game.slug}:{playtype.name}"]["formatted"]


def shaped(shape: Shape) -> dict[str, Any]:
    """A shape of ours in the words of the configuration."""
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


def plain(config: Mapping[str, Any]) -> dict[str, Any]:
    """A shape of the configuration, with checks sorted and a union with null called nullable."""
    kept = dict(config)
    if "checks" in kept:
        kept["checks"] = sorted((c["kind"], c.get("value"), c.get("inclusive", True)) for c in kept["checks"])
    if "properties" in kept:
        kept["properties"] = {key: plain(value) for key, value in kept["properties"].items()}
    if "items" in kept:
        kept["items"] = [plain(i) for i in kept["items"]] if kept["type"] == "tuple" else plain(kept["items"])
    if "options" in kept:
        options = [plain(option) for option in kept["options"]]
        kept["options"] = [option for option in options if option["type"] != "null"]
        kept |= {"nullable": True} if len(kept["options"]) < len(options) else {}
    return kept


# --- classes ----------------------------------------------------------------------------------------


@each_playtype
def test_classes(name: str) -> None:
    playtype, expected = named(name)
    assert list(playtype.classes) == list(expected["classes"])
    for set_name, theirs in expected["classes"].items():
        ours = playtype.classes[set_name]
        assert [(v.id, v.name) for v in ours.values] == [(v["id"], v["display"]) for v in theirs["values"]], set_name
        assert ours.is_provided == (theirs["type"] == "PROVIDED")
        assert ours.minimum_relevant == theirs.get("minimumRelevantValue")
        assert ours.minimum_scores == theirs.get("minimumScores")


@each_playtype
def test_hints_of_classes(name: str) -> None:
    """The words under a class, as the description of the original's pages lists them."""
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
        assert hinted == listed


def line_of(section: str, class_name: str, playtype: str) -> str | None:
    found = re.findall(rf"^\* \*\*class {class_name}\*\*(?: \((\w+)\))?, \w+[^:]*: (.*)$", section, re.MULTILINE)
    return next((line for only, line in found if only in {"", playtype}), None)


_DISPLAY_PAGE = golden.FOLDER.parent / "spec" / "display.md"
DISPLAY = _DISPLAY_PAGE.read_text(encoding="utf-8") if _DISPLAY_PAGE.is_file() else ""
