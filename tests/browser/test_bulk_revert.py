"""Selecting several imports in the list, reverting and restoring them; with and without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from imports.models import Import, Score, State, User
from tests import factories
from tests.browser.conftest import OpenBrowser, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_clean")]


@pytest.fixture
def three_imports(alice: User) -> list[Import]:
    """Three imports of one score each."""
    return [
        factories.create_import(
            alice,
            factories.score_on(chart, timeAchieved=factories.NOON),
            file_name=f"night-{place}.json",
            user_intent=True,
        )
        for place, chart in enumerate(factories.charts(3))
    ]


def confirm_revert(page: Page, count: int) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Revert these {count} imports?")
    expect(page.get_by_role("main")).to_contain_text(f"{count} scores will be removed.")
    page.get_by_role("button", name=f"Revert {count} imports").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{count} imports reverted")


def test_the_action_bar_counts_the_selected_imports(
    live_server: LiveServer, open_browser: OpenBrowser, three_imports: list[Import]
) -> None:
    page = open_browser(viewport={"width": 1280, "height": 900}).new_page()
    sign_in(page, live_server.url)
    page.goto(f"{live_server.url}/imports/")
    bar = page.get_by_role("group", name="Selected imports")
    expect(bar).to_be_hidden()
    select_all = page.get_by_label("Select all").and_(page.locator(":visible"))
    page.get_by_label("Select Song 2 EXH 16").check()
    expect(bar).to_contain_text("1 selected")
    assert select_all.evaluate("box => box.indeterminate")
    select_all.check()
    expect(bar).to_contain_text("3 selected")
    page.get_by_label("Select Song 1 EXH 16").uncheck()
    expect(bar.get_by_role("button", name="Revert 2…")).to_be_visible()
    bar.get_by_role("button", name="Clear").click()
    expect(bar).to_be_hidden()
    expect(select_all).not_to_be_checked()


def test_selected_imports_are_reverted_and_restored_together(
    live_server: LiveServer, open_browser: OpenBrowser, three_imports: list[Import]
) -> None:
    page = open_browser(viewport={"width": 390, "height": 800}).new_page()
    sign_in(page, live_server.url)
    page.goto(f"{live_server.url}/imports/")
    page.get_by_label("Select all").and_(page.locator(":visible")).check()
    page.get_by_role("button", name="Revert 3…").click()
    confirm_revert(page, 3)
    assert not Score.objects.exists()

    page.get_by_role("button", name="Restore all 3").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your imports")
    expect(page.get_by_text("Restoring 3 imports…")).to_be_visible()
    assert set(Import.objects.values_list("state", flat=True)) == {State.QUEUED}


def test_selected_imports_are_reverted_and_restored_without_scripts(
    live_server: LiveServer, open_browser: OpenBrowser, three_imports: list[Import]
) -> None:
    page = open_browser(java_script_enabled=False).new_page()
    sign_in(page, live_server.url)
    page.goto(f"{live_server.url}/imports/")
    expect(page.get_by_label("Select all")).to_have_count(1)
    expect(page.get_by_label("Select all").and_(page.locator(":visible"))).to_have_count(0)
    for name in ("Song 1 EXH 16", "Song 3 EXH 16"):
        page.get_by_label(f"Select {name}").check()
    page.get_by_role("button", name="Revert selected…").click()
    confirm_revert(page, 2)
    page.get_by_role("button", name="Restore night-2.json").click()
    expect(page).to_have_url(f"{live_server.url}/imports/{three_imports[2].import_id}/")
    assert list(Import.objects.order_by("pk").values_list("state", flat=True)) == ["reverted", "completed", "queued"]


def test_the_list_is_filtered_without_scripts(
    live_server: LiveServer, open_browser: OpenBrowser, three_imports: list[Import]
) -> None:
    page = open_browser(java_script_enabled=False, viewport={"width": 390, "height": 800}).new_page()
    sign_in(page, live_server.url)
    page.goto(f"{live_server.url}/imports/")
    page.locator(".filterbox > summary").click()
    page.get_by_label("Search").fill("nowhere")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", name="No matching imports")).to_be_visible()
    expect(page.locator("[name=q]")).to_have_value("nowhere")
    page.get_by_role("link", name="Clear all").click()
    expect(page.get_by_role("link", name="Song 1 EXH 16")).to_be_visible()
