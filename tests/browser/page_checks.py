"""Checks of a page: its markup, visible content, accessibility (axe) and keyboard navigation."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text()
EVERYTHING = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""The rules whose result depends on the theme."""
SIZES = {"desk": (1280, 800), "phone": (390, 844)}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
ALL_LOOKS = [(size, theme) for size in SIZES for theme in THEMES]
LOOKS = ALL_LOOKS if os.environ.get("CI") else [ALL_LOOKS[0], ALL_LOOKS[-1]]
"""Outside CI, only the desktop in light and the phone in dark mode."""
MAX_TAB_STOPS = 80 if os.environ.get("CI") else 40  # of one page
EXTRA_STOPS_OF_DATE_FIELD = 3  # besides the field itself: month, year, and the button of its calendar

RUN = """async (rules) => {
    // Scripts are notified of a new theme in the next frame.
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const found = await axe.run(document, { resultTypes: ["violations"], ...rules });
    return found.violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.target.join(" ")).slice(0, 3)}`);
}"""


def markup_errors(page: Page) -> list[str]:
    """Returns the errors of a page, among them times that are not in the user's zone and Japanese without `lang`."""
    found = page.evaluate(
        """() => ({
            headings: document.querySelectorAll("h1").length,
            overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
            empty: [...document.querySelectorAll("a")].filter((link) => !link.getAttribute("href")).length,
            nameless: [...document.querySelectorAll("button, a")].filter(
                (element) => !element.innerText.trim() && !element.textContent.trim()
                    && !element.getAttribute("aria-label") && !element.querySelector("[aria-label]")
                    && !element.title).length,
            dangling: document.querySelectorAll("[id='']").length
                + [...document.querySelectorAll("[aria-labelledby], [aria-describedby], label[for]")].filter(
                    (element) => ["aria-labelledby", "aria-describedby", "for"].some((name) =>
                        element.hasAttribute(name) && !element.getAttribute(name).split(" ").every(
                            (id) => document.getElementById(id)))).length,
            utc: [...document.querySelectorAll("time[data-time]")].filter(
                (time) => / UTC$/.test(time.innerText)).length,
            japanese: [...document.querySelectorAll("main .song, main .artist, h1")].filter(
                (element) => [...element.childNodes].some(
                    (node) => node.nodeType === 3 && /[\\u3040-\\u30ff\\u4e00-\\u9fff]/.test(node.data))
                    && !element.closest("[lang=ja]")).length,
        })"""
    )
    expected = {"headings": 1, "overflow": 0, "empty": 0, "nameless": 0, "dangling": 0, "utc": 0, "japanese": 0}
    return [f"{name} is {found[name]}" for name, count in expected.items() if found[name] != count]


def visible_content(page: Page) -> dict[str, int]:
    """Returns the number of visible elements of each kind in the main part of a page."""
    counts: dict[str, int] = page.evaluate(
        """() => {
            const main = document.querySelector("main");
            const seen = (selector) => [...main.querySelectorAll(selector)].filter(
                (element) => element.checkVisibility({ visibilityProperty: true })
                    && !element.closest(".js-only")).length;
            return { headings: seen("h1, h2, h3"), rows: seen("tr, li"), cells: seen("td, th, dd"),
                links: seen("a"), fields: seen("input, select, textarea"), pictures: seen("svg[role=img]") };
        }"""
    )
    return counts


def violations(page: Page) -> Iterator[tuple[str, list[str]]]:
    """Yields (size and theme, violations found by axe). The script of axe must be loaded in the page."""
    checked_sizes: set[str] = set()
    for size, theme in LOOKS:
        width, height = SIZES[size]
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=theme)
        yield f"{size}, {theme}", page.evaluate(RUN, COLOURS if size in checked_sizes else EVERYTHING)
        checked_sizes.add(size)
    page.emulate_media(color_scheme="light")


def keyboard_errors(page: Page) -> list[str]:
    """Returns which of the first tab stops cannot be reached by the Tab key, or have no outline when focused."""
    page.evaluate("document.activeElement?.blur(); document.body.tabIndex = -1; document.body.focus()")
    stops = page.evaluate(
        """(max) => {
            const kinds = "a[href], button, input, select, textarea, summary, [tabindex='0']";
            const stops = [...document.querySelectorAll(kinds)].filter((each) =>
                each.tabIndex >= 0 && !each.disabled && each.type !== "hidden"
                && each.checkVisibility({ visibilityProperty: true, opacityProperty: true })
                && !(each.type === "radio" && !each.checked));
            return stops.slice(0, max).map((each, place) => (each.dataset.stop = place));
        }""",
        MAX_TAB_STOPS,
    )
    reached, without_outline = set[str](), set[str]()
    parts = page.locator("input[type=date]:visible").count() * EXTRA_STOPS_OF_DATE_FIELD
    for _ in range(len(stops) + parts + 2):
        page.keyboard.press("Tab")
        stop, has_outline = page.evaluate(
            """() => {
                const element = document.activeElement;
                const style = getComputedStyle(element);
                const hasOutline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
                return [element.dataset.stop ?? "", hasOutline];
            }"""
        )
        reached.add(stop)
        if stop and not has_outline:
            without_outline.add(f"no outline at stop {stop}")
    missed = [f"stop {stop} was not reached" for stop in map(str, stops) if stop not in reached]
    return [*sorted(without_outline), *missed]
