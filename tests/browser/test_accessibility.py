"""No page violates axe's rules (WCAG 2.2, A and AA), and everything can be reached by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer
from redis import Redis

from tests.browser.conftest import OpenBrowser
from tests.browser.fixtures import PageStates, name_of, page_states
from tests.browser.page_opener import PageOpener

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = {"desk": (1280, 800), "phone": (390, 844)}
MOST = 80  # tab stops that are walked through on one page
PARTS = 4  # of all pages, each a test of its own, so that workers share them
PARTS_OF_A_DAY = 3  # tab stops of a date field besides the field itself: month, year, and the button of its calendar

RUN = """async (rules) => {
    const found = await axe.run(document, { resultTypes: ["violations"], ...rules });
    return found.violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.target.join(" ")).slice(0, 3)}`);
}"""


@pytest.fixture
def pages(catalogue: None, redis_clean: Redis) -> PageStates:
    return page_states(redis_clean)


@pytest.mark.parametrize("part", range(PARTS))
def test_axe_finds_nothing_on_any_page(
    part: int, pages: PageStates, live_server: LiveServer, open_browser: OpenBrowser, complaints: list[str]
) -> None:
    """In both widths and both themes. What does not depend on colours is asked once a width."""
    opener = PageOpener(open_browser(reduced_motion="reduce"), live_server.url)
    source = AXE.read_text()
    wrong: dict[str, Any] = {}
    for name, (reader, address) in list(pages.items())[part::PARTS]:
        page = opener.open_page(reader, address)
        page.evaluate(source)
        for place, found in asked(page):
            if found:
                wrong[f"{name}, {place}"] = found
    complaints.clear()  # other tests' business
    assert wrong == {}


def test_axe_would_find_what_is_wrong(open_browser: OpenBrowser) -> None:
    page = open_browser().new_page()
    page.set_content(
        "<html><body><main><h1>x</h1><img src='x.png'><p style='color: #999'>pale</p></main></body></html>"
    )
    page.evaluate(AXE.read_text())
    found = {line.partition(":")[0] for _, lines in asked(page) for line in lines}
    assert {"image-alt", "html-has-lang", "document-title", "color-contrast"} <= found


def test_the_keyboard_test_would_find_what_is_wrong(open_browser: OpenBrowser) -> None:
    page = open_browser().new_page()
    page.set_content("<style>a { outline: none }</style><a href='#'>no outline</a><button>well</button>")
    assert tab_through(page) == ["no outline at stop 0"]


def asked(page: Page) -> Iterator[tuple[str, list[str]]]:
    tags = {"runOnly": {"type": "tag", "values": TAGS}}
    colours = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for theme, rules in (("light", tags), ("dark", colours)):
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            yield f"{size}, {theme}", page.evaluate(RUN, rules)
    page.emulate_media(color_scheme="light")


def test_every_control_is_reached_by_keyboard_and_shows_it(
    pages: PageStates, live_server: LiveServer, open_browser: OpenBrowser, complaints: list[str]
) -> None:
    opener = PageOpener(open_browser(viewport={"width": 1280, "height": 800}), live_server.url)
    wrong: dict[str, Any] = {}
    for name, (reader, address) in one_of_each(pages).items():
        page = opener.open_page(reader, address)
        flaws = tab_through(page)
        if flaws:
            wrong[name] = flaws
    complaints.clear()
    assert wrong == {}


def one_of_each(pages: PageStates) -> PageStates:
    """The first look at each page: its states have the same controls, more or less."""
    firsts: dict[str, str] = {}
    for name, (_, address) in pages.items():
        firsts.setdefault(name_of(address), name)
    return {name: pages[name] for name in firsts.values()}


def tab_through(page: Page) -> list[str]:
    """What cannot be reached, or does not show that it was, among the first tab stops."""
    page.evaluate("document.activeElement?.blur(); document.body.tabIndex = -1; document.body.focus()")
    wanted = page.evaluate(
        """(most) => {
            const kinds = "a[href], button, input, select, textarea, summary, [tabindex='0']";
            const stops = [...document.querySelectorAll(kinds)].filter((each) =>
                each.tabIndex >= 0 && !each.disabled && each.type !== "hidden"
                && each.checkVisibility({ visibilityProperty: true, opacityProperty: true })
                && !(each.type === "radio" && !each.checked));
            return stops.slice(0, most).map((each, place) => (each.dataset.stop = place));
        }""",
        MOST,
    )
    seen, unmarked = set[str](), set[str]()
    parts = page.locator("input[type=date]:visible").count() * PARTS_OF_A_DAY
    for _ in range(len(wanted) + parts + 2):
        page.keyboard.press("Tab")
        stop, shown = page.evaluate(
            """() => {
                const here = document.activeElement;
                const dress = getComputedStyle(here);
                return [here.dataset.stop ?? "", dress.outlineStyle !== "none" && parseFloat(dress.outlineWidth) > 0];
            }"""
        )
        seen.add(stop)
        if stop and not shown:
            unmarked.add(f"no outline at stop {stop}")
    return [*sorted(unmarked), *(f"stop {stop} was not reached" for stop in map(str, wanted) if stop not in seen)]
