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
from imports.models import Import, OrphanScore, Score, State, User
from tests import people
from tests.browser.browser_page import CHECKED, DESK, IMPORT, Visitor, to_json
from tests.browser.conftest import OpenBrowser
from tests.browser.fixtures import bad_rows, sample_document, submit_document
from tests.factories import run_job

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LARGE = 60_000  # rows, about 10 MB
MAX_PAUSE_MS = 1_000  # during which the page does not respond; the machine may be busy
# Records the progress messages of the upload, and the longest pause of the page; kept when the page is left.
WATCH = """() => {
    const messages = [];
    let last = performance.now(), longest = 0;
    setInterval(() => {
        const now = performance.now();
        longest = Math.max(longest, now - last);
        last = now;
        const message = document.querySelector("[data-doing]").textContent;
        if (message && messages.at(-1) !== message) messages.push(message);
        sessionStorage.setItem("watched", JSON.stringify({ messages, longest }));
    }, 20);
}"""


@pytest.fixture
def without_worker(catalogue: None, redis_clean: None) -> None:
    """Songs and a queue, without a worker."""


def document_with_bad_rows() -> str:
    return to_json(sample_document("sdvx", scores=[*sample_document("sdvx")["scores"][:5], *bad_rows()]))


def rows_of(count: int) -> Iterator[dict[str, Any]]:
    row = next(row for row in sample_document("sdvx")["scores"] if row["lamp"] == "CLEAR")
    for place in range(count):
        yield {**row, "timeAchieved": 1_600_000_000_000 + place * 60_000}


@pytest.mark.usefixtures("worker")
def test_pasted_text_is_checked_and_its_valid_rows_imported(player: Visitor) -> None:
    page = player.page
    player.go_to("/import/")
    page.get_by_label("Paste the text").fill(document_with_bad_rows())
    page.get_by_role("button", name="Check file").click()
    page.wait_for_url(CHECKED)
    expect(player.heading).to_have_text("5 scores ready to import")
    for text in ("Batch-Manual file, SOUND VOLTEX, 8 rows", "Tactile Snowfal", "ULTIMATE CHAIN"):
        expect(player.main).to_contain_text(text)
    whole = page.get_by_role("checkbox", name="Import all or nothing")
    expect(whole).not_to_be_checked()
    expect(player.main).to_contain_text("With 3 such rows, nothing would be imported.")
    player.take_picture("checked")
    box = page.locator(".actions").bounding_box()
    assert box is not None
    assert box["height"] < 220, "the buttons leave space for the rows"

    page.get_by_role("button", name="Cancel").click()
    expect(player.heading).to_have_text("Upload scores")
    expect(page.get_by_text("Nothing was imported.")).to_be_visible()
    assert not Import.objects.exists()

    player.drop("night.json", document_with_bad_rows())
    page.wait_for_url(CHECKED)
    page.get_by_role("button", name="Import 5 scores").click()
    expect(player.heading).to_have_text("5 new scores", timeout=30_000)
    expect(player.main).to_contain_text("3 rows weren't imported")


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_a_row_is_imported_on_the_chart_picked_in_the_check(
    scripts: bool, alice: User, live_server: LiveServer, open_browser: OpenBrowser
) -> None:
    scores = [*sample_document("sdvx")["scores"][:2], {**bad_rows()[0], "identifier": "Yuki no Oto"}]
    visitor = Visitor(open_browser(java_script_enabled=scripts), live_server.url, DESK, "picked-by-hand")
    visitor.sign_in()
    visitor.go_to("/import/")
    page = visitor.page
    page.get_by_label("Paste the text").fill(to_json(sample_document("sdvx", scores=scores, classes={})))
    page.get_by_role("button", name="Check file").click()
    expect(visitor.heading).to_have_text("2 scores ready to import")
    page.get_by_role("link", name="Pick the chart…").click()
    expect(visitor.heading).to_have_text("Which chart did you play for “Yuki no Oto”?")
    page.get_by_label("Song").fill("Tactile")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("radio", name="MXM").check()
    page.get_by_role("button", name="Use this chart").click()
    expect(visitor.heading).to_have_text("3 scores ready to import")
    expect(visitor.main).to_contain_text("All titles are matched")
    visitor.take_picture("picked")
    page.get_by_role("button", name="Import 3 scores").click()
    page.wait_for_url(IMPORT)
    expect(visitor.heading).to_have_text("3 new scores", timeout=30_000)
    picked = Score.objects.get(user=alice, score_data__score=bad_rows()[0]["score"])
    assert (picked.chart.song.title, picked.chart.difficulty) == ("Tactile Snowfall", "MXM")


@pytest.mark.usefixtures("without_worker")
def test_an_unmatched_title_is_found_by_its_filter_and_deleted(player: Visitor, alice: User) -> None:
    rows = [{**bad_rows()[0], "identifier": f"Yuki no Oto {place}"} for place in range(6)]
    run_job(
        submit_document(alice, sample_document("sdvx", scores=[*rows, bad_rows()[0]], classes={}), name="night.json")
    )
    page = player.page
    player.go_to("/orphans/")
    page.get_by_role("link", name="Show all 6 titles").click()
    expect(player.main).not_to_contain_text("Tactile Snowfal")
    player.take_picture("without-match")
    page.get_by_role("link", name="Delete… Yuki no Oto 5").click()
    expect(player.heading).to_have_text("Delete these scores?")
    page.get_by_role("button", name="Delete 1 score").click()
    expect(page.get_by_text("1 score deleted.")).to_be_visible()
    expect(page.get_by_role("navigation", name="Match").get_by_role("link", name="No match 5")).to_be_visible()
    assert sorted(OrphanScore.objects.values_list("data__identifier", flat=True))[-1] == "Yuki no Oto 4"


SAMPLES = {each.import_type: each.sample for each in FORMATS if each.is_file and each.sample}
RECOGNIZED_AS = {"file/pli-iidx-csv": "file/eamusement-iidx-csv"}  # the same columns; both files have the same scores


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("import_type", SAMPLES)
def test_the_kind_of_a_dropped_file_is_detected(player: Visitor, import_type: str) -> None:
    page, file = player.page, SAMPLES[import_type]
    player.go_to("/import/")
    player.drop(file.file_name, file.content)
    page.wait_for_url(CHECKED)
    recognized = BY_IMPORT_TYPE[RECOGNIZED_AS.get(import_type, import_type)]
    expect(player.main).to_contain_text(recognized.name)
    page.get_by_role("button", name=re.compile("^Import")).first.click()
    page.wait_for_url(IMPORT)
    has_rows = import_type != "file/mypagescraper-player-csv"
    # The result of a single score has the kind of the score as its heading.
    heading = re.compile("new score|First play") if has_rows else "no scores"
    expect(player.heading).to_contain_text(heading, timeout=30_000)
    job = Import.objects.get()
    assert (job.import_type, job.state, job.problem_count) == (recognized.import_type, State.COMPLETED, 0)


@pytest.mark.usefixtures("without_worker")
def test_the_upload_page_asks_for_a_missing_playtype(player: Visitor, console_errors: list[str]) -> None:
    page, file = player.page, SAMPLES["file/eamusement-iidx-csv"]
    player.go_to("/import/")
    player.drop("scores.csv", file.content.decode())
    expect(page.get_by_role("alert")).to_contain_text("Choose SP or DP")
    playtype = page.get_by_label("SP or DP")
    expect(playtype).to_be_focused()
    playtype.select_option("SP")
    page.wait_for_url(CHECKED)
    expect(player.main).to_contain_text("beatmania IIDX (SP)")
    # A browser logs a refused request on its console.
    assert [line for line in console_errors if "status of 400" not in line] == []
    console_errors.clear()


@pytest.mark.usefixtures("without_worker")
def test_the_page_stays_responsive_during_a_large_upload(player: Visitor, tmp_path: Path) -> None:
    page = player.page
    player.go_to("/import/")
    page.evaluate(WATCH)
    file = tmp_path / "年.json"
    file.write_text(json.dumps(sample_document("sdvx", scores=list(rows_of(LARGE)), classes={})))
    page.get_by_label("Drop a score file").set_input_files(file)
    page.wait_for_url(CHECKED, timeout=90_000)
    watched = json.loads(page.evaluate("sessionStorage.getItem('watched')"))
    assert watched["messages"][-1] == "Checking the file"
    assert watched["longest"] < MAX_PAUSE_MS
    expect(player.main).to_contain_text(f"{LARGE:,} rows")


@pytest.mark.usefixtures("without_worker")
def test_a_file_over_the_size_limit_is_not_uploaded(player: Visitor, tmp_path: Path) -> None:
    page = player.page
    huge = tmp_path / "huge.json"
    huge.write_bytes(b"{" + b" " * 50_000_000 + b"}")
    player.go_to("/import/")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.get_by_label("Drop a score file").set_input_files(huge)
    expect(page.get_by_role("alert")).to_contain_text("The file is larger than 16.8 MB. Nothing was uploaded.")
    assert sent == []


@pytest.mark.usefixtures("without_worker")
def test_an_upload_after_the_session_ended_shows_an_error(player: Visitor, console_errors: list[str]) -> None:
    page = player.page
    player.go_to("/import/")
    player.context.clear_cookies(name=people.SESSION_COOKIE)
    player.drop("night.json", document_with_bad_rows())
    expect(page.get_by_role("alert")).to_contain_text("Nothing was imported: you have been signed out.")
    player.take_picture("signed-out")
    # A browser logs a refused request on its console.
    assert [line for line in console_errors if "status of 401" not in line] == []
    console_errors.clear()


@pytest.mark.usefixtures("without_worker")
def test_an_import_is_queued_and_completes_after_the_page_is_closed(
    player: Visitor, request: pytest.FixtureRequest
) -> None:
    page = player.page
    for name in ("sdvx", "chunithm"):
        player.go_to("/import/")
        player.drop(f"{name}.json", to_json(sample_document(name)))
        page.wait_for_url(CHECKED)
        page.get_by_role("button", name=re.compile("^Import")).first.click()
        page.wait_for_url(IMPORT)
    expect(page.get_by_text("2nd in the queue")).to_be_visible()
    expect(page.get_by_text("1 import ahead of yours")).to_be_visible()
    expect(page).to_have_title(re.compile(r"^0 %, Waiting in the queue"))
    expect(player.main).to_contain_text("You can close this page.")
    player.take_picture("waiting")
    page.close()

    request.getfixturevalue("worker")
    player.page = player.context.new_page()
    player.go_to("/imports/")
    states = player.page.locator(".runs > li").filter(has_text="Completed")
    expect(states).to_have_count(2, timeout=60_000)
    player.page.get_by_role("link", name="chunithm.json").click()
    expect(player.heading).to_contain_text("new scores")


@pytest.mark.usefixtures("without_worker")
def test_the_import_page_reports_a_lost_connection_and_catches_up(
    player: Visitor, alice: User, request: pytest.FixtureRequest, console_errors: list[str]
) -> None:
    job = submit_document(alice, sample_document("sdvx"), name="night.json")
    page = player.page
    player.go_to(f"/imports/{job.import_id}/")
    expect(page.get_by_text("1st in the queue")).to_be_visible()
    player.context.set_offline(True)
    lost = page.get_by_text("No answer from the server.")
    expect(lost).to_be_visible()
    expect(lost).to_contain_text("the import goes on")
    player.take_picture("lost")

    request.getfixturevalue("worker")
    player.context.set_offline(False)
    expect(player.heading).to_contain_text("new scores", timeout=40_000)
    console_errors[:] = [line for line in console_errors if "ERR_INTERNET_DISCONNECTED" not in line]


@pytest.mark.usefixtures("worker")
def test_a_failed_import_shows_the_reason_and_advice(
    player: Visitor, alice: User, live_server: LiveServer, console_errors: list[str]
) -> None:
    job = submit_document(alice, sample_document("sdvx", meta={"service": "Night Logger"}), name="night.json")
    page = player.page
    player.go_to(f"/imports/{job.import_id}/")
    expect(page.get_by_role("heading", name="Nothing was imported")).to_be_visible(timeout=30_000)
    expect(player.main).to_contain_text("The file isn't valid.")
    expect(player.main).to_contain_text("Could not retrieve meta.game")
    expect(player.main).to_contain_text("Fix the file and upload it again.")
    player.take_picture("failed")
    page.get_by_role("link", name="Upload a fixed file").click()
    expect(page).to_have_url(f"{live_server.url}/import/")
    assert Import.objects.get().state == State.FAILED
    # A browser logs the last response of poll-status on its console.
    console_errors[:] = [line for line in console_errors if "status of 400" not in line]
