"""Every page in every state, in a real browser: no console errors, no overflow at any width, small and complete.

SCREENSHOTS=FOLDER keeps a picture of each, in two widths and both themes; PICTURES=docs/pictures remakes those of the
documents.
"""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request
from pytest_django.live_server_helper import LiveServer
from redis import Redis

from tests.browser.conftest import OpenBrowser
from tests.browser.fixtures import PageStates, name_of, names_of_pages, page_states
from tests.browser.page_opener import PageOpener

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE, DESK, NARROWEST = 390, 1280, 320
FOLDER = os.environ.get("SCREENSHOTS")
PICTURES = os.environ.get("PICTURES")
SHOWN: dict[tuple[str, int], tuple[str, Literal["light", "dark"], int]] = {
    ("result", DESK): ("import-result", "light", 1290),
    ("result", PHONE): ("import-result-phone", "dark", 1200),
    ("checked", DESK): ("import-check", "light", 900),
    ("revert", DESK): ("revert", "dark", 760),
    ("profile", DESK): ("profile", "light", 900),
    ("chart", DESK): ("chart", "dark", 830),
    ("session", PHONE): ("session-phone", "light", 1200),
}
"""Picture and width -> its name in docs/pictures, theme, and height in pixels."""

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LIGHT = 100_000  # bytes


@pytest.fixture
def pages(catalogue: None, redis_clean: Redis) -> PageStates:
    return page_states(redis_clean)


def test_every_page_is_quiet_and_fits_and_none_is_forgotten(
    pages: PageStates, live_server: LiveServer, open_browser: OpenBrowser, complaints: list[str]
) -> None:
    """A new URL needs a state in `fixtures.page_states`, or a reason in `fixtures.NO_PAGES`."""
    assert {name_of(address) for _, address in pages.values()} - {""} == names_of_pages()
    opener = PageOpener(open_browser(viewport={"width": DESK, "height": 800}), live_server.url)
    wrong: list[str] = []
    for name, (reader, address) in pages.items():
        page = opener.open_page(reader, address)
        for width in (DESK, PHONE, NARROWEST):
            page.set_viewport_size({"width": width, "height": 800})
            wrong += [f"{name} at {width}: {flaw}" for flaw in flaws(page)]
            if FOLDER and width != NARROWEST:
                keep_pictures(page, f"{name}-{width}")
            if PICTURES and (name, width) in SHOWN:
                remake_picture(page, *SHOWN[name, width])
    # A browser names the answer 404 or 403 on its console; some of these pages are such answers.
    complaints[:] = [line for line in complaints if "status of 40" not in line]
    assert wrong == []


def keep_pictures(page: Page, name: str) -> None:
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        page.screenshot(path=Path(str(FOLDER)) / f"{name}-{theme}.png", full_page=True)
    page.emulate_media(color_scheme="light")


def remake_picture(page: Page, name: str, theme: Literal["light", "dark"], height: int) -> None:
    """What a reader's screen of this height would show."""
    size = page.viewport_size
    assert size is not None
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": size["width"], "height": height})
    page.screenshot(path=Path(str(PICTURES)) / f"{name}.png")
    page.set_viewport_size(size)
    page.emulate_media(color_scheme="light")


def flaws(page: Page) -> list[str]:
    """What no page may have. Times are written in the reader's zone, and Japanese says that it is Japanese."""
    found = page.evaluate(
        """() => ({
            headings: document.querySelectorAll("h1").length,
            overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
            empty: [...document.querySelectorAll("a")].filter((link) => !link.getAttribute("href")).length,
            nameless: [...document.querySelectorAll("button, a")].filter(
                (element) => !element.innerText.trim() && !element.textContent.trim()
                    && !element.getAttribute("aria-label") && !element.querySelector("[aria-label]")).length,
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
    return [f"{what} is {found[what]}" for what, right in expected.items() if found[what] != right]


def test_every_page_shows_its_content_without_scripts(
    pages: PageStates, live_server: LiveServer, open_browser: OpenBrowser, complaints: list[str]
) -> None:
    with_scripts = PageOpener(open_browser(), live_server.url)
    without = PageOpener(open_browser(java_script_enabled=False), live_server.url)
    lost: dict[str, Any] = {}
    for name, (reader, address) in pages.items():
        seen, left = (content(opener.open_page(reader, address)) for opener in (with_scripts, without))
        if seen != left:
            lost[name] = {what: (seen[what], left[what]) for what in seen if seen[what] != left[what]}
    complaints.clear()  # the pages' own complaints are another test's
    assert lost == {}


def content(page: Page) -> dict[str, int]:
    """How much of each kind can be seen in the page's main part."""
    counted: dict[str, int] = page.evaluate(
        """() => {
            const main = document.querySelector("main");
            const seen = (selector) => [...main.querySelectorAll(selector)].filter(
                (element) => element.checkVisibility({ visibilityProperty: true })
                    && !element.closest(".js-only")).length;
            return { headings: seen("h1, h2, h3"), rows: seen("tr, li"), cells: seen("td, th, dd"),
                links: seen("a"), fields: seen("input, select, textarea"), pictures: seen("svg[role=img]") };
        }"""
    )
    return counted


def test_the_first_page_is_light(live_server: LiveServer, open_browser: OpenBrowser) -> None:
    """Everything that a newcomer's browser fetches, as the web process sends it: text compressed beforehand."""
    page = open_browser().new_page()
    made: list[Request] = []

    def record(request: Request) -> None:
        made.append(request)

    page.on("requestfinished", record)
    page.goto(f"{live_server.url}/", wait_until="networkidle")
    sizes = {urlsplit(request.url).path: transferred(request) for request in made}
    assert sum(sizes.values()) < LIGHT, sizes
    blocking = page.evaluate(
        """() => performance.getEntriesByType("resource")
            .filter((entry) => entry.renderBlockingStatus === "blocking" && entry.initiatorType === "link")
            .map((entry) => new URL(entry.name).pathname)"""
    )
    assert blocking == ["/static/css/site.css", "/static/css/rating.css"]


def transferred(request: Request) -> int:
    response = request.response()
    assert response is not None
    if urlsplit(request.url).path.startswith("/static/"):
        return len(gzip.compress(response.body()))
    return request.sizes()["responseBodySize"]
