"""Draws the packages and their imports as docs/pictures/packages.svg.

Usage: .venv/bin/python script/draw_packages.py [--check]

With --check nothing is written, and the status is 1 if the picture is out of date (checked by a test).
"""

from __future__ import annotations

import sys
from collections import defaultdict
from functools import cache
from html import escape
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "pictures" / "packages.svg"
TOP = "imports"  # the service around it, tachi_imports, is drawn by the table in docs/architecture.md
LEFT_OUT = {"migrations", "templatetags"}  # the former is not imported, and the latter belongs to the pages
WIDTH, ROW, BOX_WIDTH, BOX_HEIGHT, MARGIN = 1040, 118, 168, 62, 20  # pixels


def main() -> int:
    """Writes the picture, or with --check returns 1 if it is out of date."""
    svg = draw(package_imports())
    if "--check" in sys.argv[1:]:
        return 0 if PICTURE.exists() and PICTURE.read_text(encoding="utf-8") == svg else 1
    PICTURE.write_text(svg, encoding="utf-8")
    return 0


def package_imports() -> dict[str, set[str]]:
    """Returns each package directly below the top one, with the packages that it imports."""
    sys.path.insert(0, str(ROOT))
    graph = grimp.build_graph(TOP, exclude_type_checking_imports=True)
    found: dict[str, set[str]] = {}
    for module in sorted(graph.modules):
        package = package_of(module)
        if package is None:
            continue
        wanted = found.setdefault(package, set())
        wanted |= {other for name in graph.find_modules_directly_imported_by(module) if (other := package_of(name))}
        wanted.discard(package)
    return found


def package_of(module: str) -> str | None:
    """Returns the package below the top one that contains a module; None for modules directly in the top one."""
    top, _, rest = module.partition(".")
    name = rest.split(".")[0]
    return f"{top}.{name}" if name not in LEFT_OUT and (ROOT / top / name).is_dir() and rest else None


def draw(imported: dict[str, set[str]]) -> str:
    """Returns the SVG: packages are above those that they import, with arrows unless a longer path implies them."""

    reached = {package: reached_from(imported[package], imported) for package in imported}

    @cache
    def depth(package: str) -> int:
        """Returns the row of a package, counted from below. Packages that import each other share a row."""
        below = {other for each in cycle_of(package, reached) for other in imported[each]} - cycle_of(package, reached)
        return max((depth(other) + 1 for other in below), default=0)

    rows: dict[int, list[str]] = defaultdict(list)
    for package in sorted(imported):
        rows[depth(package)].append(package)
    height = MARGIN * 2 + ROW * (len(rows) - 1) + BOX_HEIGHT
    positions = {}
    for level, packages in rows.items():
        gap = (WIDTH - BOX_WIDTH * len(packages)) / (len(packages) + 1)
        y = MARGIN + ROW * (len(rows) - 1 - level)
        positions.update({package: (gap + (BOX_WIDTH + gap) * number, y) for number, package in enumerate(packages)})
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" role="img">',
        "<title>The packages, those that import others above what they import</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">',
        '<path d="M0 0 8 4 0 8z" fill="#8a94a6"/></marker></defs>',
    ]
    for package in sorted(imported):
        for other in sorted(imported[package]):
            if any(other in reached[way] for way in imported[package] - {other} if package not in reached[way]):
                continue  # implied by a longer path
            (x1, y1), (x2, y2) = positions[package], positions[other]
            parts.append(
                f'<path d="M{x1 + BOX_WIDTH / 2:.0f} {y1 + BOX_HEIGHT}L{x2 + BOX_WIDTH / 2:.0f} {y2}" '
                'stroke="#8a94a6" stroke-width="1.3" marker-end="url(#head)"/>'
            )
    for package, (x, y) in sorted(positions.items()):
        parts.append(
            f'<rect x="{x:.0f}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="8" '
            'fill="#eef2f9" stroke="#41598a"/>'
        )
        for line, text in enumerate(label(package)):
            style = 'font-size="14" fill="#14213d"' if line == 0 else 'font-size="10" fill="#4a5568"'
            parts.append(
                f'<text x="{x + BOX_WIDTH / 2:.0f}" y="{y + 22 + 14 * line}" text-anchor="middle" {style}>'
                f"{escape(text)}</text>"
            )
    return "\n".join([*parts, "</svg>", ""])


def reached_from(packages: set[str], imported: dict[str, set[str]]) -> set[str]:
    """Returns these packages and everything that they import, directly or indirectly."""
    found, waiting = set(packages), [*packages]
    while waiting:
        new = imported[waiting.pop()] - found
        found |= new
        waiting += new
    return found


def cycle_of(package: str, reached: dict[str, set[str]]) -> set[str]:
    """Returns the package, and those that both import it and are imported by it."""
    return {package} | {other for other in reached[package] if package in reached[other]}


def label(package: str) -> list[str]:
    """Returns the lines of a box: the name of the package, then those of its subpackages."""
    folder = ROOT / package.replace(".", "/")
    inner = sorted(path.name for path in folder.iterdir() if (path / "__init__.py").exists())
    lines = [""]
    for name in inner:
        if len(lines[-1]) + len(name) > 26:
            lines.append("")
        lines[-1] = f"{lines[-1]} {name}".strip()
    return [package.removeprefix("imports."), *lines[:2]]


if __name__ == "__main__":
    sys.exit(main())
