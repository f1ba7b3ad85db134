"""The moderators' admin in a browser: finding imports, reverting them, and the audit trail.

SCREENSHOTS=FOLDER in the environment saves screenshots of its pages.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from imports.models import AuditEntry, Import, Score, State
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import factories, people
from tests.browser.conftest import OpenBrowser, sign_in
from tests.browser.page_checks import AXE, violations
from tests.browser.test_every_page import FOLDER, save_screenshots

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_clean")]

WIDTHS = (1280, 390, 320)
IGNORED_RULES = {"label-title-only": "the label of a list's search field is a picture, with its alternative text"}
"""Rules of axe that Django's markup violates, and why they are ignored."""
TOO_WIDE = """() => {
    const edge = document.documentElement.clientWidth;
    const parts = document.querySelectorAll("body, .actions, .actions label, .actions select, .form-row, .submit-row");
    const isTooWide = (part) => part.scrollWidth > part.clientWidth + 1 || part.getBoundingClientRect().right > edge;
    return [...parts].filter(isTooWide).map((part) => part.outerHTML.slice(0, 80));
}"""
"""Returns the parts of a page that stick out of it, or whose content sticks out of them."""


@pytest.fixture
def three_imports() -> list[Import]:
    """Three imports of Alice's with one score each; the last one is reverted."""
    alice = people.alice()
    imports = [
        factories.create_import(alice, factories.score_on(chart), client="Hook/1.0") for chart in factories.charts(3)
    ]
    revert(imports[-1], RevertRequest(by=alice, reason="twice"))
    return imports


@pytest.fixture
def mo_page(live_server: LiveServer, open_browser: OpenBrowser, three_imports: list[Import]) -> Page:
    """Mo's browser, signed in."""
    people.mo()
    page = open_browser(viewport={"width": 1280, "height": 900}, reduced_motion="reduce").new_page()
    sign_in(page, live_server.url, "Mo_")
    return page


@pytest.mark.parametrize("width", WIDTHS)
def test_filtered_imports_are_reverted_after_one_confirmation_and_audited(
    width: int, mo_page: Page, live_server: LiveServer, three_imports: list[Import]
) -> None:
    mo_page.set_viewport_size({"width": width, "height": 900})
    mo_page.goto(f"{live_server.url}/admin/imports/import/?client=Hook/1.0&state=completed")
    for job in three_imports[:2]:
        mo_page.get_by_role("row").filter(has=mo_page.locator(f'a[href*="/{job.pk}/change/"]')).get_by_role(
            "checkbox"
        ).check()
    mo_page.get_by_role("combobox", name="Action").select_option("revert_selected")
    mo_page.get_by_title("Run the selected action").click()
    expect(mo_page.get_by_role("main")).to_contain_text("Revert 2 imports of 1 player?")
    expect(mo_page.get_by_role("definition").first).to_have_text("2")
    assert Score.objects.count() == 2

    mo_page.get_by_label("Reason").fill("a wild hook")
    mo_page.get_by_role("button", name="Revert 2 imports").click()
    expect(mo_page.get_by_text("Reverted 2 imports. 2 scores removed.")).to_be_visible()
    assert not Score.objects.exists()
    assert set(Import.objects.values_list("state", flat=True)) == {State.REVERTED}

    mo_page.goto(f"{live_server.url}/admin/imports/auditentry/")
    expect(mo_page.get_by_role("row").filter(has_text="a wild hook")).to_have_count(2)


@pytest.fixture
def pages(mo_page: Page, live_server: LiveServer, three_imports: list[Import]) -> dict[str, str]:
    """Name -> address of the pages for moderators."""
    admin, job = f"{live_server.url}/admin/", three_imports[0]
    entry = AuditEntry.objects.latest("pk")
    return {
        "admin": admin,
        "admin-imports": f"{admin}imports/import/",
        "admin-import": f"{admin}imports/import/{job.pk}/change/",
        "admin-revert": f"{admin}imports/import/{job.pk}/change/",
        "admin-history": f"{admin}imports/auditentry/",
        "admin-entry": f"{admin}imports/auditentry/{entry.pk}/change/",
        "admin-queue": f"{admin}queue/",
        "admin-users": f"{admin}imports/user/",
        "admin-user": f"{admin}imports/user/{job.user_id}/change/",
        "admin-blocked": f"{admin}imports/blockedclient/",
    }


def test_admin_pages_have_no_console_errors_overflow_or_axe_violations(
    mo_page: Page, pages: dict[str, str], console_errors: list[str]
) -> None:
    """In both widths and both themes."""
    wrong: dict[str, Any] = {}
    for name, address in pages.items():
        mo_page.goto(address, wait_until="networkidle")
        if name == "admin-revert":
            mo_page.get_by_role("button", name="Revert…").click()
            expect(mo_page.get_by_role("main")).to_contain_text("Revert 1 import of 1 player?")
        errors = list(console_errors)
        wrong |= page_errors(mo_page, name)
        console_errors[:] = errors  # axe tries styles that the policy forbids
    assert wrong == {}


def page_errors(page: Page, name: str) -> dict[str, Any]:
    """Returns the violations found by axe and the overflow of a page, by size."""
    wrong: dict[str, Any] = {}
    page.evaluate(AXE)
    for place, found in violations(page):
        remaining = [line for line in found if line.partition(":")[0] not in IGNORED_RULES]
        if remaining:
            wrong[f"{name}, {place}"] = remaining
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if overflow > 0:
            wrong[f"{name} at {width}"] = f"{overflow} pixels too wide"
        if FOLDER:
            Path(FOLDER).mkdir(parents=True, exist_ok=True)
            save_screenshots(page, f"{name}-{width}")
    return wrong


def test_every_list_and_form_of_the_admin_fits_a_phone(
    live_server: LiveServer, open_browser: OpenBrowser, three_imports: list[Import]
) -> None:
    """In both languages; wide tables scroll on their own, and what is asked before an action is never cut off."""
    people.ada()
    page = open_browser(viewport={"width": 390, "height": 844}).new_page()
    sign_in(page, live_server.url, "ada")
    page.goto(f"{live_server.url}/admin/")
    found = page.eval_on_selector_all("main a[href^='/admin/']", "links => links.map((link) => link.pathname)")
    wrong: dict[str, Any] = {}
    for language in ("en", "ja"):
        page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": live_server.url}])
        for address in sorted(set(found)):
            page.goto(f"{live_server.url}{address}")
            if flaws := page.evaluate(TOO_WIDE):
                wrong[f"{address} in {language}"] = flaws
    assert len(found) > 30
    assert wrong == {}
