"""Journeys of an import: uploading, checking, importing, and the messages for problems."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from imports.formats import BY_IMPORT_TYPE, FORMATS
from imports.models import Import, State, User
from tests import people
from tests.browser.browser_page import CHECKED, IMPORT, Visitor, as_text
from tests.browser.fixtures import bad_rows, sample, submitted

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LARGE = 60_000  # rows, about 10 MB
LONGEST_PAUSE = 1_000  # ms that a page may stand still; the machine may have other work
# What is said while a file is sent and checked, and how long the page stood still at most: kept beyond the page.
WATCH = """() => {
    const said = [];
    let last = performance.now(), longest = 0;
    setInterval(() => {
        const now = performance.now();
        longest = Math.max(longest, now - last);
        last = now;
        const doing = document.querySelector("[data-doing]").textContent;
        if (doing && said.at(-1) !== doing) said.push(doing);
        sessionStorage.setItem("watched", JSON.stringify({ said, longest }));
    }, 20);
}"""


@pytest.fixture
def stopped(catalogue: None, redis_clean: None) -> None:
    """Songs and a queue, and nobody who works."""


def with_bad_rows() -> str:
    return as_text(sample("sdvx", scores=[*sample("sdvx")["scores"][:5], *bad_rows()]))


def rows_of(count: int) -> Iterator[dict[str, Any]]:
    row = next(row for row in sample("sdvx")["scores"] if row["lamp"] == "CLEAR")
    for place in range(count):
        yield {**row, "timeAchieved": 1_600_000_000_000 + place * 60_000}


@pytest.mark.usefixtures("worker")
def test_pasted_text_is_checked_and_its_valid_rows_imported(player: Visitor) -> None:
    page = player.page
    player.goes_to("/import/")
    page.get_by_label("Paste the text").fill(with_bad_rows())
    page.get_by_role("button", name="Check file").click()
    page.wait_for_url(CHECKED)
    expect(player.heading).to_have_text("5 scores ready to import")
    for said in ("Batch-Manual file, SOUND VOLTEX, 8 rows", "Tactile Snowfal", "ULTIMATE CHAIN"):
        expect(player.main).to_contain_text(said)
    whole = page.get_by_role("button", name="Import all or nothing")
    expect(whole).to_have_attribute("aria-disabled", "true")
    expect(whole).to_have_accessible_description("All or nothing requires all 8 rows to be valid; 3 rows are not.")
    player.takes_picture("checked")
    box = page.locator(".actions").bounding_box()
    assert box is not None
    assert box["height"] < 220, "the choice leaves room for what it is about"

    page.get_by_role("button", name="Cancel").click()
    expect(player.heading).to_have_text("Upload scores")
    expect(page.get_by_text("Nothing was imported.")).to_be_visible()
    assert not Import.objects.exists()

    player.drops("night.json", with_bad_rows())
    page.wait_for_url(CHECKED)
    page.get_by_role("button", name="Import 5 scores").click()
    expect(player.heading).to_have_text("5 new scores", timeout=30_000)
    expect(player.main).to_contain_text("3 rows weren't imported")


SAMPLES = {each.import_type: each.sample for each in FORMATS if each.is_file and each.sample}
RECOGNIZED_AS = {"file/pli-iidx-csv": "file/eamusement-iidx-csv"}  # the same form; both hold the same scores


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("import_type", SAMPLES)
def test_a_file_of_any_kind_is_dropped_without_saying_what_it_is(player: Visitor, import_type: str) -> None:
    page, file = player.page, SAMPLES[import_type]
    player.goes_to("/import/")
    player.drops(file.file_name, file.content)
    page.wait_for_url(CHECKED)
    recognized = BY_IMPORT_TYPE[RECOGNIZED_AS.get(import_type, import_type)]
    expect(player.main).to_contain_text(recognized.name)
    page.get_by_role("button", name=re.compile("^Import")).first.click()
    page.wait_for_url(IMPORT)
    has_rows = import_type != "file/mypagescraper-player-csv"
    # The page of a single score is headed by what that score is.
    heading = re.compile("new score|First play") if has_rows else "no scores"
    expect(player.heading).to_contain_text(heading, timeout=30_000)
    job = Import.objects.get()
    assert (job.import_type, job.state, job.problem_count) == (recognized.import_type, State.COMPLETED, 0)


@pytest.mark.usefixtures("stopped")
def test_a_table_that_does_not_say_its_playtype_is_asked_about(player: Visitor, complaints: list[str]) -> None:
    page, file = player.page, SAMPLES["file/eamusement-iidx-csv"]
    player.goes_to("/import/")
    player.drops("scores.csv", file.content.decode())
    expect(page.get_by_role("alert")).to_contain_text("Choose SP or DP")
    playtype = page.get_by_label("SP or DP")
    expect(playtype).to_be_focused()
    playtype.select_option("SP")
    page.wait_for_url(CHECKED)
    expect(player.main).to_contain_text("beatmania IIDX (SP)")
    # A browser names a refused request on its console.
    assert [line for line in complaints if "status of 400" not in line] == []
    complaints.clear()


@pytest.mark.usefixtures("stopped")
def test_a_large_file_leaves_the_page_its_breath(player: Visitor, tmp_path: Path) -> None:
    page = player.page
    player.goes_to("/import/")
    page.evaluate(WATCH)
    file = tmp_path / "年.json"
    file.write_text(json.dumps(sample("sdvx", scores=list(rows_of(LARGE)), classes={})))
    page.get_by_label("Drop a score file").set_input_files(file)
    page.wait_for_url(CHECKED, timeout=90_000)
    watched = json.loads(page.evaluate("sessionStorage.getItem('watched')"))
    assert watched["said"][-1] == "Checking the file"
    assert watched["longest"] < LONGEST_PAUSE
    expect(player.main).to_contain_text(f"{LARGE:,} rows")


@pytest.mark.usefixtures("stopped")
def test_a_file_beyond_the_limit_is_not_sent(player: Visitor, tmp_path: Path) -> None:
    page = player.page
    huge = tmp_path / "huge.json"
    huge.write_bytes(b"{" + b" " * 50_000_000 + b"}")
    player.goes_to("/import/")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.get_by_label("Drop a score file").set_input_files(huge)
    expect(page.get_by_role("alert")).to_contain_text("The file is larger than 16.8 MB. Nothing was uploaded.")
    assert sent == []


@pytest.mark.usefixtures("stopped")
def test_a_user_who_was_signed_out_meanwhile_is_told_so(player: Visitor, complaints: list[str]) -> None:
    page = player.page
    player.goes_to("/import/")
    player.context.clear_cookies(name=people.SESSION_COOKIE)
    player.drops("night.json", with_bad_rows())
    expect(page.get_by_role("alert")).to_contain_text("Nothing was imported: you have been signed out.")
    player.takes_picture("signed-out")
    # A browser names a refused request on its console.
    assert [line for line in complaints if "status of 401" not in line] == []
    complaints.clear()


@pytest.mark.usefixtures("stopped")
def test_an_import_waits_its_turn_and_goes_on_when_the_page_is_closed(
    player: Visitor, request: pytest.FixtureRequest
) -> None:
    page = player.page
    for name in ("sdvx", "chunithm"):
        player.goes_to("/import/")
        player.drops(f"{name}.json", as_text(sample(name)))
        page.wait_for_url(CHECKED)
        page.get_by_role("button", name=re.compile("^Import")).first.click()
        page.wait_for_url(IMPORT)
    expect(page.get_by_text("2nd in the queue")).to_be_visible()
    expect(page.get_by_text("1 import ahead of yours")).to_be_visible()
    expect(page).to_have_title(re.compile(r"^0 %, Waiting in the queue"))
    expect(player.main).to_contain_text("You can close this page.")
    player.takes_picture("waiting")
    page.close()

    request.getfixturevalue("worker")
    player.page = player.context.new_page()
    player.goes_to("/imports/")
    states = player.page.locator(".runs > li").filter(has_text="Completed")
    expect(states).to_have_count(2, timeout=60_000)
    player.page.get_by_role("link", name="chunithm.json").click()
    expect(player.heading).to_contain_text("new scores")


@pytest.mark.usefixtures("stopped")
def test_a_lost_connection_is_said_and_what_was_missed_is_caught_up(
    player: Visitor, alice: User, request: pytest.FixtureRequest, complaints: list[str]
) -> None:
    job = submitted(alice, sample("sdvx"), name="night.json")
    page = player.page
    player.goes_to(f"/imports/{job.import_id}/")
    expect(page.get_by_text("1st in the queue")).to_be_visible()
    player.context.set_offline(True)
    lost = page.get_by_text("No answer from the server.")
    expect(lost).to_be_visible()
    expect(lost).to_contain_text("the import goes on")
    player.takes_picture("lost")

    request.getfixturevalue("worker")
    player.context.set_offline(False)
    expect(player.heading).to_contain_text("new scores", timeout=40_000)
    complaints[:] = [line for line in complaints if "ERR_INTERNET_DISCONNECTED" not in line]


@pytest.mark.usefixtures("worker")
def test_a_failed_import_says_why_and_what_to_do(
    player: Visitor, alice: User, live_server: LiveServer, complaints: list[str]
) -> None:
    job = submitted(alice, sample("sdvx", meta={"service": "Night Logger"}), name="night.json")
    page = player.page
    player.goes_to(f"/imports/{job.import_id}/")
    expect(page.get_by_role("heading", name="Nothing was imported")).to_be_visible(timeout=30_000)
    expect(player.main).to_contain_text("The file isn't valid.")
    expect(player.main).to_contain_text("Could not retrieve meta.game")
    expect(player.main).to_contain_text("Fix the file and upload it again.")
    player.takes_picture("failed")
    page.get_by_role("link", name="Upload a fixed file").click()
    expect(page).to_have_url(f"{live_server.url}/import/")
    assert Import.objects.get().state == State.FAILED
    # The last answer to the question how far it is: a browser names it on its console.
    complaints[:] = [line for line in complaints if "status of 400" not in line]
