"""The page of the API in a browser: it works with the Content-Security-Policy and uses no other host."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import OpenBrowser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_operation_of_the_api_can_be_tried_out(
    live_server: LiveServer, open_browser: OpenBrowser, console_errors: list[str]
) -> None:
    """The fixture `console_errors` checks that no policy is violated."""
    page = open_browser().new_page()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(f"{live_server.url}/api/docs/")
    # Only the operations in view are in the document.
    page.get_by_placeholder("Filter by tag or path").fill("/api/v1/status")
    operation = page.locator("#operations-Instance-getStatus")
    operation.locator(".opblock-summary-control").click()
    page.wait_for_url("**/api/docs/#/Instance/getStatus")
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    response = operation.locator(".live-responses-table .response-col_status", has_text="200")
    expect(response).to_be_visible()
    expect(operation.locator(".live-responses-table")).to_contain_text("Status check successful.")
    assert {url.split("/")[2] for url in requested if not url.startswith(("data:", "blob:"))} == {
        live_server.url.removeprefix("http://")
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_of_the_schema_follows_the_theme(
    live_server: LiveServer, open_browser: OpenBrowser, theme: str
) -> None:
    page = open_browser(color_scheme=theme).new_page()
    page.goto(f"{live_server.url}/api/docs/")
    page.locator(".opblock-tag").first.wait_for()
    assert page.evaluate("document.documentElement.classList.contains('dark-mode')") is (theme == "dark")
