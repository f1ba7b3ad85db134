"""Checks every page in every state, in a browser: console errors, overflow, size, accessibility, keyboard navigation.

The tests share one set of data, and only read it. Slow tests check one state of each page; in CI every state.

SCREENSHOTS=FOLDER saves screenshots of all states, in two widths and both themes; PICTURES=docs/pictures saves the
pictures of the documentation.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import call_command
from playwright.sync_api import Browser, Page, Request
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer
from redis import Redis

from tests.browser.conftest import SAMPLE, OpenBrowser
from tests.browser.page_checks import AXE, THEMES, keyboard_errors, markup_errors, violations, visible_content
from tests.browser.page_opener import PageOpener
from tests.browser.page_states import PageStates, page_states, page_url_names, url_name_of

pytestmark = pytest.mark.browser

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
"""(State, width) -> name in docs/pictures, theme, and height in pixels."""

MAX_LANDING_PAGE_BYTES = 100_000
PARTS = 4  # of the axe check, each a separate test, so that several workers share them


class Site(NamedTuple):
    """A server with data for every page, and the states of the pages."""

    url: str
    pages: PageStates


@pytest.fixture(scope="module")
def site(chromium: Browser, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Site]:
    """Shared by all tests of the file, which commit only sign-ins; the database is emptied after the last test."""
    redis = Redis.from_url(os.environ["REDIS_URL"])
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setattr(settings, "TACHI_MAIL", True)
        redis.flushdb()
        server = LiveServer("localhost")
        try:
            call_command("load_seeds", str(SAMPLE / "seeds"), verbosity=0)
            yield Site(server.url, page_states(redis))
        finally:
            server.stop()
            call_command("flush", verbosity=0, interactive=False, reset_sequences=False)  # as Django's own tests do
            redis.flushdb()
            redis.close()


def test_every_page_has_a_state_and_no_console_or_markup_errors(
    site: Site, open_browser: OpenBrowser, console_errors: list[str]
) -> None:
    """A new URL needs a state in `page_states.page_states`, or a reason in `page_states.NO_PAGES`."""
    assert {url_name_of(address) for _, address in site.pages.values()} - {""} == page_url_names()
    opener = PageOpener(open_browser(viewport={"width": DESK, "height": 800}), site.url)
    wrong: list[str] = []
    for name, (reader, address) in site.pages.items():
        page = opener.open_page(reader, address)
        for width in (DESK, PHONE, NARROWEST):
            page.set_viewport_size({"width": width, "height": 800})
            wrong += [f"{name} at {width}: {flaw}" for flaw in markup_errors(page)]
            if FOLDER and width != NARROWEST:
                save_screenshots(page, f"{name}-{width}")
            if PICTURES and (name, width) in SHOWN:
                save_document_picture(page, *SHOWN[name, width])
    # Some of these pages have the status 404, 403 or 410, which browsers log on their console.
    console_errors[:] = [line for line in console_errors if "status of 4" not in line]
    assert wrong == []


def save_screenshots(page: Page, name: str) -> None:
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        page.screenshot(path=Path(str(FOLDER)) / f"{name}-{theme}.png", full_page=True)
    page.emulate_media(color_scheme="light")


def save_document_picture(page: Page, name: str, theme: Literal["light", "dark"], height: int) -> None:
    """Saves what is visible on a screen of this height."""
    size = page.viewport_size
    assert size is not None
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": size["width"], "height": height})
    page.screenshot(path=Path(str(PICTURES)) / f"{name}.png")
    page.set_viewport_size(size)
    page.emulate_media(color_scheme="light")


def test_every_page_shows_its_content_without_scripts(
    site: Site, open_browser: OpenBrowser, console_errors: list[str]
) -> None:
    with_scripts = PageOpener(open_browser(), site.url)
    without = PageOpener(open_browser(java_script_enabled=False), site.url)
    lost: dict[str, Any] = {}
    for name, (reader, address) in states_to_check(site.pages).items():
        expected, actual = (visible_content(opener.open_page(reader, address)) for opener in (with_scripts, without))
        if actual != expected:
            lost[name] = {kind: (expected[kind], actual[kind]) for kind in expected if actual[kind] != expected[kind]}
    console_errors.clear()  # tested by the first test
    assert lost == {}


def test_the_landing_page_is_small(site: Site, open_browser: OpenBrowser) -> None:
    """Counts all files that a browser with an empty cache loads. The web process sends static files compressed."""
    page = open_browser().new_page()
    requests: list[Request] = []

    def record(request: Request) -> None:
        requests.append(request)

    page.on("requestfinished", record)
    page.goto(f"{site.url}/", wait_until="networkidle")
    sizes = {urlsplit(request.url).path: transferred(request) for request in requests}
    assert sum(sizes.values()) < MAX_LANDING_PAGE_BYTES, sizes
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


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_has_no_axe_violations(
    part: int, site: Site, open_browser: OpenBrowser, console_errors: list[str]
) -> None:
    """In both widths and both themes; in CI in all their combinations."""
    opener = PageOpener(open_browser(reduced_motion="reduce"), site.url)
    wrong: dict[str, Any] = {}
    for name, (reader, address) in list(states_to_check(site.pages).items())[part::PARTS]:
        page = opener.open_page(reader, address)
        page.evaluate(AXE)
        wrong |= {f"{name}, {place}": found for place, found in violations(page) if found}
    console_errors.clear()  # tested by the first test
    assert wrong == {}


def test_every_control_is_reachable_by_keyboard_with_an_outline(
    site: Site, open_browser: OpenBrowser, console_errors: list[str]
) -> None:
    opener = PageOpener(open_browser(viewport={"width": 1280, "height": 800}), site.url)
    wrong: dict[str, Any] = {}
    for name, (reader, address) in first_states(site.pages).items():
        if missed := keyboard_errors(opener.open_page(reader, address)):
            wrong[name] = missed
    console_errors.clear()
    assert wrong == {}


def states_to_check(pages: PageStates) -> PageStates:
    """Returns all states in CI, otherwise one state of each page."""
    return pages if os.environ.get("CI") else first_states(pages)


def first_states(pages: PageStates) -> PageStates:
    """Returns the first state of each page; the states of a page have mostly the same controls."""
    firsts: dict[str, str] = {}
    for name, (_, address) in pages.items():
        firsts.setdefault(url_name_of(address), name)
    return {name: pages[name] for name in firsts.values()}
