"""Tachi's results for whole files, row by row: refusals, problems in order, and scores.

Orphans whose charts are found later need a database: `tools/formats_conformance.py` compares a server with them.
"""

from __future__ import annotations

import base64
import copy
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from imports.errors import ImportFailed, RowProblem
from imports.formats import BY_IMPORT_TYPE, FORMATS
from imports.formats.base import Catalogue, Draft, Format, ParseOptions
from imports.games import GAMES, judging
from tests.formats.factories import catalogue_of, converted
from tests.games import vectors

pytestmark = vectors.needed

NOW = 1_790_000_000_000  # the vectors are of 2025, and one of their scores is of 2099
FOLDER = vectors.FOLDER / "formats"


def _file_name(import_type: str) -> str:
    return f"{import_type.replace('/', '-')}.json"


# Other formats are for every game, or our own.
FILES = [
    each.import_type
    for each in FORMATS
    if each.is_file and each.games and (not FOLDER.exists() or (FOLDER / _file_name(each.import_type)).exists())
]
CRASH = "InternalError"  # where Tachi crashed on a value, we report what is wrong with it


def cases(import_type: str) -> Iterator[dict[str, Any]]:
    """Yields the cases of an import type, with our documented exceptions."""
    name = import_type.replace("/", "-")
    held = vectors.read(f"formats/{name}.json")
    decided = vectors.read("formats/exceptions.json").get(name, {})
    for case in held["cases"]:
        case["catalogue"] = held["catalogues"][case["catalogue"]]
        for path, value in decided.get(case["name"], {}).get("expect", {}).items():
            _put(case, path, value)
        yield case


def _put(case: dict[str, Any], path: str, value: Any) -> None:
    steps = [int(part) if part.isdigit() else part for part in re.findall(r"\w+", path)]
    target: Any = case
    for step in steps[:-1]:
        target = target[step]
    target[steps[-1]] = value


def _request(step: Mapping[str, Any]) -> tuple[bytes, ParseOptions] | None:
    form = step.get("request", {}).get("multipart")
    if form is None:
        return None
    [file] = form["files"]
    content = base64.b64decode(file["contentBase64"]) if "contentBase64" in file else file["content"].encode()
    return content, ParseOptions(games=GAMES, now=NOW, fields=form["fields"], file_name=file["filename"])


def _catalogue(game: str, case: Mapping[str, Any], loaded: Sequence[Mapping[str, Any]]) -> Catalogue:
    parts = [case["catalogue"], *loaded]
    songs = {song["id"]: song for part in parts for song in part.get("songs", {}).get(game, [])}
    charts = {chart["chartID"]: chart for part in parts for chart in part.get("charts", {}).get(game, [])}
    return catalogue_of(game, songs.values(), charts.values())


def answer(source: Format, content: bytes, options: ParseOptions, catalogue: Catalogue) -> dict[str, Any]:
    """Returns the result of an import for a player without scores."""
    try:
        parsed = source.parse(content, options)
    except ImportFailed as failed:
        return {"refused": failed.message}
    errors: list[tuple[str, str]] = []
    orphans: set[str] = set()
    scores: dict[str, dict[str, Any]] = {}
    for made in converted(parsed, catalogue, source):
        if isinstance(made, RowProblem):
            identity = json.dumps(made.datapoint) if made.becomes_orphan else ""
            errors.append(("OrphanExists" if identity in orphans else str(made.type), made.message))
            orphans |= {identity} - {""}
        elif made is not None:
            _judge(made, parsed.context.game.by_name[made.chart.playtype], errors, scores)
    return {
        "errors": errors,
        "scores": [*scores.values()],
        "classes": parsed.classes,
        "service": parsed.context.service_of_scores,
    }


def _judge(made: Draft, playtype: Any, errors: list[tuple[str, str]], scores: dict[str, dict[str, Any]]) -> None:
    identity = json.dumps([made.chart.chart_id, made.play.metrics, made.play.optional.get("exScore")])
    if identity in scores:
        return
    if made.time_achieved is not None and made.time_achieved > NOW + 86_400_000:
        errors.append(("InvalidDatapoint", "Invalid timestamp: score happens in the future."))
        return
    provided = dict(made.play.metrics)
    ratings, problems = judging.judge(made.play, made.chart, playtype)
    if ratings is None:
        errors.append(("InvalidDatapoint", judging.message(problems)))
        return
    scores[identity] = {
        "chartID": made.chart.chart_id,
        "metrics": provided,
        "judgements": dict(made.play.judgements),
        "optional": {name: value for name, value in made.play.optional.items() if value is not None},
        "scoreMeta": dict(made.score_meta),
        "comment": made.comment,
        "timeAchieved": made.time_achieved,
    }


def expectation(step: Mapping[str, Any], metrics: Sequence[str]) -> dict[str, Any]:
    if step["expect"]["status"] != 200:
        return {"refused": step["expect"]["body"]["description"]}
    held = step["import"]
    return {
        "errors": [(error["type"], error["message"]) for error in held["errors"]],
        "scores": [
            {
                "chartID": score["chartID"],
                "metrics": {name: score["scoreData"][name] for name in metrics},
                "judgements": score["scoreData"]["judgements"],
                "optional": {
                    name: value
                    for name, value in score["scoreData"]["optional"].items()
                    if value is not None and name != "enumIndexes"
                },
                **{name: score[name] for name in ("scoreMeta", "comment", "timeAchieved")},
            }
            for score in held["scores"]
        ],
        "service": {score["service"] for score in held["scores"]},
        "classes": {delta["set"]: delta["new"] for delta in held["classDeltas"]},
    }


def differences(ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    if "refused" in theirs or "refused" in ours:
        told, expected = ours.get("refused"), theirs.get("refused")
        free = "Failed to parse CSV: "
        same = told == expected or (told and expected and told.startswith(free) and expected.startswith(free))
        return [] if same else [f"{expected!r}, not {told!r}"]
    found = []
    crashes = [kind == CRASH for kind, _ in theirs["errors"]]
    errors = [
        ("InvalidDatapoint", message) if crash else error
        for crash, error, (_, message) in zip(crashes, theirs["errors"], ours["errors"], strict=False)
    ]
    if len(ours["errors"]) != len(theirs["errors"]) or ours["errors"] != errors:
        found.append(f"errors {theirs['errors']}, not {ours['errors']}")
    if ours["scores"] != theirs["scores"]:
        found.append(f"scores {theirs['scores']}, not {ours['scores']}")
    if not theirs["service"] <= {ours["service"]}:
        found.append(f"service {theirs['service']}, not {ours['service']}")
    for classes in (ours["classes"] or {}).values():
        if not classes.items() <= theirs["classes"].items():
            found.append(f"classes {theirs['classes']}, not {classes}")
    return found


@pytest.mark.parametrize("import_type", FILES)
def test_files_give_the_same_results_as_in_tachi(import_type: str) -> None:
    source, found = BY_IMPORT_TYPE[import_type], []
    metrics = list(next(game for game in GAMES if game.slug == source.games[0]).playtypes[0].provided)
    for case in cases(import_type):
        loaded: list[Mapping[str, Any]] = []
        for number, step in enumerate(case["steps"]):
            loaded += [step["load"]] if "load" in step else []
            request = _request(step)
            known_before = number > 0 and not loaded  # sent again: the player already has the scores and orphans
            if request is None or known_before or not (step.get("import") or step["expect"]["status"] != 200):
                continue
            if step["expect"]["status"] in (401, 403):
                continue
            if request[1].fields.get("importType") != import_type or "wrong field" in str(step["expect"]["body"]):
                continue
            catalogue = _catalogue(source.games[0], case, loaded)
            ours = answer(source, *request, catalogue)
            found_here = differences(ours, expectation(copy.deepcopy(step), metrics))
            found += [f"{case['name']}, step {number}: {each}" for each in found_here]
    assert not found, f"{len(found)}:\n" + "\n".join(found[:12])
