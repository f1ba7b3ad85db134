"""Error pages and the page of the API have no violations of axe's rules (WCAG 2.2, A and AA); the checks work."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Page, Route
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import OpenBrowser
from tests.browser.page_checks import AXE, keyboard_errors, markup_errors, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ERROR_PAGES = {
    "400.html": {},
    "403.html": {},
    "403_csrf.html": {},
    "404.html": {},
    "500.html": {},
    "503.html": {},
    "busy.html": {"back_url": "/"},
    "too-often.html": {"back_url": "/", "wait": "Try again in 3 minutes."},
}
"""Templates of error pages without a URL, with their context."""


def test_error_pages_have_no_axe_violations_and_fit_narrow_screens(
    live_server: LiveServer, open_browser: OpenBrowser, console_errors: list[str]
) -> None:
    page = open_browser(reduced_motion="reduce").new_page()
    bodies = {name: render_to_string(name, context) for name, context in ERROR_PAGES.items()}

    def fulfill(route: Route) -> None:
        route.fulfill(content_type="text/html; charset=utf-8", body=bodies[route.request.url.rpartition("/")[2]])

    page.route("**/errors/*", fulfill)
    wrong: dict[str, Any] = {}
    for name in ERROR_PAGES:
        page.goto(f"{live_server.url}/errors/{name}")
        page.evaluate(AXE)
        wrong |= {f"{name}, {place}": found for place, found in violations(page) if found}
        page.set_viewport_size({"width": 320, "height": 800})
        wrong |= {f"{name} at 320": flaw for flaw in markup_errors(page)}
    console_errors.clear()
    assert wrong == {}


@pytest.mark.parametrize("operation", ["Submitting%20scores/importFile", "Authentication%20and%20tokens/changeClient"])
def test_an_opened_api_operation_has_no_axe_violations_and_fits_narrow_screens(
    operation: str, live_server: LiveServer, open_browser: OpenBrowser
) -> None:
    """One operation has all kinds of fields, the other a JSON body."""
    page = open_browser(reduced_motion="reduce").new_page()
    page.goto(f"{live_server.url}/api/docs/#/{operation}")
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").wait_for()
    assert page_errors(page) == {}


def test_the_api_schemas_and_tokens_have_no_axe_violations_and_fit_narrow_screens(
    live_server: LiveServer, open_browser: OpenBrowser
) -> None:
    page = open_browser(reduced_motion="reduce").new_page()
    page.goto(f"{live_server.url}/api/docs/")
    page.get_by_role("button", name="Schemas").click()
    page.locator(".models").get_by_role("button", name="Expand all").first.wait_for()
    assert page_errors(page) == {}
    page.get_by_role("button", name="Authorize", exact=True).click()
    page.get_by_role("heading", name="Available authorizations").wait_for()
    assert page_errors(page) == {}


def page_errors(page: Page) -> dict[str, Any]:
    """Returns the violations that axe finds on a page, and its markup errors on the narrowest screen."""
    page.evaluate(AXE)
    found = {place: lines for place, lines in violations(page) if lines}
    page.set_viewport_size({"width": 320, "height": 800})
    if narrow := markup_errors(page):
        found["at 320"] = narrow
    return found


def test_the_axe_check_detects_violations(open_browser: OpenBrowser) -> None:
    page = open_browser().new_page()
    page.set_content(
        "<html><body><main><h1>x</h1><img src='x.png'><p style='color: #999'>pale</p></main></body></html>"
    )
    page.evaluate(AXE)
    found = {line.partition(":")[0] for _, lines in violations(page) for line in lines}
    assert {"image-alt", "html-has-lang", "document-title", "color-contrast"} <= found


def test_the_keyboard_check_detects_a_missing_outline(open_browser: OpenBrowser) -> None:
    page = open_browser().new_page()
    page.set_content("<style>a { outline: none }</style><a href='#'>no outline</a><button>well</button>")
    assert keyboard_errors(page) == ["no outline at stop 0"]
