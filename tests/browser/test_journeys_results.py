"""Journeys from a result to its sessions, scores and charts, and reverting and finding an import."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from imports.models import Import, PersonalBest, Score, User
from imports.pages.core.pagination import PER_PAGE
from tests import factories
from tests.browser.browser_page import Visitor, to_json
from tests.browser.fixtures import bad_rows, create_imports, sample_document, weaker_document
from tests.factories import run_job

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NUMBER = re.compile(r"[\d,]+\.\d+")


@pytest.fixture
def imported(catalogue: None, redis_clean: None, alice: User) -> dict[str, Import]:
    """An import of Alice's in every final state, by name."""
    return create_imports(alice)


@pytest.mark.usefixtures("worker")
def test_the_result_shows_ratings_before_and_after(player: Visitor) -> None:
    page = player.page
    night = sample_document("sdvx")
    player.import_file("先週.json", to_json(weaker_document(night)))
    player.import_file("昨夜.json", to_json({**night, "scores": [*night["scores"], *bad_rows()]}))
    expect(player.heading).to_have_text(re.compile(r"^\d+ new scores, \d+ new bests$"))
    verdict = page.get_by_role("region", name="VOLFORCE")
    before, after = NUMBER.findall(verdict.inner_text())[:2]
    assert float(before) < float(after)
    expect(verdict).to_contain_text("New class:")
    for picture in ("Lamps of your bests", "Grades of your bests"):
        table = page.get_by_role("table", name=picture)
        now = sum(map(int, re.findall(r"\d+$", table.inner_text(), re.MULTILINE)))
        assert now == PersonalBest.objects.filter(game="sdvx", is_primary=True).count()
    assert page.get_by_role("heading", name="Plays").is_visible()
    page.get_by_text("Show as table").click()
    player.take_picture("result")


def test_scores_are_searched_filtered_sorted_and_paginated(player: Visitor, imported: dict[str, Import]) -> None:
    page = player.page
    player.go_to(f"/imports/{imported['completed'].import_id}/?tab=scores")
    rows = page.get_by_role("table", name="Scores of this import").get_by_role("row").filter(has=page.locator("td"))
    first = rows.first.inner_text()
    page.get_by_role("link", name="Next page").click()
    expect(rows.first).not_to_have_text(first)
    assert page.url.endswith("#parts")

    player.open_filters()
    page.get_by_label("Lamp", exact=True).select_option("CLEAR")
    page.get_by_label("Sort by").select_option("Highest score")
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile("lamp=CLEAR"))
    shown = [int(text.replace(",", "")) for text in rows.locator(".c-score a").all_inner_texts()]
    assert len(shown) > 5
    assert shown == sorted(shown, reverse=True)
    player.take_picture("ordered")

    player.open_filters()
    page.get_by_label("Search").fill("no song is called so")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", name="No matching scores")).to_be_visible()
    page.get_by_role("link", name="Clear filters").click()
    expect(rows.first).to_have_text(re.compile(r"."))
    assert "lamp" not in parse_qs(urlsplit(page.url).query)


def test_a_sortable_column_header_is_visible_when_focused(player: Visitor, imported: dict[str, Import]) -> None:
    page = player.page
    player.go_to(f"/imports/{imported['completed'].import_id}/?tab=scores")
    head = page.get_by_role("table", name="Scores of this import").get_by_role("link", name="Score", exact=True)
    head.focus()
    player.take_picture("head")
    box = head.bounding_box()
    assert box is not None
    middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    assert head.evaluate("(link, [x, y]) => link.contains(document.elementFromPoint(x, y))", middle)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("sort=score"))
    expect(page.get_by_label("Sort by")).to_have_value("score")


def test_problems_are_downloaded_as_a_table_and_as_a_file_to_correct(
    player: Visitor, imported: dict[str, Import], tmp_path: Path
) -> None:
    page = player.page
    player.go_to(f"/imports/{imported['completed'].import_id}/")
    page.get_by_role("link", name=re.compile("^Problems")).click()
    player.take_picture("problems")
    with page.expect_download() as table:
        page.get_by_role("link", name="Download CSV").click()
    with page.expect_download() as rest:
        page.get_by_role("link", name="Download these rows").click()
    for name, file in (("table.csv", table.value), ("rest.json", rest.value)):
        file.save_as(tmp_path / name)
    lines = list(csv.DictReader((tmp_path / "table.csv").read_text("utf-8-sig").splitlines()))
    left_out = json.loads((tmp_path / "rest.json").read_text())["scores"]
    assert len(lines) == len(left_out) == imported["completed"].problem_count
    assert {row["identifier"] for row in left_out} >= {"Tactile Snowfal", "月面ラジオ放送局"}

    player.main.get_by_role("link", name=re.compile("^File")).click()
    with page.expect_download() as original:
        player.main.get_by_role("link", name="Download").click()
    original.value.save_as(tmp_path / "original.json")
    assert len(json.loads((tmp_path / "original.json").read_text())["scores"]) > len(left_out)
    expect(player.main).to_contain_text(
        re.compile("Completed.*Uploaded by you|Completed.*Uploaded by Alice", re.DOTALL)
    )


def test_links_lead_from_a_result_to_its_session_score_and_chart_and_back(
    player: Visitor, imported: dict[str, Import]
) -> None:
    page = player.page
    player.go_to(f"/imports/{imported['completed'].import_id}/")
    page.get_by_role("link", name=re.compile("^Sessions")).click()
    page.locator("#parts").get_by_role("listitem").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Biggest gains")).to_be_visible()
    player.take_picture("session")
    page.get_by_role("table", name="Scores of this session").locator(".c-score a").first.click()
    expect(page.get_by_role("heading", name="Details", exact=True)).to_be_visible()
    player.take_picture("score")
    song = player.heading.inner_text()
    player.main.locator(".meta a").first.click()
    expect(player.heading).to_contain_text(song)  # and the difficulty
    expect(page.get_by_role("heading", name="Your scores")).to_be_visible()
    expect(page.get_by_role("heading", name="Leaderboard")).to_be_visible()
    expect(page.locator("#board")).to_contain_text("#1")
    player.take_picture("chart")
    page.locator("#board").get_by_role("link").and_(page.locator(".n")).first.click()
    player.main.get_by_role("link", name=re.compile(r"\.json$")).click()
    expect(page.locator("#parts")).to_be_visible()


@pytest.mark.parametrize(("choice", "left"), [("Keep", 1), ("Remove all", 0)])
@pytest.mark.usefixtures("redis_clean")
def test_a_revert_keeps_or_removes_shared_scores_as_selected(
    player: Visitor, alice: User, choice: str, left: int
) -> None:
    page = player.page
    rows = [factories.score_on(chart, timeAchieved=factories.NOON) for chart in factories.charts(2)]
    first = factories.create_import(alice, *rows, file_name="first.json")
    factories.create_import(alice, rows[0], file_name="again.json")
    player.go_to(f"/imports/{first.import_id}/")
    page.get_by_role("link", name="Revert this import…").click()
    question = page.get_by_role("dialog")
    question.get_by_role("radio", name=re.compile(f"^{choice}")).check()
    player.take_picture(choice.lower().replace(" ", "-"))
    question.get_by_role("button", name=re.compile("^Revert")).click()
    expect(player.heading).to_have_text("Import reverted")
    expect(page.get_by_role("button", name="Restore")).to_be_visible()
    assert Score.objects.count() == left


def test_the_escape_key_closes_the_revert_dialog_without_a_revert(player: Visitor, imported: dict[str, Import]) -> None:
    page = player.page
    player.go_to(f"/imports/{imported['completed'].import_id}/")
    opener = page.get_by_role("link", name="Revert…", exact=True)
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()
    assert run_job(imported["completed"]).score_count == imported["completed"].score_count


def test_the_address_of_the_list_keeps_its_filters(player: Visitor, imported: dict[str, Import]) -> None:
    page = player.page
    player.go_to("/imports/")
    player.open_filters()
    page.get_by_label("Game").select_option("SOUND VOLTEX")
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("link", name=re.compile("^Completed")).first.click()
    names = page.locator(".r-name a")
    expect(names).to_have_text(["昨夜.json", "night-session.json", "先週.json"])
    player.take_picture("narrowed")
    address = page.url
    page.get_by_role("link", name=re.compile("^All")).first.click()
    player.go_to("/games/")
    page.goto(address)
    expect(names).to_have_count(3)
    expect(page.get_by_role("link", name="Remove filter SOUND VOLTEX")).to_be_visible()

    player.open_filters()
    page.get_by_label("Search").fill("nowhere")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", name="No matching imports")).to_be_visible()
    page.get_by_role("link", name="Clear filters").click()
    expect(names).to_have_count(len(imported) + 1)


@pytest.mark.usefixtures("redis_clean")
def test_a_long_list_of_imports_is_paginated(player: Visitor, alice: User) -> None:
    for place in range(PER_PAGE + 2):
        factories.queued_import(alice, file_name=f"{place}.json")
    Import.objects.update(state="cancelled")
    page = player.page
    player.go_to("/imports/")
    names = page.locator(".r-name a")
    expect(names).to_have_count(PER_PAGE)
    page.get_by_role("link", name="Older").click()
    expect(names).to_have_text(["1.json", "0.json"])
    page.get_by_role("link", name="Newer").click()
    expect(names).to_have_count(PER_PAGE)


@pytest.mark.parametrize("can_share", [True, False])
def test_the_share_dialog_shows_the_picture(player: Visitor, imported: dict[str, Import], *, can_share: bool) -> None:
    page = player.page
    value = "async (shared) => { window.shared = shared.url; }" if can_share else "undefined"
    page.add_init_script(f"Object.defineProperty(navigator, 'share', {{ value: {value}, configurable: true }})")
    address = f"/imports/{imported['completed'].import_id}/"
    player.go_to(address)
    page.get_by_role("link", name="Share").click()
    dialog = page.get_by_role("dialog", name="Share this import")
    expect(dialog.get_by_role("img", name=re.compile("VOLFORCE"))).to_have_js_property("naturalWidth", 1200)
    expect(dialog.get_by_text(address)).to_be_visible()
    expect(dialog.get_by_role("link", name="Download picture")).to_have_attribute("download", re.compile(r"\.png$"))
    share = dialog.get_by_role("button", name="Share…")
    if can_share:
        share.click()
        assert str(page.evaluate("window.shared")).endswith(address)
    else:
        expect(share).to_be_hidden()
    player.take_picture("share")
    dialog.get_by_role("link", name="Close").click()
    expect(dialog).to_have_count(0)
