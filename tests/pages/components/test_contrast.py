"""Every pair of colours that the pages combine has enough contrast, in both themes, in the real stylesheet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[3] / "static/css/site.css").read_text()
TEXT, PART = 4.5, 3.0  # WCAG 1.4.3 text, 1.4.11 parts of controls and pictures
LIGHT, DARK = 0, 1
LIGHTS = re.findall(r"--light-(\w+): #", CSS)
PAIRS = [
    *[
        (text, ground, TEXT)
        for text in ("ink", "ink-2", "accent", "gain", "loss", "fail")
        for ground in ("ground", "plate")
    ],
    *[(text, "hover", TEXT) for text in ("ink", "ink-2", "accent", "gain", "loss")],
    *[(text, "accent-wash", TEXT) for text in ("ink", "ink-2", "gain", "loss")],
    *[(text, "well", TEXT) for text in ("ink", "ink-2")],
    *[(text, "warn-wash", TEXT) for text in ("ink", "accent")],
    *[(text, "fail-wash", TEXT) for text in ("ink", "fail")],
    ("on-accent", "accent", TEXT),
    ("plate", "ink", TEXT),
    ("on-new", "new", TEXT),
    ("edge", "ground", PART),
    ("edge", "plate", PART),
    ("accent", "ground", PART),
    *[(f"light-{light}", "display", TEXT) for light in LIGHTS],
    *[(f"light-{light}", "unlit", PART) for light in LIGHTS],
]
ON_DISPLAY = ["ink", "ink-2", "accent", "gain", "new"]  # a display takes the dark colours in both themes


def tokens() -> dict[str, tuple[str, str]]:
    found = {}
    for name, value in re.findall(r"--([\w-]+):\s*(light-dark\([^)]*\)|#[0-9a-f]{6})", CSS):
        colours = re.findall(r"#[0-9a-f]{6}", value)
        found[name] = (colours[0], colours[-1])
    return found


COLOURS = tokens()


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_follows_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_all_sixteen_light_colours_are_checked() -> None:
    assert len(LIGHTS) == 16


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("top", "below", "needed"), PAIRS)
def test_a_colour_pair_has_enough_contrast(top: str, below: str, needed: float, theme: int) -> None:
    assert contrast(COLOURS[top][theme], COLOURS[below][theme]) >= needed


@pytest.mark.parametrize("ground", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("top", ON_DISPLAY)
def test_display_colours_have_enough_contrast_in_both_themes(top: str, ground: int) -> None:
    assert contrast(COLOURS[top][DARK], COLOURS["display"][ground]) >= TEXT
