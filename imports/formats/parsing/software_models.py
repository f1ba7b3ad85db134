"""Software models, which games of Konami name themselves by, and the versions that they stand for. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_MODEL = re.compile(r"([A-Z0-9]{3}):[A-Z]:[A-Z]:([A-Z]):([0-9]{10})")
INFINITAS = "inf"


class SoftwareModel(NamedTuple):
    """`LDJ:J:B:A:2023090500`: which game, which revision of it, and its date code."""

    name: str
    revision: str
    date: str


def read_model(text: str) -> SoftwareModel | None:
    """The parts of a software model that tell versions apart; None for a text that is none."""
    found = _MODEL.fullmatch(text)
    return None if found is None else SoftwareModel(*found.groups())


_BUILDS: Sequence[tuple[str, str, tuple[int, ...]]] = (  # version, revisions, date codes
    ("25", "A", (2018091900,)),
    ("26", "AX", (2019090200, 2019100700)),
    ("27", "AXE", (2020092900,)),
    ("28", "AXE", (2021091500,)),
    ("29", "AX", (2022082400,)),
    ("30", "AXE", (2022103100, 2022120800, 2023022000, 2023040400, 2023090500)),
    ("31", "AXE", (2023101800, 2023103000, 2023121800, 2024021300, 2024082600)),
    ("32", "AX", (2025011400, 2025032500, 2025041500, 2025072900, 2025082500)),
    (
        "33",
        "AX",
        (2026022400, 2026031000, 2026033100, 2026042200, 2026052600, 2026061600, 2026081900, 2026090900),
    ),
)
_REVISIONS = {"A": "", "X": "-omni", "E": "-2dxtra"}
_VERSIONS = {
    (str(date), revision): f"{version}{_REVISIONS[revision]}"
    for version, revisions, dates in _BUILDS
    for date in dates
    for revision in revisions
}
"""Date code and revision of the arcade's software -> version."""


def iidx_version_of(text: str) -> str | None:
    """The version of beatmania IIDX that a software model runs; None for one that is not supported."""
    model = read_model(text)
    if model is None:
        return None
    if model.name == "P2D":
        return INFINITAS
    return _VERSIONS.get((model.date, model.revision)) if model.name in {"LDJ", "TDJ"} else None
