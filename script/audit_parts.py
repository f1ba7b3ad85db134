"""Compares the installed packages with the pinned ones: audit_parts.py FILE…. Exits with 1 if they differ."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement


def main() -> int:
    """Prints a line for each difference. Returns 1 if there are any."""
    problems = [problem for path in sys.argv[1:] for problem in problems_of(Path(path))]
    print("\n".join(problems) or f"{' and '.join(sys.argv[1:])}: all pinned, and installed as pinned.")
    return 1 if problems else 0


def problems_of(path: Path) -> Iterator[str]:
    """Yields the problems of each line of a requirements file."""
    for line in path.read_text(encoding="utf-8").splitlines():
        wanted = line.partition("#")[0].strip()
        if not wanted or wanted.startswith("-r "):
            continue
        requirement = Requirement(wanted)
        pins = list(requirement.specifier)
        is_for_us = requirement.marker is None or requirement.marker.evaluate()
        if len(pins) != 1 or pins[0].operator != "==" or "*" in pins[0].version:
            yield f"{path}: {wanted} is not pinned exactly"
        elif is_for_us and installed(requirement.name) != pins[0].version:
            yield f"{path}: {wanted} is installed as {installed(requirement.name) or 'nothing'}"


def installed(name: str) -> str:
    """Returns the installed version; empty if the package is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


if __name__ == "__main__":
    sys.exit(main())
