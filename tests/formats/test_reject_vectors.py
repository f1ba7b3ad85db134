"""Every document that Tachi refused is refused with the same message, every score with the same type and message."""

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
from tests.formats.factories import NOW, catalogue_of, converted
from tests.games import vectors

pytestmark = vectors.needed

STATUSES_OF_OTHER_LAYERS = {409}  # an import that is already running is not a matter of formats
CRASH = "InternalError"  # where Tachi crashed on a value, we report what is wrong with it


def games() -> list[Game]:
    """Returns our games, and a placeholder for each game that we lack, as messages list them all."""
    listed = vectors.config()["gameOrder"]
    empty = {slug: Game(slug=slug, name=slug, song_data=BY_SLUG["sdvx"].song_data, playtypes=()) for slug in listed}
    return [BY_SLUG.get(slug) or empty[slug] for slug in listed]


def cases(name: str) -> Iterator[tuple[Mapping[str, Any], Catalogue]]:
    held = vectors.read(f"reject/{name.replace(':', '-')}.json")
    slug = held.get("gptString", "chunithm:Single").split(":")[0]
    for case in vectors.as_of_today("reject", held.get("gptString", "common"), held["cases"], held):
        if case["statusCode"] not in STATUSES_OF_OTHER_LAYERS:
            yield case, catalogue_of(slug, held["songs"], held["charts"])


def cases_of_2026(name: str) -> Iterator[tuple[Mapping[str, Any], Catalogue]]:
    held = vectors.read("rules-2026/rejects.json")["gpts"][name]
    for case in held["cases"]:
        yield case, catalogue_of(name.split(":", maxsplit=1)[0], held["songs"], held["charts"])


def in_form_of_2026(case: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    """Returns the document with a game instead of a game group and playtype; None if it names others or neither."""
    game, playtype = vectors.named(name)
    meta = (case.get("batchManual") or {}).get("meta") if "raw" not in case else None
    if not isinstance(meta, dict) or (meta.get("game"), meta.get("playtype")) != (game.slug, playtype.name):
        return None
    kept = {key: value for key, value in meta.items() if key != "playtype"} | {"game": game.ids[playtype.name]}
    return {**case, "batchManual": {**case["batchManual"], "meta": kept}}


def parse_result(case: Mapping[str, Any], catalogue: Catalogue) -> tuple[int, str, list[tuple[str, str]]]:
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
            repeated = ("SongOrChartNotFound", made.message) in problems  # done by the pipeline: the same orphan again
            problems.append(("OrphanExists" if repeated else str(made.type), made.message))
            continue
        if made.time_achieved and made.time_achieved > NOW + 86_400_000:  # done by the pipeline, too
            problems.append(("InvalidDatapoint", "Invalid timestamp: score happens in the future."))
            continue
        _, found = judging.judge(made.play, made.chart, parsed.context.playtype)
        if found:
            problems.append(("InvalidDatapoint", judging.message(found)))
    return 200, "Import successful.", problems


def differs(case: Mapping[str, Any], catalogue: Catalogue) -> str | None:
    """Returns the difference between our response and the expected ones (with `or`); None as text allows any text."""
    found = parse_result(case, catalogue)
    if any(fits(expected, *found) for expected in (case, *case.get("or", ()))):
        return None
    return f"{case['name']}: {case['description']} {case.get('errors')}, not {found}"


def fits(expected: Mapping[str, Any], status: int, words: str, problems: list[tuple[str, str]]) -> bool:
    if expected["statusCode"] == 500:
        return status == 400
    text = expected["description"]
    if text is not None and text.startswith("Invalid JSON."):
        return status == 400 and words.startswith("Invalid JSON. (")
    errors = expected.get("errors") or ()
    return (status, words) == (expected["statusCode"], words if text is None else text) and (
        len(errors) == len(problems) and all(map(matches_error, errors, problems))
    )


def matches_error(error: Mapping[str, Any], problem: tuple[str, str]) -> bool:
    if error["type"] == CRASH:
        return True
    return any(
        problem[0] == each["type"] and each["message"] in (None, problem[1]) for each in (error, *error.get("or", ()))
    )


@pytest.mark.parametrize("name", ["common", *vectors.NAMES])
def test_refusals_equal_those_of_the_vectors(name: str) -> None:
    found = [actual for case, catalogue in cases(name) if (actual := differs(case, catalogue))]
    assert not found, "\n".join(found[:8])


@pytest.mark.parametrize("name", vectors.NAMES)
def test_documents_of_2026_are_refused_with_the_same_messages(name: str) -> None:
    found: list[str] = []
    count = 0
    held = [*cases(name), *(cases_of_2026(name) if name in vectors.rejects_of_2026() else ())]
    for case, catalogue in held:
        newer = in_form_of_2026(case, name)
        if newer is not None:
            count += 1
            found += filter(None, [differs(newer, catalogue)])
    assert count > 10
    assert not found, "\n".join(found[:8])


@pytest.mark.parametrize("name", vectors.rejects_of_2026())
def test_refusals_of_2026_equal_those_of_the_vectors(name: str) -> None:
    found = [actual for case, catalogue in cases_of_2026(name) if (actual := differs(case, catalogue))]
    assert not found, "\n".join(found[:8])
