"""Curves as SVG with logarithmic axes, on which linear growth rises by one decade per decade."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from math import ceil, floor, log10
from pathlib import Path

from script.bench_parts.figures import Curve

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 400, 80, 60, 30
COLORS = ("#0b63ce", "#b3261e", "#2e7d32", "#8e24aa", "#b26a00", "#555")
STYLE = "font: 13px sans-serif; fill: #333"


def write(curves: Sequence[Curve], folder: Path) -> None:
    """Writes one file per name, with all curves of that name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in dict.fromkeys(curve.name for curve in curves):
        drawn = [curve for curve in curves if curve.name == name]
        (folder / f"{name}.svg").write_text(svg(drawn), encoding="utf-8")


def svg(curves: Sequence[Curve]) -> str:
    """Returns curves with common axes, their decades and points, and labels if there are several."""
    xs = decades(x for curve in curves for x, _ in curve.points)
    ys = decades(y for curve in curves for _, y in curve.points)
    parts = [
        *(_vertical(_x(10.0**n, xs), _number(10.0**n)) for n in range(xs[0], xs[1] + 1)),
        *(_horizontal(_y(10.0**n, ys), _number(10.0**n)) for n in range(ys[0], ys[1] + 1)),
        *(part for number, curve in enumerate(curves) for part in _curve(curve, number, xs, ys)),
        f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{escape(curves[0].x)}</text>',
        f'<text x="{LEFT}" y="18">{escape(curves[0].y)}</text>',
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" style="{STYLE}" role="img">'
    title = f"<title>{escape(curves[0].y)} by {escape(curves[0].x)}</title>"
    return "\n".join([head, title, '<rect width="100%" height="100%" fill="#fff"/>', *parts, "</svg>\n"])


Range = tuple[int, int]


def _curve(curve: Curve, number: int, xs: Range, ys: Range) -> Iterator[str]:
    """Yields a line with its points, and its label in the legend."""
    places, color = [(_x(x, xs), _y(y, ys)) for x, y in curve.points], COLORS[number % len(COLORS)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2"/>'
    for (x, y), (a, b) in zip(places, curve.points, strict=True):
        title = f"<title>{_number(a)}: {_number(b)}</title>"
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{color}">{title}</circle>'
    if curve.label:
        yield f'<text x="{LEFT + 10}" y="{TOP + 18 * (number + 1)}" style="fill: {color}">{escape(curve.label)}</text>'


def decades(values: Iterable[float]) -> Range:
    """Returns the powers of ten around positive values, at least two."""
    logs = [log10(value) for value in values]
    low, high = floor(min(logs)), ceil(max(logs))
    return low, max(high, low + 1)


def _x(value: float, span: Range) -> float:
    return LEFT + (log10(value) - span[0]) / (span[1] - span[0]) * (WIDTH - LEFT - 30)


def _y(value: float, span: Range) -> float:
    return HEIGHT - BOTTOM - (log10(value) - span[0]) / (span[1] - span[0]) * (HEIGHT - BOTTOM - TOP)


def _vertical(x: float, text: str) -> str:
    line = f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#ddd"/>'
    return f'{line}<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{text}</text>'


def _horizontal(y: float, text: str) -> str:
    line = f'<line x1="{LEFT}" x2="{WIDTH - 30}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
    return f'{line}<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
