"""Suggestions for unknown titles, used before and after an import."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from imports.models import OrphanScore, Score, User
from tests.browser.browser_page import CHECKED, Visitor, to_json
from tests.browser.fixtures import bad_rows, sample_document, submit_document
from tests.factories import NOON, run_job

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_clean")]


def misspelt_document() -> dict[str, Any]:
    """Returns a document with one score on "Tactile Snowfall", without the last letter of its title."""
    return sample_document("sdvx", scores=[{**bad_rows()[0], "timeAchieved": NOON}], classes={})


@pytest.mark.usefixtures("worker")
def test_a_suggestion_for_an_unknown_title_is_used_before_the_import(player: Visitor) -> None:
    page = player.page
    player.go_to("/import/")
    player.drop("night.json", to_json(misspelt_document()))
    page.wait_for_url(CHECKED)
    expect(player.main).to_contain_text("Tactile Snowfall")
    player.take_picture("suggested")
    page.get_by_role("button", name="Use it (Tactile Snowfall for Tactile Snowfal)").click()
    expect(player.main).to_contain_text("All titles are matched")
    page.get_by_role("button", name="Import 1 score").first.click()
    expect(player.main).to_contain_text("First play", timeout=30_000)
    player.take_picture("imported")
    assert Score.objects.get().chart.song.title == "Tactile Snowfall"
    assert not OrphanScore.objects.exists()


@pytest.mark.usefixtures("worker")
def test_a_suggestion_for_an_unmatched_title_is_used_after_the_import(player: Visitor, alice: User) -> None:
    run_job(submit_document(alice, misspelt_document(), name="night.json"))
    page = player.page
    player.go_to("/orphans/")
    expect(player.main).to_contain_text("Tactile Snowfall")
    player.take_picture("unmatched")
    page.get_by_role("button", name="Use it").first.click()
    expect(page.get_by_text("1 score is being imported on the chart that it matches.")).to_be_visible()
    player.go_to("/imports/")
    expect(player.main).to_contain_text("Tactile Snowfall", timeout=30_000)
    assert Score.objects.get().chart.song.title == "Tactile Snowfall"


@pytest.mark.usefixtures("worker")
def test_a_suggestion_for_a_left_out_row_is_used_on_the_problems_tab(player: Visitor, alice: User) -> None:
    job = run_job(submit_document(alice, misspelt_document(), name="night.json"))
    page = player.page
    player.go_to(f"/imports/{job.import_id}/?tab=problems")
    expect(player.main).to_contain_text("Is it “Tactile Snowfall”? One letter differs.")
    page.get_by_role("button", name="Use it").click()
    expect(player.main).to_contain_text("First play", timeout=30_000)
    assert Score.objects.get().chart.song.title == "Tactile Snowfall"
