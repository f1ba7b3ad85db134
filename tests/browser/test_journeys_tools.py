"""Journeys of players whose tools send their scores, and of a moderator who reverts imports of a tool."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from imports import jobs
from imports.models import APIClient, APIToken, Chart, Import, Score, State, User
from tests import people
from tests.browser.browser_page import CHECKED, Visitor, to_json
from tests.browser.fixtures import sample_document, submit_document
from tests.factories import MINUTE, NOON, run_job

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_clean")]

SCORES_OF_EVENING = 45


def rows_of(count: int) -> list[dict[str, Any]]:
    """Returns scores on `count` sample charts, two minutes apart."""
    charts = Chart.objects.filter(game="sdvx", is_primary=True).select_related("song").order_by("pk")[:count]
    assert len(charts) == count
    return [
        {
            "matchType": "tachiSongID", "identifier": str(chart.song.song_id), "difficulty": chart.difficulty,
            "score": 9_000_000 + place * 10_000, "lamp": "CLEAR", "timeAchieved": NOON + place * 2 * MINUTE,
        }
        for place, chart in enumerate(charts)
    ]  # fmt: skip


def import_by_hook(user: User, rows: list[dict[str, Any]]) -> list[Import]:
    """Imports each row separately, as a hook does."""
    meta = {"game": "sdvx", "playtype": "Single", "service": "KsHook"}
    return [
        run_job(
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
def test_the_imports_of_a_hook_are_shown_as_one_run_and_one_session(player: Visitor, alice: User) -> None:
    page = player.page
    import_by_hook(alice, rows_of(SCORES_OF_EVENING))

    player.go_to("/imports/")
    run = page.locator(".folded")
    expect(run).to_have_count(1)
    expect(run).to_contain_text("45")
    expect(run).to_contain_text("KsHook")
    run.locator("summary").click()
    player.take_picture("run")
    page.locator(".folded .inner .run-row").first.get_by_role("link").first.click()
    expect(player.main).to_contain_text("First play")
    player.take_picture("score")

    player.go_to("/users/Alice/")
    page.get_by_role("link", name="SOUND VOLTEX").first.click()
    page.get_by_role("link", name="Sessions").first.click()
    page.locator('main a[href^="/sessions/"]').first.click()
    expect(player.main).to_contain_text("45 imports by KsHook")
    expect(page.get_by_role("region", name="VOLFORCE")).to_be_visible()
    expect(page.get_by_role("img", name="Lamps of 45 plays in the order played; table below")).to_be_visible()
    player.take_picture("session")


@pytest.mark.usefixtures("catalogue")
def test_the_file_of_a_tool_is_downloaded_and_its_first_score_is_shown(player: Visitor, alice: User) -> None:
    page = player.page
    client, _ = APIClient.objects.create_for(
        alice, name="Night Logger", permissions=["submit_score"], key_filename="tool.toml", key_template="%%TACHI_KEY%%"
    )
    player.go_to(f"/client-file-flow/{client.client_id}/")
    with page.expect_download() as download:
        page.get_by_role("button", name="Allow and download tool.toml").click()
    assert download.value.suggested_filename == "tool.toml"
    secret = Path(download.value.path()).read_text()
    token = APIToken.objects.find(secret)
    assert token is not None
    expect(player.heading).to_have_text("Night Logger is ready to connect")
    expect(player.main).to_contain_text("Waiting for the first score")
    player.take_picture("file")
    Import.objects.filter(pk=import_by_hook(alice, rows_of(1))[0].pk).update(token=token)
    expect(player.heading).to_have_text("Night Logger is connected")
    expect(player.main).to_contain_text("9,000,000")
    player.take_picture("connected")


@pytest.mark.usefixtures("worker")
def test_a_tool_is_connected_and_its_first_score_is_shown(player: Visitor) -> None:
    page = player.page
    player.go_to("/tools/")
    page.get_by_role("link", name="Connect (KsHook)").click()
    expect(player.heading).to_have_text("Allow KsHook to use your account?")
    page.get_by_role("button", name="Allow").click()
    expect(player.heading).to_have_text("KsHook is ready to connect")
    expect(player.main).to_contain_text("/ir/kshook/sv6c")
    player.take_picture("token")
    meta = {"game": "sdvx", "playtype": "Single", "service": "KsHook"}
    sent = page.request.post(
        f"{page.url.partition('/tokens/')[0]}/ir/direct-manual/import",
        data={"meta": meta, "scores": rows_of(1)},
        headers={"Authorization": f"Bearer {page.locator('#content').inner_text()}", "Cookie": ""},
    )
    assert sent.status == 202
    expect(player.heading).to_have_text("KsHook is connected", timeout=30_000)
    expect(player.main).to_contain_text("The first score has arrived")
    player.take_picture("arrived")
    page.get_by_role("link", name="View the import").click()
    expect(player.main).to_contain_text("First play")


@pytest.mark.usefixtures("worker")
def test_the_valid_rows_of_a_failed_import_are_imported(player: Visitor, alice: User) -> None:
    good = rows_of(5)
    bad = {**good[0], "timeAchieved": 1_700_000_000}
    failed = run_job(
        submit_document(alice, sample_document("sdvx", scores=[*good, bad], classes={}), name="night.json")
    )
    assert failed.state == State.FAILED

    player.go_to(f"/imports/{failed.import_id}/")
    expect(player.heading).to_have_text("Nothing was imported")
    player.take_picture("failed")
    player.page.get_by_role("button", name="Import the 5 good rows").click()
    expect(player.heading).to_have_text("5 new scores", timeout=30_000)
    expect(player.main).to_contain_text("1 row wasn't imported")


@pytest.mark.usefixtures("worker")
def test_a_file_shared_from_a_phone_is_checked_and_then_imported(player: Visitor) -> None:
    page = player.page
    player.go_to("/import/")
    content = to_json(sample_document("sdvx", scores=rows_of(3), classes={}))
    # The request that a share sheet sends to the target in the manifest.
    page.evaluate(
        """(content) => {
            const form = document.createElement("form");
            Object.assign(form, { action: "/import/share/", method: "post", enctype: "multipart/form-data" });
            const input = document.createElement("input");
            Object.assign(input, { type: "file", name: "scoreData" });
            const transfer = new DataTransfer();
            transfer.items.add(new File([content], "night.json", { type: "application/json" }));
            input.files = transfer.files;
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
def test_a_moderator_reverts_several_imports_from_the_page_of_a_player(visitor: Visitor, alice: User) -> None:
    page = visitor.page
    sent = import_by_hook(alice, rows_of(3))
    visitor.sign_in(people.mo().username)

    visitor.go_to("/users/Alice/")
    visitor.main.get_by_role("link", name="Open in admin").click()
    for job in sent[:2]:
        page.locator(f"#import-{job.pk}").check()
    visitor.take_picture("player")
    page.get_by_role("button", name="Revert selected…").click()
    expect(visitor.heading).to_have_text("Revert 2 imports of 1 player?")
    visitor.take_picture("question")
    page.get_by_label("Reason").fill("a broken hook")
    page.get_by_role("button", name="Revert 2 imports").click()
    expect(page.get_by_text("Reverted 2 imports. 2 scores removed.")).to_be_visible()
    assert list(Score.objects.values_list("from_import", flat=True)) == [sent[2].pk]
