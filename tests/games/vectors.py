"""The golden vectors: recorded responses of Tachi. They are stored next to the repository, not in it.

Most are of December 2025. The tool that compares a running server with them (`tools/conformance.py`) converts them to
the rules of 2026 with `rules-2026/superseded.json`.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from imports.games import BY_SLUG, GAMES, playtype_of
from imports.games.spec import Chart, Game, Playtype, Song

ROOT = Path(__file__).parents[2]
SHARED = next((above / "shared" for above in ROOT.parents if (above / "shared").is_dir()), ROOT.parent / "shared")
FOLDER = SHARED / "golden"

needed = pytest.mark.skipif(
    not FOLDER.is_dir() or bool(os.environ.get("CI")),
    reason="the golden vectors (../shared/golden) are missing, or this is CI",
)

NAMES = [f"{game.slug}:{playtype.name}" for game in GAMES for playtype in game.playtypes]


def read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


@cache
def config() -> Any:
    return read("gpts.json")


@cache
def unsettled() -> dict[str, set[str]]:
    """Returns the names of the cases whose bests depend on a tie, which we settle by content."""
    cases = read("order-dependent.json")["cases"]
    names = {gpt: {case["name"] for case in found} for gpt, found in cases.items()}
    # Untimed scores are last now, so this case has two scores of the same time, of which the tool takes the first.
    names.setdefault("chunithm:Single", set()).add("PB ties: equal lamp, one without a timestamp")
    return names


def of_playtype(folder: str, name: str) -> Any:
    return read(f"{folder}/{name.replace(':', '-')}.json")


# --- the rules of 2026 ------------------------------------------------------------------------------


@cache
def tool(name: str = "conformance") -> ModuleType:
    """Imports conformance.py, or another tool beside it, as a module."""
    found = spec_from_file_location(name, SHARED / "tools" / f"{name}.py")
    assert found is not None
    assert found.loader is not None
    module = sys.modules[name] = module_from_spec(found)
    found.loader.exec_module(module)
    return module


@cache
def _rules_of() -> Any:
    return tool().Rules2026(FOLDER, config()["gpts"], SHARED / "seeds")


def as_of_today(
    kind: str, name: str, cases: Iterable[Mapping[str, Any]], holder: Mapping[str, Any] | None = None
) -> Iterator[Any]:
    """Yields vectors of `cases`, `reject` or `revert` under the rules of 2026, without those that no longer apply.

    `holder` has their songs and charts if the cases do not have their own.
    """
    for case in cases:
        rows = tool().rows_of(name.split(":", maxsplit=1)[0], holder or case)
        job = _rules_of().vector(tool().Job(kind, name, case, rows))
        if job is not None:
            yield job.case


def errors_today(name: str, row: Mapping[str, Any], error: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns the possible messages for a row of 2025 under the rules of 2026."""
    document: dict[str, Any] = {"success": True, "errors": [dict(error)]}
    job = tool().Job("reject", name, {}, {})
    _rules_of().texts(job, {"scores": [row]}, document, _rules_of().rules(job))
    [today] = document["errors"]
    return [{"type": each["type"], "message": each["message"]} for each in (today, *today.get("or", ()))]


def rated_today(name: str, chart: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a row of calc/ under the rules of 2026: its derived metrics, indexes and ratings."""
    rows = tool().rows_of(name.split(":", maxsplit=1)[0], {"charts": [chart]})
    rules, job = _rules_of(), tool().Job("cases", name, {}, rows)
    data = {**row["metrics"], **row["derived"], "optional": row.get("optional", {}), "enumIndexes": {}}
    if "platinum stars" in rules.rules(job):
        data["platinumStars"] = rules.doc["enums"]["ongeki"]["platinumStars"][data["platinumStars"]]
    rules.indexes(job, data)
    ratings = rules.rated(job, data, chart["chartID"], row["calculatedData"], rules.rules(job))
    metrics = {metric: data[metric] for metric in (*row["metrics"], *row["derived"])}
    return {"metrics": metrics, "indexes": data["enumIndexes"], "ratings": ratings}


def has_calc_of_2026(name: str) -> bool:
    return (FOLDER / f"rules-2026/calc/{name.replace(':', '-')}.json").is_file()


def rejects_of_2026() -> list[str]:
    return list(read("rules-2026/rejects.json")["gpts"]) if FOLDER.is_dir() else []


def derived_classes(name: str) -> dict[str, Any]:
    """Returns the thresholds and samples of each class set."""
    older = {name: sets for name, sets in read("derived-classes.json").items() if isinstance(sets, dict)}
    newer = read("rules-2026/derived-classes.json")["gpts"]
    return {**older.get(name, {}), **newer.get(name, {})}


def named(name: str) -> tuple[Game, Playtype]:
    slug, playtype = name.split(":")
    return BY_SLUG[slug], playtype_of(slug, playtype)


def charts_in(document: Mapping[str, Any]) -> list[Chart]:
    """Returns the charts of a document, with its songs if it has any."""
    songs = {song["id"]: _song(song) for song in document.get("songs") or ()}
    return [_chart(row, songs) for row in document["charts"]]


def _song(row: Mapping[str, Any]) -> Song:
    return Song(pk=row["id"], song_id=row["id"], title=row["title"], artist=row["artist"], data=row["data"])


def _chart(row: Mapping[str, Any], songs: Mapping[int, Song]) -> Chart:
    return Chart(
        pk=0,
        chart_id=row["chartID"],
        song=songs.get(row["songID"]) or Song(pk=row["songID"], song_id=row["songID"], title=""),
        playtype=row["playtype"],
        difficulty=row["difficulty"],
        level=row["level"],
        level_num=row["levelNum"],
        is_primary=row["isPrimary"],
        versions=tuple(row["versions"]),
        data=row["data"],
    )


def differences(expected: Any, actual: Any, path: str = "") -> Iterator[str]:
    """Yields the differences of two pieces of data; numbers may differ by a part in a billion."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in expected.keys() | actual.keys():
            yield from differences(expected.get(key), actual.get(key), f"{path}.{key}")
    elif _is_number(expected) and _is_number(actual):
        if not math.isclose(expected, actual, rel_tol=1e-9):
            yield f"{path}: expected {expected!r}, got {actual!r}"
    elif expected != actual:
        yield f"{path}: expected {expected!r}, got {actual!r}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def assert_no_differences(found: Iterator[str]) -> None:
    """Fails with the first few differences."""
    first = [difference for difference, _ in zip(found, range(8), strict=False)]
    assert not first, "\n".join(first)
