"""Software models, the version strings of Konami's games, and the game versions of each. No database access."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_MODEL = re.compile(r"([A-Z0-9]{3}):[A-Z]:[A-Z]:([A-Z]):([0-9]{10})")
INFINITAS = "inf"


class SoftwareModel(NamedTuple):
    """The game, revision and date code of e.g. `LDJ:J:B:A:2023090500`."""

    name: str
    revision: str
    date: str


def read_model(text: str) -> SoftwareModel | None:
    """Returns the parts of a software model that distinguish versions; None for other texts."""
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
"""(date code, revision) of the arcade software -> version."""


def iidx_version_of(text: str) -> str | None:
    """Returns the version of beatmania IIDX of a software model; None if it is not supported."""
    model = read_model(text)
    if model is None:
        return None
    if model.name == "P2D":
        return INFINITAS
    return _VERSIONS.get((model.date, model.revision)) if model.name in {"LDJ", "TDJ"} else None
