"""The moderators' admin in a real browser: finding imports, reverting them, and the audit trail.

SCREENSHOTS=FOLDER in the environment keeps a picture of each of its pages, as of the others.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from imports.models import AuditEntry, Import, Score, State
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import factories, people
from tests.browser.conftest import OpenBrowser, sign_in
from tests.browser.test_accessibility import AXE, asked
from tests.browser.test_every_page import FOLDER, keep_pictures

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_clean")]

WIDTHS = (1280, 390, 320)
DJANGOS_OWN = {"label-title-only": "the label of a list's search field is a picture, with its alternative text"}
"""Rules of axe that Django's own markup breaks, and why we leave it so."""


@pytest.fixture
def three() -> list[Import]:
    """Imports of Alice's, one score each; the last is taken back already."""
    alice = people.alice()
    made = [factories.an_import(alice, factories.score_on(chart), client="Hook/1.0") for chart in factories.charts(3)]
    revert(made[-1], RevertRequest(by=alice, reason="twice"))
    return made


@pytest.fixture
def desk(live_server: LiveServer, open_browser: OpenBrowser, three: list[Import]) -> Page:
    """Mo's browser, signed in."""
    people.mo()
    page = open_browser(viewport={"width": 1280, "height": 900}, reduced_motion="reduce").new_page()
    sign_in(page, live_server.url, "Mo_")
    return page


@pytest.mark.parametrize("width", WIDTHS)
def test_found_imports_are_reverted_after_one_question_and_recorded(
    width: int, desk: Page, live_server: LiveServer, three: list[Import]
) -> None:
    desk.set_viewport_size({"width": width, "height": 900})
    desk.goto(f"{live_server.url}/admin/imports/import/?client=Hook/1.0&state=completed")
    for job in three[:2]:
        desk.get_by_role("row").filter(has=desk.locator(f'a[href*="/{job.pk}/change/"]')).get_by_role(
            "checkbox"
        ).check()
    desk.get_by_role("combobox", name="Action").select_option("revert_selected")
    desk.get_by_title("Run the selected action").click()
    expect(desk.get_by_role("main")).to_contain_text("Revert 2 imports of 1 player?")
    expect(desk.get_by_role("definition").first).to_have_text("2")
    assert Score.objects.count() == 2

    desk.get_by_label("Reason").fill("a wild hook")
    desk.get_by_role("button", name="Revert 2 imports").click()
    expect(desk.get_by_text("Reverted 2 imports. 2 scores removed.")).to_be_visible()
    assert not Score.objects.exists()
    assert set(Import.objects.values_list("state", flat=True)) == {State.REVERTED}

    desk.goto(f"{live_server.url}/admin/imports/auditentry/")
    expect(desk.get_by_role("row").filter(has_text="a wild hook")).to_have_count(2)


@pytest.fixture
def pages(desk: Page, live_server: LiveServer, three: list[Import]) -> dict[str, str]:
    """Every page that moderating leads over, by name."""
    admin, job = f"{live_server.url}/admin/", three[0]
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


def test_the_admin_is_quiet_fits_and_axe_finds_nothing(
    desk: Page, pages: dict[str, str], complaints: list[str]
) -> None:
    """In both widths and both themes."""
    wrong: dict[str, Any] = {}
    for name, address in pages.items():
        desk.goto(address, wait_until="networkidle")
        if name == "admin-revert":
            desk.get_by_role("button", name="Revert…").click()
            expect(desk.get_by_role("main")).to_contain_text("Revert 1 import of 1 player?")
        said = list(complaints)
        wrong |= flaws_of(desk, name)
        complaints[:] = said  # axe itself tries out styles, which the policy forbids
    assert wrong == {}


def flaws_of(page: Page, name: str) -> dict[str, Any]:
    """What is wrong with this page, by place."""
    wrong: dict[str, Any] = {}
    page.evaluate(AXE.read_text())
    for place, found in asked(page):
        left = [line for line in found if line.partition(":")[0] not in DJANGOS_OWN]
        if left:
            wrong[f"{name}, {place}"] = left
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if overflow > 0:
            wrong[f"{name} at {width}"] = f"{overflow} pixels too wide"
        if FOLDER:
            Path(FOLDER).mkdir(parents=True, exist_ok=True)
            keep_pictures(page, f"{name}-{width}")
    return wrong
