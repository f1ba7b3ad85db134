"""Journeys of a new user: signing up, the account pages, tokens."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from playwright.sync_api import expect
from pytest_django import Settings

from imports.models import APIToken, Import, User
from tests import people
from tests.browser.browser_page import CHECKED, IMPORT, Visitor, to_json
from tests.browser.conftest import OpenBrowser
from tests.browser.fixtures import sample_document

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NEW_PASSWORD = "an even better one"


@pytest.mark.usefixtures("worker")
def test_a_new_user_signs_up_imports_and_opens_the_profile(visitor: Visitor, console_errors: list[str]) -> None:
    page = visitor.page
    visitor.go_to("/")
    page.get_by_role("link", name="Create account").click()
    page.get_by_label("Name").fill("Mirei")
    for label in ("Password", "Repeat password"):
        page.get_by_label(label, exact=True).fill("short")
    page.get_by_role("button", name="Create account").click()
    weak = page.get_by_label("Password", exact=True)
    expect(weak).to_be_focused()
    expect(weak).to_have_accessible_description(re.compile("too short"))
    visitor.take_picture("too-short")
    for label in ("Password", "Repeat password"):
        page.get_by_label(label, exact=True).fill(people.PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_text("Welcome, Mirei!")).to_be_visible()
    expect(visitor.heading).to_have_text("Upload scores")
    visitor.take_picture("welcome")

    visitor.navigate("Profile")
    visitor.main.get_by_role("link", name="Upload a file").click()
    visitor.drop("昨夜.json", to_json(sample_document("sdvx")))
    page.wait_for_url(CHECKED)
    page.get_by_role("button", name=re.compile("^Import")).first.click()
    page.wait_for_url(IMPORT)
    expect(visitor.heading).to_contain_text("new scores", timeout=30_000)
    visitor.navigate("Profile")
    stats = visitor.main.get_by_role("listitem").filter(has_text="SOUND VOLTEX").first
    expect(stats).to_contain_text(re.compile(r"\d+\.\d+ VOLFORCE.*#1\s+of 1", re.DOTALL))
    visitor.take_picture("profile")
    # A browser logs a refused request on its console.
    console_errors[:] = [line for line in console_errors if "status of 400" not in line]


def test_the_landing_page_has_no_sign_up_link_if_sign_ups_are_closed(visitor: Visitor, settings: Settings) -> None:
    settings.TACHI_SIGNUPS = False
    visitor.go_to("/")
    expect(visitor.page.get_by_role("link", name="Sign in").first).to_be_visible()
    expect(visitor.page.get_by_role("link", name="Create account")).to_have_count(0)


def test_a_password_change_and_sign_out_everywhere_end_other_sessions(
    player: Visitor, open_browser: OpenBrowser
) -> None:
    other = Visitor(open_browser(), player.server, player.screen, "other-browser")
    other.sign_in()
    page = player.page
    player.go_to("/account/")
    player.take_picture("account")
    page.get_by_role("link", name="Password").click()
    page.get_by_label("Current password").fill(people.PASSWORD)
    for label in ("New password", "Repeat new password"):
        page.get_by_label(label, exact=True).fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(player.heading).to_have_text("Account")
    other.go_to("/account/")
    expect(other.heading).to_have_text("Sign in")

    other.sign_in(password=NEW_PASSWORD)
    page.get_by_role("link", name="Sign out everywhere").click()
    page.get_by_label("Your password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Sign out other browsers").click()
    expect(player.heading).to_have_text("Account")
    other.go_to("/account/")
    expect(other.heading).to_have_text("Sign in")


def test_the_selected_theme_persists_on_other_pages(visitor: Visitor) -> None:
    def background() -> str:
        color: str = visitor.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        return color

    visitor.go_to("/")
    preferred = background()
    visitor.page.get_by_role("button", name="Theme").click()
    switched = background()
    assert switched != preferred
    visitor.go_to("/games/")
    assert background() == switched


@pytest.mark.usefixtures("catalogue", "redis_clean")
def test_a_token_is_created_copied_used_and_revoked(player: Visitor, alice: User) -> None:
    player.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=player.server)
    page = player.page
    player.navigate("Tools")
    page.get_by_role("link", name="New token").click()
    page.get_by_label("Name", exact=True).fill("arcade hook")
    page.get_by_role("checkbox", name="Revert imports").check()
    page.get_by_role("button", name="Create token").click()
    page.get_by_role("button", name="Copy token").click()
    secret = page.evaluate("navigator.clipboard.readText()")
    assert APIToken.objects.get().permissions == ["submit_score", "delete_score"]
    page.get_by_role("button", name="Copy command").click()
    line = page.evaluate("navigator.clipboard.readText()")
    assert secret in line
    player.take_picture("created")
    row = page.get_by_role("row").filter(has_text="arcade hook")
    expect(row).to_contain_text("never")

    assert status_of_command(line, player.server) == 202
    assert Import.objects.get().user == alice
    player.go_to("/tokens/")
    expect(page.get_by_text(secret)).to_have_count(0)
    expect(row.locator(".t-use time")).to_be_visible()

    row.get_by_role("link", name="Revoke…").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke token").click()
    expect(row).to_have_count(0)
    assert status_of_command(line, player.server) == 401


def status_of_command(line: str, server: str) -> int:
    """Runs a curl command with a sample document as scores.json; returns the status of the response."""
    assert line.startswith("curl ")
    assert server in line
    body = json.dumps(sample_document("sdvx"))
    actual = subprocess.run(  # the command as a user pastes it, with the file from standard input
        ["sh", "-c", f"{line.replace('@scores.json', '@-')} -s -o /dev/null -w '%{{http_code}}'"],
        input=body,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return int(actual.stdout)
