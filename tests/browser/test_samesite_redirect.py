"""Requests from pages of other sites in a browser: allowed to the API with a token, refused with a session."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from imports.models import Import, Permission, User
from tests import people
from tests.browser.conftest import OpenBrowser, sign_in
from tests.factories import batch_manual, unknown_score

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_clean")]

PAGE = b"<!doctype html><title>Another site</title><link rel=icon href=data:,><p><a href='%s'>to the scores</a>"

FETCH = """async ([url, options]) => {
  try {
    const response = await fetch(url, options);
    return {status: response.status, request_id: response.headers.get("X-Request-ID"), body: await response.json()};
  } catch (error) { return {status: 0, error: String(error)}; }
}"""


@pytest.fixture
def other_site(live_server: LiveServer) -> Iterator[str]:
    """A site with another host name: localhost instead of 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 0.5  # seconds; browsers open a second connection that they may never use

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(PAGE % f"{server_url(live_server)}/imports/".encode())

        def log_message(self, *_args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False  # server_close() waits for them
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def server_url(server: LiveServer) -> str:
    return server.url.replace("localhost", "127.0.0.1")


def fetch(page: Page, url: str, **options: Any) -> Any:
    return page.evaluate(FETCH, [url, options])


@pytest.fixture
def browser(open_browser: OpenBrowser) -> BrowserContext:
    return open_browser()


def test_a_page_of_another_site_submits_scores_with_a_token_and_polls_without_one(
    browser: BrowserContext, other_site: str, live_server: LiveServer
) -> None:
    token = people.token_of(people.alice(), Permission.SUBMIT_SCORE)
    page = browser.new_page()
    page.goto(other_site)
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "X-User-Intent": "true",
        "Idempotency-Key": "one",
        "X-Infer-Score-TimeAchieved": "true",
    }
    document = page.evaluate("JSON.stringify", batch_manual(unknown_score()))
    sent = fetch(
        page, f"{server_url(live_server)}/ir/direct-manual/import", method="POST", headers=headers, body=document
    )
    assert sent["status"] == 202, sent
    assert len(sent["request_id"]) == 32  # readable because the header is exposed
    assert Import.objects.get().user_intent
    polled = fetch(page, sent["body"]["body"]["url"])
    assert polled["status"] == 200
    assert polled["body"]["body"]["importStatus"] == "ongoing"


def test_a_page_of_another_site_cannot_use_the_session_of_its_user(
    browser: BrowserContext, other_site: str, live_server: LiveServer, alice: User, console_errors: list[str]
) -> None:
    page = browser.new_page()
    sign_in(page, server_url(live_server))
    assert fetch(page, f"{server_url(live_server)}/api/v1/status")["body"]["body"]["whoami"] == alice.pk
    page.goto(other_site)
    assert fetch(page, f"{server_url(live_server)}/api/v1/status")["body"]["body"]["whoami"] is None
    with_cookies = fetch(page, f"{server_url(live_server)}/api/v1/status", credentials="include")
    assert with_cookies["status"] == 0
    assert any("credentials mode is 'include'" in line for line in console_errors)  # Chromium logs the reason
    console_errors.clear()


def test_a_page_of_another_site_cannot_sign_its_user_in(
    browser: BrowserContext, other_site: str, live_server: LiveServer, alice: User, console_errors: list[str]
) -> None:
    page = browser.new_page()
    page.goto(other_site)
    login = f"{server_url(live_server)}/api/v1/auth/login"
    body = page.evaluate("JSON.stringify", {"username": "alice", "!password": people.PASSWORD})
    headers = {"Content-Type": "application/json"}
    actual = [
        fetch(page, login, method="POST", headers=headers, body=body)["status"],
        fetch(page, login, method="POST", headers=headers, body=body, credentials="include")["status"],
        fetch(page, login, method="POST", headers={"Content-Type": "text/plain"}, body=body)["status"],
    ]
    assert actual == [403, 0, 403]
    assert not [cookie for cookie in browser.cookies() if cookie.get("name") == people.SESSION_COOKIE]
    console_errors.clear()


def test_a_user_who_follows_a_link_from_another_site_is_still_signed_in(
    browser: BrowserContext, other_site: str, live_server: LiveServer, alice: User
) -> None:
    page = browser.new_page()
    sign_in(page, server_url(live_server))
    page.goto(other_site)
    page.get_by_role("link", name="to the scores").click()
    page.get_by_role("link", name="Account").wait_for()
    assert page.url == f"{server_url(live_server)}/imports/"  # not the sign-in page
    page.go_back()
    assert page.url == other_site  # the redirecting page is not in the history


def test_a_guest_who_follows_a_link_from_another_site_gets_the_page_after_sign_in(
    browser: BrowserContext, other_site: str, live_server: LiveServer, alice: User
) -> None:
    page = browser.new_page()
    page.goto(other_site)
    page.get_by_role("link", name="to the scores").click()
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password").fill(people.PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{server_url(live_server)}/imports/")


def test_the_session_cookie_is_same_site_strict_and_http_only(
    browser: BrowserContext, live_server: LiveServer, alice: User
) -> None:
    page = browser.new_page()
    sign_in(page, server_url(live_server))
    (cookie,) = [cookie for cookie in browser.cookies() if cookie.get("name") == people.SESSION_COOKIE]
    assert (cookie.get("sameSite"), cookie.get("httpOnly")) == ("Strict", True)
    assert page.evaluate("document.cookie") == ""
