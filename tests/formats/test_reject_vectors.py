"""Every document that the original refused is refused with its words, every score with its type and message."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from imports.errors import ImportFailed, RowProblem
from imports.formats import BY_IMPORT_TYPE
from imports.formats.base import Catalogue, ParseOptions
from imports.games import BY_SLUG, judging
from imports.games.spec import Game
from tests.formats.build import NOW, catalogue_of, converted
from tests.games import golden

pytestmark = golden.needed

TOLD_BY_OTHERS = {409}  # an import that runs already is no matter of formats
TOLD_BY_NOBODY = "InternalError"  # where the original crashed over a value, ours says what is wrong with it


def games() -> list[Game]:
    """Ours, and in the place of each that we do not have a stand-in with its name: messages list them all."""
    listed = golden.config()["gameOrder"]
    empty = {slug: Game(slug=slug, name=slug, song_data=BY_SLUG["sdvx"].song_data, playtypes=()) for slug in listed}
    return [BY_SLUG.get(slug) or empty[slug] for slug in listed]


def cases(name: str) -> Iterator[tuple[Mapping[str, Any], Catalogue]]:
    held = golden.read(f"reject/{name.replace(':', '-')}.json")
    slug = held.get("gptString", "chunithm:Single").split(":")[0]
    for case in held["cases"]:
        if case["statusCode"] not in TOLD_BY_OTHERS:
            yield case, catalogue_of(slug, held["songs"], held["charts"])


def answer(case: Mapping[str, Any], catalogue: Catalogue) -> tuple[int, str, list[tuple[str, str]]]:
    data = case["raw"] if "raw" in case else json.dumps(case["batchManual"])
    source = BY_IMPORT_TYPE[case["importType"]]
    options = ParseOptions(games=games(), now=NOW, infer_time_achieved=case.get("inferTimestamp", False))
    try:
        parsed = source.parse(data.encode(), options)
    except ImportFailed as failed:
        return failed.status, failed.message, []
    problems = []
    for made in converted(parsed, catalogue, source):
        if isinstance(made, RowProblem):
            repeated = ("SongOrChartNotFound", made.message) in problems  # the pipeline's part: the same orphan again
            problems.append(("OrphanExists" if repeated else str(made.type), made.message))
            continue
        if made.time_achieved and made.time_achieved > NOW + 86_400_000:  # the pipeline's part, too
            problems.append(("InvalidDatapoint", "Invalid timestamp: score happens in the future."))
            continue
        _, found = judging.judge(made.play, made.chart, parsed.context.playtype)
        if found:
            problems.append(("InvalidDatapoint", judging.message(found)))
    return 200, "Import successful.", problems


def differs(case: Mapping[str, Any], catalogue: Catalogue) -> str | None:
    status, words, problems = answer(case, catalogue)
    expected = [(error["type"], error["message"]) for error in case.get("errors") or ()]
    if case["statusCode"] == 500:
        fits = status == 400
    elif case["description"].startswith("Invalid JSON."):
        fits = status == 400 and words.startswith("Invalid JSON. (")
    else:
        fits = (status, words) == (case["statusCode"], case["description"])
    if TOLD_BY_NOBODY in dict(expected):
        fits = fits and len(problems) == len(expected)
    else:
        fits = fits and problems == expected
    return None if fits else f"{case['name']}: {case['description']} {expected}, not {status} {words} {problems}"


@pytest.mark.parametrize("name", ["common", *golden.NAMES])
def test_refusals(name: str) -> None:
    found = [told for case, catalogue in cases(name) if (told := differs(case, catalogue))]
    assert not found, "\n".join(found[:8])
