"""The scripts in a real browser, under the Content Security Policy of the pages."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from imports.pages.components.progress import Running
from imports.pages.styleguide.views import QUEUED, RUNNING, sample_context
from tests.pages.scripts_harness import (
    CHROMIUM,
    UPLOAD_PAGE,
    Answer,
    Site,
    as_json,
    ongoing,
    progress_page,
    rendered,
    sequence_of,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]

DONE = Answer("<!doctype html><title>Done</title><h1>20,000 new scores</h1>")
COMPLETED = as_json({"success": True, "description": "Done.", "body": {"importStatus": "completed", "import": {}}})


def test_progress_is_polled_to_its_end_and_the_page_then_loaded_once(site: Site, page: Page) -> None:
    site.answers["GET /import"] = sequence_of(progress_page(QUEUED), DONE)
    site.answers["GET /poll"] = ongoing(stage="queued", percent=0, queuePosition=1, etaSeconds=9)
    page.goto(f"{site.address}/import")
    expect(page.locator(".percent")).to_have_text("2nd in the queue")
    expect(page.get_by_text("1 import ahead of yours")).to_be_visible()

    site.answers["GET /poll"] = ongoing(stage="saving", percent=70, processed=14_000, total=20_000, etaSeconds=12)
    expect(page.locator(".percent")).to_have_text("70%")
    expect(page).to_have_title("70 %, Saving scores · Tachi Imports")
    expect(page.locator("[aria-current=step]")).to_contain_text("Saving scores 14,000 of 20,000")
    expect(page.get_by_text("about 15 s left", exact=True)).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Saving")).to_have_text(
        "Saving scores, 70 percent, about 15 s left."
    )
    assert page.locator("progress").evaluate_all("gauges => gauges.map(gauge => gauge.value)") == [70, 70]

    site.answers["GET /poll"] = COMPLETED
    expect(page.get_by_role("heading", name="20,000 new scores")).to_be_visible()
    page.wait_for_timeout(1_500)
    assert site.requests.count("GET /import") == 2


def test_a_waiting_import_keeps_the_estimate_of_its_page_while_another_is_ahead(site: Site, page: Page) -> None:
    body = {"stage": "queued", "percent": 0, "queuePosition": 1}
    site.answers |= {"GET /import": progress_page({**body, "etaSeconds": 20}), "GET /poll": ongoing(**body)}
    page.goto(f"{site.address}/import")
    with page.expect_response("**/poll"):
        expect(page.get_by_text("starts in about 20 s")).to_be_visible()
    page.wait_for_timeout(50)
    expect(page.get_by_text("starts in about 20 s")).to_be_visible()
    site.answers["GET /poll"] = ongoing(stage="queued", percent=0, queuePosition=0)
    expect(page.get_by_text("starts next")).to_be_visible()
    expect(page.get_by_text("starts in about")).to_have_count(0)


def test_the_progress_bar_is_full_before_the_result_is_loaded(site: Site, page: Page) -> None:
    site.answers |= {"GET /import": sequence_of(progress_page(RUNNING), DONE), "GET /poll": COMPLETED}
    page.add_init_script("""addEventListener("pagehide", () => {
        const gauge = document.querySelector("main progress");
        if (gauge) sessionStorage.setItem("left", [gauge.value, document.querySelector(".percent").textContent]);
    })""")
    page.goto(f"{site.address}/import")
    expect(page.get_by_role("heading", name="20,000 new scores")).to_be_visible()
    assert page.evaluate("sessionStorage.getItem('left')") == "100,100%"


def test_progress_never_moves_backwards(site: Site, page: Page) -> None:
    site.answers["GET /import"] = progress_page(RUNNING)
    site.answers["GET /poll"] = sequence_of(
        ongoing(stage="reading", percent=3, processed=1, total=20_000),
        ongoing(stage="saving", percent=60, processed=9_000, total=20_000),
    )
    page.goto(f"{site.address}/import")
    seen: list[float] = []
    while site.requests.count("GET /poll") < 3:
        seen.append(page.locator("main progress").evaluate("gauge => gauge.value"))
        assert page.locator("[aria-current=step]").inner_text().startswith("Saving scores")
        page.wait_for_timeout(100)
    assert set(seen) == {64}
    site.answers["GET /poll"] = ongoing(stage="saving", percent=66, processed=13_200, total=20_000)
    expect(page.locator("main progress")).to_have_js_property("value", 66)


def test_progress_reports_and_survives_a_lost_connection(site: Site, page: Page) -> None:
    site.answers["GET /import"] = progress_page(RUNNING)
    site.answers["GET /poll"] = Answer("bad gateway", 502, "text/plain")
    page.goto(f"{site.address}/import")
    expect(page.get_by_text("No answer from the server. Asking again in")).to_be_visible()
    site.answers["GET /poll"] = ongoing(stage="bests", percent=90)
    expect(page.locator(".percent")).to_have_text("90%")
    expect(page.get_by_text("No answer from the server.")).to_be_hidden()


def test_polling_respects_retry_after(site: Site, page: Page) -> None:
    site.answers["GET /import"] = progress_page(RUNNING)
    site.answers["GET /poll"] = as_json({"success": False, "description": "Slow down."}, status=429, Retry_After="60")
    page.goto(f"{site.address}/import")
    expect(page.get_by_text("Asking again in 1 min")).to_be_visible()
    page.wait_for_timeout(2_500)
    assert site.requests.count("GET /poll") == 1


def test_a_failed_import_loads_its_page_once_even_if_the_page_lags_behind(site: Site, page: Page) -> None:
    site.answers["GET /import"] = progress_page(RUNNING)
    site.answers["GET /poll"] = as_json({"success": False, "description": "Bad file."}, status=400)
    page.goto(f"{site.address}/import")
    while site.requests.count("GET /import") < 2:
        page.wait_for_timeout(50)
    page.wait_for_timeout(2_500)
    assert site.requests.count("GET /import") == 2


def test_a_hidden_page_does_not_poll(site: Site, page: Page) -> None:
    site.answers["GET /import"] = progress_page(RUNNING)
    site.answers["GET /poll"] = ongoing(stage="saving", percent=65)
    page.add_init_script("Object.defineProperty(document, 'hidden', { get: () => window.away ?? true })")
    page.goto(f"{site.address}/import")
    page.wait_for_timeout(1_500)
    assert "GET /poll" not in site.requests
    page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".percent")).to_have_text("65%")


def test_the_title_of_a_hidden_page_shows_progress(site: Site, page: Page) -> None:
    site.answers["GET /import"] = progress_page(RUNNING)
    site.answers["GET /poll"] = ongoing(stage="saving", percent=77)
    page.add_init_script("Object.defineProperty(document, 'hidden', { get: () => true })")
    page.goto(f"{site.address}/import")
    expect(page).to_have_title("77 %, Saving scores · Tachi Imports", timeout=30_000)


def test_the_header_of_another_page_reports_completion(site: Site, page: Page) -> None:
    running = Running("scorelog-2026.json", "/import", "/poll", 64)
    site.answers["GET /page"] = rendered("top_page.html", running=running)
    site.answers["GET /poll"] = COMPLETED
    page.goto(f"{site.address}/page")
    expect(page.get_by_role("status")).to_contain_text("scorelog-2026.json: Completed.")
    expect(page.get_by_role("link", name="Show it")).to_have_attribute("href", "/import")
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_the_list_replaces_a_running_import_by_its_result(site: Site, page: Page) -> None:
    listed = """{% extends "top_page.html" %}{% load static %}{% block head %}
<script type="module" src="{% static 'js/progress.js' %}"></script>{% endblock %}
{% block content %}{% include "components/_imports.html" with rows=imports only %}{% endblock %}"""
    rows = sample_context()["imports"]
    site.answers["GET /list"] = sequence_of(
        rendered(listed, imports=rows[:1]),
        rendered(listed, imports=[row_done(rows[0])]),
    )
    site.answers["GET /poll"] = sequence_of(ongoing(stage="saving", percent=80, etaSeconds=3), COMPLETED)
    page.goto(f"{site.address}/list")
    row = page.locator(".runs > li")
    expect(row).to_contain_text("80 % about 3 s left")
    expect(row).to_contain_text("Completed")
    expect(row).to_contain_text("20,000 new")


def row_done(row: Any) -> Any:
    return type(row)(
        import_id=row.import_id, name=row.name, url="#", about="", state="completed", time=row.time, did="20,000 new"
    )


def test_the_revert_page_is_shown_as_a_dialog(site: Site, page: Page) -> None:
    site.answers["GET /page"] = rendered("styleguide.html")
    site.answers["GET /revert"] = rendered(
        '{% extends "base.html" %}{% block main %}{% include "components/_revert.html" '
        'with action="/revert" back_url="/page" %}{% endblock %}'
    )
    site.answers["POST /revert"] = Answer("<h1>Reverted</h1>")
    page.goto(f"{site.address}/page")
    link = page.get_by_role("link", name="Revert this import…")
    link.evaluate("link => link.setAttribute('href', '/revert')")
    link.click()
    dialog = page.get_by_role("dialog", name="Revert this import?")
    expect(dialog.get_by_role("heading", name="Revert this import?")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)

    link.click()
    dialog.get_by_role("link", name="Cancel").click()
    expect(dialog).to_have_count(0)
    link.click()
    dialog.get_by_role("button", name="Revert 205 scores").click()
    expect(page.get_by_role("heading", name="Reverted")).to_be_visible()


def test_a_dialog_that_cannot_be_loaded_opens_its_page(site: Site, page: Page) -> None:
    site.answers["GET /page"] = rendered("styleguide.html")
    site.answers["GET /revert"] = Answer("<h1>409: another import is running</h1>", 409)
    page.goto(f"{site.address}/page")
    link = page.get_by_role("link", name="Revert this import…")
    link.evaluate("link => link.setAttribute('href', '/revert')")
    link.click()
    expect(page).to_have_url(f"{site.address}/revert")


def test_a_selected_file_is_named_and_checked(site: Site, page: Page, tmp_path: Path) -> None:
    file = tmp_path / "night.json"
    file.write_text("x" * 900)
    received: list[bytes] = []
    seen = threading.Event()

    def receive(body: bytes) -> Answer:
        received.append(body)
        seen.wait(60)
        return as_json({"url": "/import"})

    site.answers |= {"GET /new": rendered(UPLOAD_PAGE), "POST /upload": receive, "GET /import": DONE}
    page.goto(f"{site.address}/new")
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("night.json, 900 B")).to_be_visible()
    seen.set()
    expect(page).to_have_url(f"{site.address}/import")
    assert b'filename="night.json"' in received[0]


def test_pasted_text_is_sent_the_same_way(site: Site, page: Page) -> None:
    site.answers |= {
        "GET /new": rendered(UPLOAD_PAGE),
        "POST /upload": as_json({"url": "/import"}),
        "GET /import": DONE,
    }
    page.goto(f"{site.address}/new")
    page.get_by_label("Paste").fill("{}")
    page.get_by_role("button", name="Check file").click()
    expect(page).to_have_url(f"{site.address}/import")


def test_a_slow_check_shows_its_progress(site: Site, page: Page, tmp_path: Path) -> None:
    file = tmp_path / "years.json"
    file.write_text("{}")
    done = threading.Event()

    def check(body: bytes) -> Answer:
        name = body.partition(b'name="progress"')[2].split()[0].decode()
        site.answers[f"GET /checking/{name}/"] = as_json({"stage": "checking", "processed": 40_000, "total": 100_000})
        done.wait(60)
        return as_json({"url": "/import"})

    site.answers |= {"GET /new": rendered(UPLOAD_PAGE), "POST /upload": check, "GET /import": DONE}
    page.goto(f"{site.address}/new")
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("40,000 of 100,000 rows")).to_be_visible()
    expect(page.get_by_role("progressbar", name="Checking the file")).to_have_js_property("value", 40)
    expect(page).to_have_title("Checking the file · · Tachi Imports")
    done.set()
    expect(page).to_have_url(f"{site.address}/import")


def test_an_upload_waits_for_another_large_check(site: Site, page: Page, tmp_path: Path) -> None:
    file = tmp_path / "years.json"
    file.write_text("{}")
    site.answers |= {"GET /new": rendered(UPLOAD_PAGE), "GET /import": DONE}
    busy = as_json({"description": "Another large file."}, status=503, Retry_After="1")
    site.answers["POST /upload"] = busy
    page.goto(f"{site.address}/new")
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("Waiting for a turn to check it")).to_be_visible()
    site.answers["POST /upload"] = as_json({"url": "/import"})
    expect(page).to_have_url(f"{site.address}/import")


def test_a_too_large_file_is_not_uploaded(site: Site, page: Page, tmp_path: Path) -> None:
    file = tmp_path / "years.json"
    file.write_text("x" * 1_200)
    site.answers["GET /new"] = rendered(UPLOAD_PAGE)
    page.goto(f"{site.address}/new")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Check file").click()
    expect(page.get_by_role("alert")).to_have_text("The file is larger than 1 KB. Nothing was uploaded.")
    assert site.requests == ["GET /new"]


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (as_json({"success": False, "description": "Only one file, please."}, status=400), "Only one file, please."),
        (as_json({"description": "Unreadable.", "code": "At byte 3."}, status=400), "Unreadable. At byte 3."),
        (Answer("too large", 413, "text/plain"), "The server takes files up to 1 KB. Nothing was imported."),
        (Answer("oh", 500, "text/plain"), "The server could not take it (500). Nothing was imported; try again."),
    ],
)
def test_a_refused_upload_shows_the_reason_and_can_be_retried(
    site: Site, page: Page, tmp_path: Path, response: Answer, words: str
) -> None:
    file = tmp_path / "night.json"
    file.write_text("{}")
    site.answers |= {"GET /new": rendered(UPLOAD_PAGE), "POST /upload": response}
    page.goto(f"{site.address}/new")
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_role("alert")).to_have_text(words)
    page.get_by_role("button", name="Check file").click()
    expect(page.get_by_role("alert")).to_have_text(words)
    expect(page.get_by_role("button", name="Check file")).to_be_enabled()
    assert site.requests.count("POST /upload") == 2


def test_a_file_can_be_dropped_anywhere_on_the_page(site: Site, page: Page) -> None:
    site.answers |= {"GET /new": rendered(UPLOAD_PAGE), "POST /upload": as_json({"description": "No."}, status=400)}
    page.goto(f"{site.address}/new")
    dropped = page.evaluate_handle(
        "() => { const d = new DataTransfer(); d.items.add(new File(['{}'], 'dropped.json')); return d; }"
    )
    page.dispatch_event("footer", "drop", {"dataTransfer": dropped})
    expect(page.get_by_text("dropped.json, 2 B")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_text("No.")


def test_times_are_shown_in_the_reader_s_time_zone(site: Site, page: Page) -> None:
    site.answers["GET /page"] = rendered(
        '{% extends "top_page.html" %}{% load shown %}{% block content %}{% moment 1600000000000 %}{% endblock %}'
    )
    page.goto(f"{site.address}/page")  # 12:26 UTC
    expect(page.locator("time")).to_have_text("13 Sept 2020, 21:26")


def test_the_chosen_theme_is_stored_and_applied_before_the_first_paint(site: Site, page: Page) -> None:
    site.answers["GET /page"] = rendered("top_page.html")
    page.emulate_media(color_scheme="light")
    page.goto(f"{site.address}/page")
    colour = "getComputedStyle(document.documentElement).backgroundColor"
    assert page.evaluate(colour) == "rgb(241, 244, 245)"
    page.get_by_role("button", name="Theme").click()
    assert page.evaluate(colour) == "rgb(15, 20, 24)"
    page.reload(wait_until="commit")
    page.wait_for_selector("body")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.get_by_role("button", name="Theme").click()  # back to what the system has: the choice is over
    assert page.evaluate("document.documentElement.dataset.theme") is None
    assert page.evaluate("localStorage.getItem('theme')") is None
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(colour) == "rgb(15, 20, 24)"


def test_sharing_copies_the_page_address_if_the_browser_cannot_share(site: Site, page: Page) -> None:
    button = '<button type="button" data-share{}><span>{}</span></button>'
    site.answers["GET /page"] = rendered(
        '{% extends "top_page.html" %}{% block content %}'
        f"{button.format('', 'This page')}{button.format('=/other', 'Another')}{{% endblock %}}"
    )
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.address)
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'share', { value: undefined })")
    page.goto(f"{site.address}/page")
    expect(page.get_by_role("button", name="Another")).to_be_hidden()
    page.get_by_role("button", name="This page").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{site.address}/page"


def test_a_slow_form_shows_progress_and_is_sent_once(site: Site, page: Page) -> None:
    site.answers["GET /page"] = rendered(
        '{% extends "top_page.html" %}{% block content %}<form method="post" action="/slow">'
        '<button class="btn">Revert</button></form>{% endblock %}'
    )
    release = threading.Event()

    def slow(_: bytes) -> Answer:
        release.wait(30)
        return Answer("<h1>Reverted</h1>")

    def seen(_: bytes) -> Answer:
        release.set()
        return Answer("")

    # The page itself records when it shows its busy state: Playwright cannot read a page that is being left.
    site.answers["POST /slow"], site.answers["GET /seen"] = slow, seen
    page.goto(f"{site.address}/page")
    page.evaluate(
        """() => new MutationObserver(() => {
            const isTold = document.querySelector("[data-working]")?.textContent === "Still working…";
            if (isTold && document.querySelector("main button[aria-busy=true]")) fetch("/seen");
        }).observe(document.body, { attributes: true, childList: true, subtree: true })"""
    )
    page.get_by_role("button", name="Revert").evaluate("button => { button.click(); button.click(); }")
    expect(page.get_by_role("heading", name="Reverted")).to_be_visible(timeout=30_000)
    assert "GET /seen" in site.requests
    assert site.requests.count("POST /slow") == 1


def test_a_page_without_scripts_refreshes_and_hides_script_controls(site: Site, browser: Browser) -> None:
    site.answers["GET /import"] = progress_page(RUNNING)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.address}/import")
    expect(page.locator(".percent")).to_have_text("64%")
    expect(page.locator("[data-theme-switch]")).to_be_hidden()
    site.answers["GET /import"] = DONE
    expect(page.get_by_role("heading", name="20,000 new scores")).to_be_visible(timeout=30_000)
    context.close()


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_the_styleguide_fits_the_screen_width(site: Site, page: Page, width: int) -> None:
    site.answers["GET /page"] = rendered("styleguide.html")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{site.address}/page")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
