"""Journeys of players whose scores come by themselves, and of the moderator who cleans up after a tool."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from imports import jobs
from imports.models import Chart, Import, Score, State, User
from tests import people
from tests.browser.browser_page import CHECKED, Visitor, as_text
from tests.browser.fixtures import sample, submitted
from tests.factories import MINUTE, NOON, process

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_clean")]

EVENING = 45  # scores


def rows_of(count: int) -> list[dict[str, Any]]:
    """Scores on so many sample charts, two minutes apart."""
    charts = Chart.objects.filter(game="sdvx", is_primary=True).select_related("song").order_by("pk")[:count]
    assert len(charts) == count
    return [
        {
            "matchType": "tachiSongID", "identifier": str(chart.song.song_id), "difficulty": chart.difficulty,
            "score": 9_000_000 + place * 10_000, "lamp": "CLEAR", "timeAchieved": NOON + place * 2 * MINUTE,
        }
        for place, chart in enumerate(charts)
    ]  # fmt: skip


def sent_by_hook(user: User, rows: list[dict[str, Any]]) -> list[Import]:
    """Each row an import of its own, as a tool sends them."""
    meta = {"game": "sdvx", "playtype": "Single", "service": "KsHook"}
    return [
        process(
            jobs.submit(
                user,
                jobs.Upload(
                    content=json.dumps({"meta": meta, "scores": [row]}).encode(),
                    import_type="ir/direct-manual",
                    client="KsHook/2",
                ),
            )
        )
        for row in rows
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("catalogue")
def test_an_evening_of_a_hook_is_followed_from_one_row_of_the_list_to_its_session(player: Visitor, alice: User) -> None:
    page = player.page
    sent_by_hook(alice, rows_of(EVENING))

    player.goes_to("/imports/")
    run = page.locator(".folded")
    expect(run).to_have_count(1)
    expect(run).to_contain_text("45")
    expect(run).to_contain_text("KsHook")
    run.locator("summary").click()
    player.takes_picture("run")
    page.locator(".folded .inner .run-row").first.get_by_role("link").first.click()
    expect(player.main).to_contain_text("First play")
    player.takes_picture("score")

    player.goes_to("/users/Alice/")
    page.get_by_role("link", name="SOUND VOLTEX").first.click()
    page.get_by_role("link", name="Sessions").first.click()
    page.locator('main a[href^="/sessions/"]').first.click()
    expect(player.main).to_contain_text("45 imports by KsHook")
    expect(page.get_by_role("region", name="VOLFORCE")).to_be_visible()
    expect(page.get_by_role("img", name="Lamps of 45 plays in the order played; table below")).to_be_visible()
    player.takes_picture("session")


@pytest.mark.usefixtures("worker")
def test_the_good_rows_of_a_failed_import_are_imported(player: Visitor, alice: User) -> None:
    good = rows_of(5)
    bad = {**good[0], "timeAchieved": 1_700_000_000}
    failed = process(submitted(alice, sample("sdvx", scores=[*good, bad], classes={}), name="night.json"))
    assert failed.state == State.FAILED

    player.goes_to(f"/imports/{failed.import_id}/")
    expect(player.heading).to_have_text("Nothing was imported")
    player.takes_picture("failed")
    player.page.get_by_role("button", name="Import the 5 good rows").click()
    expect(player.heading).to_have_text("5 new scores", timeout=30_000)
    expect(player.main).to_contain_text("1 row wasn't imported")


@pytest.mark.usefixtures("worker")
def test_a_file_that_a_phone_shares_is_checked_and_then_imported(player: Visitor) -> None:
    page = player.page
    player.goes_to("/import/")
    content = as_text(sample("sdvx", scores=rows_of(3), classes={}))
    # What a share sheet sends to the target that the manifest names.
    page.evaluate(
        """(content) => {
            const form = document.createElement("form");
            Object.assign(form, { action: "/import/share/", method: "post", enctype: "multipart/form-data" });
            const input = document.createElement("input");
            Object.assign(input, { type: "file", name: "scoreData" });
            const carried = new DataTransfer();
            carried.items.add(new File([content], "night.json", { type: "application/json" }));
            input.files = carried.files;
            form.append(input);
            document.body.append(form);
            form.submit();
        }""",
        content,
    )
    page.wait_for_url(CHECKED)
    expect(player.heading).to_have_text("3 scores ready to import")
    assert not Import.objects.exists()
    page.get_by_role("button", name="Import 3 scores").click()
    expect(player.heading).to_have_text("3 new scores", timeout=30_000)


@pytest.mark.usefixtures("catalogue")
def test_a_moderator_gets_from_a_players_page_to_the_revert_of_several_imports(visitor: Visitor, alice: User) -> None:
    page = visitor.page
    sent = sent_by_hook(alice, rows_of(3))
    visitor.signs_in(people.mo().username)

    visitor.goes_to("/users/Alice/")
    visitor.main.get_by_role("link", name="Open in admin").click()
    for job in sent[:2]:
        page.locator(f'input[name="_selected_action"][value="{job.pk}"]').check()
    visitor.takes_picture("player")
    page.get_by_role("button", name="Revert selected…").click()
    expect(visitor.heading).to_have_text("Revert 2 imports of 1 player?")
    visitor.takes_picture("question")
    page.get_by_label("Reason").fill("a broken hook")
    page.get_by_role("button", name="Revert 2 imports").click()
    expect(page.get_by_text("Reverted 2 imports. 2 scores removed.")).to_be_visible()
    assert list(Score.objects.values_list("from_import", flat=True)) == [sent[2].pk]
