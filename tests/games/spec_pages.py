"""The lists in the specification's page of each game (`../shared/spec/games`) as data: the rules of 2026."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from tests.games import vectors

FOLDER = vectors.SHARED / "spec" / "games"
QUOTED = re.compile(r"`([^`]*)`")
QUOTED_AND_SHORT = re.compile(r"`([^`]*)`(?: \(((?:[^()]|\([^()]*\))*)\))?")


@dataclass(frozen=True)
class Page:
    """The lists of a page, in order. `enums` and `classes`: name -> (values, the minimum relevant one or None)."""

    versions: dict[str, str]
    match_types: list[str]
    difficulties: dict[str, str]
    enums: dict[str, tuple[list[str], str | None]]
    classes: dict[str, tuple[list[str], str | None]]
    ratings: dict[str, dict[str, list[str]]]  # score, session, profile -> name -> what it reads
    defaults: list[str]


@cache
def page_of(slug: str, playtype: str) -> Page:
    sections = dict(
        re.findall(r"^## ([^\n(]+?)(?: \([^\n]*\))?\n(.*?)(?=^## |\Z)", _text(slug), re.DOTALL | re.MULTILINE)
    )
    sections = {name.strip(): body for name, body in sections.items()}
    defaults = (
        sections["Defaults"]
        .split("\n")[0]
        .replace("the same four", "`ktLampRating`, `ktLampRatingHC`, `ktLampRatingEXHC`, `BPI`")
    )
    return Page(
        versions=dict(re.findall(r"`([^`]*)` = ([^·(\n]*[^·(\s])", sections["Versions"])),
        match_types=QUOTED.findall(sections["Match types"].split("\n")[0].split(" (until")[0].split(". ")[0]),
        difficulties=dict(QUOTED_AND_SHORT.findall(_of(sections["Difficulties"], playtype))),
        enums=dict(_enum(line) for line in re.findall(r"^`\w+`: 0 .*$", sections["Metrics"], re.MULTILINE)),
        classes=dict(
            _class(line)
            for line in _of(sections["Classes"], playtype, whole=True).split("\n")
            if line.startswith("* **")
        ),
        ratings={
            kind.lower(): _ratings(text)
            for kind, text in re.findall(r"(Score|Session|Profile): (.*?)\(default", defaults)
        },
        defaults=re.findall(r"\(default `([^`]*)`\)", defaults),
    )


def _text(slug: str) -> str:
    return (FOLDER / f"{slug}.md").read_text(encoding="utf-8")


def _of(section: str, playtype: str, *, whole: bool = False) -> str:
    """Returns the part of a section for one playtype, if it has several; without the text after the list."""
    parts = re.split(r"^\*\*([\w ]+)\*\*: ?", section, flags=re.MULTILINE)
    text = dict(zip(parts[1::2], parts[2::2], strict=True)).get(playtype, section) if len(parts) > 1 else section
    return text if whole else text.split("; default")[0]


def _enum(line: str) -> tuple[str, tuple[list[str], str | None]]:
    name, rest = line.split(": ", 1)
    values, _, minimum = rest.partition(" Minimum relevant: ")
    return name.strip("`"), (re.findall(r"\d+ `([^`]*)`", values), (QUOTED.findall(minimum) or [None])[0])


def _class(line: str) -> tuple[str, tuple[list[str], str | None]]:
    head, _, values = line.partition("): ")
    name = head.split("**")[1]
    minimum = re.search(r"minimum relevant `([^`]*)`", head)
    return name, (re.findall(r"\d+ `([^`]*)`", values.split(" (until")[0]), minimum and minimum[1])


def _ratings(text: str) -> dict[str, list[str]]:
    return {
        name: QUOTED.findall(source or "")
        for name, source in re.findall(r"`(\w+)`(?: \(from ([^)]*)\)|, each from)?", text)
    }
