"""A complete import in a browser, from sign-in to revert and restore; with and without scripts."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from imports.models import AuditEntry, Chart, Import, PersonalBest, Score, Session, State, User
from tests.browser.browser_page import drop_file
from tests.browser.conftest import OpenBrowser, sample_file, sign_in, write_large_file

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROWS = 30_000 if os.environ.get("CI") else 10_000
CHECKED = re.compile("/import/checked/[0-9a-f]{32}/$")
# Records every value of the progress bar, across reloads.
RECORD = """
new MutationObserver(() => {
  const gauge = document.querySelector(".meter progress");
  if (!gauge) return;
  const seen = JSON.parse(sessionStorage.getItem("seen") ?? "[]");
  if (seen.at(-1) !== gauge.value) sessionStorage.setItem("seen", JSON.stringify([...seen, gauge.value]));
}).observe(document, { subtree: true, childList: true, attributes: true });
"""


@pytest.mark.usefixtures("alice", "catalogue", "redis_clean")
@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_an_import_is_checked_watched_read_reverted_and_restored(
    *,
    live_server: LiveServer,
    open_browser: OpenBrowser,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    width: int,
    theme: str,
) -> None:
    context = open_browser(viewport={"width": width, "height": 900}, color_scheme=theme)
    context.add_init_script(RECORD)
    page = context.new_page()
    sign_in(page, live_server.url)
    expect(page.get_by_role("heading", name="Upload scores")).to_be_visible()

    page.get_by_label("Drop a score file").set_input_files(write_large_file(tmp_path, count=ROWS))
    page.wait_for_url(CHECKED, timeout=60_000)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^[\d,]+ scores ready to import"))
    expect(page.get_by_role("main")).to_contain_text(f"{ROWS:,} rows from Tests")
    assert not Import.objects.exists()
    page.get_by_role("button", name="Import").first.click()
    page.wait_for_url(re.compile("/imports/[0-9a-f]{40}/$"))
    request.getfixturevalue("worker")  # not earlier: the import could be done before the page is loaded
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^[\d,]+ new scores"), timeout=60_000)
    watched = json.loads(page.evaluate("sessionStorage.getItem('seen')"))
    assert len(set(watched)) >= 2, "the bar was not seen moving"
    assert watched == sorted(watched), "the bar went backwards"

    new = Score.objects.count()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{new:,} new scores")
    expect(page.get_by_role("heading", name="VOLFORCE")).to_be_visible()

    page.get_by_role("link", name="Revert…", exact=True).click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text(f"{new:,} scores will be removed.")
    question.get_by_label("Reason").fill("these are my brother's")
    question.get_by_role("button", name=f"Revert {new:,} scores").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Import reverted", timeout=60_000)
    expect(page.get_by_role("main")).to_contain_text("by you")
    expect(page.get_by_role("main")).to_contain_text("Reason: “these are my brother's”")
    assert Import.objects.get().state == State.REVERTED
    assert (Score.objects.count(), Session.objects.count(), PersonalBest.objects.count()) == (0, 0, 0)

    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{new:,} new scores", timeout=60_000)
    assert Score.objects.count() == new


def test_the_list_shows_a_reverted_import(
    live_server: LiveServer, open_browser: OpenBrowser, worker: subprocess.Popen[bytes], alice: User
) -> None:
    page = open_browser().new_page()
    sign_in(page, live_server.url)
    page.get_by_label("Drop a score file").set_input_files(sample_file("sdvx"))
    page.get_by_role("button", name="Import").first.click()
    page.get_by_role("link", name="Revert…", exact=True).click(timeout=60_000)
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Revert")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Import reverted")
    new = AuditEntry.objects.get(verb="reverted").counts["scores"]
    page.get_by_role("link", name="Imports", exact=True).first.click()
    row = page.locator(".runs > li").filter(has_text="sdvx.json")
    expect(row).to_contain_text("Reverted")
    expect(row).to_contain_text(f"{new:,} scores removed")


def test_an_import_is_made_reverted_and_restored_without_scripts(
    live_server: LiveServer,
    open_browser: OpenBrowser,
    worker: subprocess.Popen[bytes],
    alice: User,
) -> None:
    page = open_browser(java_script_enabled=False).new_page()
    sign_in(page, live_server.url)
    page.get_by_label("Choose a score file").set_input_files(sample_file("sdvx"))
    page.get_by_role("button", name="Check file").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("scores ready to import")
    page.get_by_role("button", name=re.compile("^Import")).first.click()
    # The page of a running import reloads itself.
    expect(page.get_by_role("heading", level=1)).to_contain_text("new scores", timeout=30_000)
    new = Score.objects.count()
    assert new > 0

    page.get_by_role("link", name="Revert this import…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Revert this import?")
    page.get_by_role("button", name=f"Revert {new:,} scores").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Import reverted")
    assert not Score.objects.exists()

    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("new scores", timeout=30_000)
    assert Score.objects.count() == new


@pytest.mark.usefixtures("catalogue", "redis_clean")
def test_the_list_updates_unfinished_imports(
    live_server: LiveServer, open_browser: OpenBrowser, alice: User, request: pytest.FixtureRequest
) -> None:
    page = open_browser().new_page()
    sign_in(page, live_server.url)
    for name in ("sdvx", "chunithm"):
        page.goto(f"{live_server.url}/import/")
        page.get_by_label("Drop a score file").set_input_files(sample_file(name))
        page.wait_for_url(CHECKED)
        page.get_by_role("button", name=re.compile("^Import")).first.click()
        page.wait_for_url("**/imports/*/")
    page.goto(f"{live_server.url}/imports/")
    rows = page.locator(".runs > li")
    expect(rows.filter(has_text="Queued")).to_have_count(2)

    request.getfixturevalue("worker")
    expect(rows.filter(has_text="Completed")).to_have_count(2, timeout=30_000)
    expect(page.get_by_role("status")).to_contain_text(": Completed.")


def test_an_unreadable_dropped_file_is_refused_with_the_reason(
    live_server: LiveServer, open_browser: OpenBrowser, alice: User, console_errors: list[str]
) -> None:
    page = open_browser().new_page()
    sign_in(page, live_server.url)
    page.goto(f"{live_server.url}/import/")
    drop_file(page, "picture.json", "no braces")
    expect(page.get_by_text("picture.json, 9 B")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("this isn't a file type this server supports")
    assert not Import.objects.exists()
    # A browser logs a refused request on its console; there must be nothing else.
    assert [line for line in console_errors if "status of 400" not in line] == []
    console_errors.clear()


def test_a_row_with_a_misspelt_title_is_corrected(
    live_server: LiveServer, open_browser: OpenBrowser, worker: subprocess.Popen[bytes], alice: User
) -> None:
    page = open_browser(viewport={"width": 390, "height": 900}).new_page()
    sign_in(page, live_server.url)
    chart = Chart.objects.filter(game="sdvx", song__title="Saltwater Engine").earliest("pk")
    row = {"matchType": "songTitle", "identifier": "Saltwater Engin", "difficulty": chart.difficulty}
    document = {
        "meta": {"game": "sdvx", "playtype": "Single", "service": "Tests"},
        "scores": [{**row, "score": 9_000_000, "lamp": "CLEAR"}],
    }
    drop_file(page, "night.json", json.dumps(document))
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing new in this file")
    expect(page.get_by_role("main")).to_contain_text("1 unknown title")
    page.get_by_role("button", name="Import anyway").click()
    page.get_by_role("link", name="View problems").click(timeout=30_000)
    page.get_by_role("link", name="Pick the chart…").click()
    choice = page.get_by_role("group", name="Saltwater Engine").get_by_role("radio", name=chart.difficulty)
    choice.check()
    page.get_by_role("button", name="Import 1 row on this chart").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("First play", timeout=30_000)
    assert Score.objects.get().chart == chart
