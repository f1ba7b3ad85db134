"""The check before an import: the page shows the verdict of each row, and nothing is stored."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from redis import Redis

from imports import submissions
from imports.api.imports.upload import RESERVED
from imports.formats import kept_rows
from imports.models import AuditEntry, Import, Score
from imports.pages.imports import pending_uploads
from imports.pipeline.progress import Stage
from tests import factories, people
from tests.pages.html_parsing import heading_of, messages_of, text_of, url_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

KIND = {"importType": "file/batch-manual"}
SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def client() -> Client:
    return people.session_of(people.alice())


def given(client: Client, *rows: dict[str, Any], name: str = "night.json", **parts: Any) -> Any:
    """Uploads a file of these rows for a check and returns the response."""
    content = json.dumps(factories.batch_manual(*rows, **parts)).encode()
    return client.post("/import/", {**KIND, "scoreData": SimpleUploadedFile(name, content, "application/json")})


def checked(client: Client, *rows: dict[str, Any], **parts: Any) -> str:
    """Uploads a file of these rows and returns the address of the check."""
    response = given(client, *rows, **parts)
    assert response.status_code == 302
    assert re.fullmatch("/import/checked/[0-9a-f]{32}/", response["Location"])
    return str(response["Location"])


def mixed() -> list[dict[str, Any]]:
    """Two new rows, one that repeats the first, and one of each kind of problem."""
    first, second = factories.charts(2)
    for number in (8, 9):
        factories.create_chart(factories.create_song(number, "Twins"))
    row = factories.score_on(first)
    return [
        row,
        factories.score_on(second),
        row,
        factories.unknown_score(),
        {**row, "matchType": "songTitle", "identifier": "twins"},
        {**row, "lamp": "PERFECT ULTIMATE CHAIN", "score": 3},
        {**row, "lamp": "GLOWING"},
    ]


def test_a_check_counts_every_row_and_saves_nothing(client: Client) -> None:
    page = client.get(checked(client, *mixed()))
    assert heading_of(page) == "2 scores ready to import"
    text = text_of(page)
    assert "Batch-Manual file, SOUND VOLTEX, 7 rows from Tests" in text
    assert "new scores 2 new bests" in text
    assert "duplicate, skipped 1 problems 4 sessions" in text
    assert not Import.objects.exists()
    assert not Score.objects.exists()


def test_a_check_lists_problems_with_message_and_offending_values(client: Client) -> None:
    page = client.get(checked(client, *mixed()))
    text, markup = text_of(page), page.content.decode()
    assert "4 rows can't be imported" in text
    assert "Row 3 Unknown song or chart" in text
    assert "More than one song has this title. Pick the one you played." in text
    assert "<mark>&quot;GLOWING&quot;</mark>" in markup


def test_a_check_shows_the_classes_that_would_rise(client: Client) -> None:
    page = client.get(checked(client, factories.score_on(factories.charts(1)[0]), classes={"dan": "DAN_3"}))
    assert "Dan LV.03. Set by the file." in text_of(page)


def test_valid_rows_are_imported_and_the_others_become_problems(client: Client) -> None:
    address = checked(client, *mixed())
    response = client.post(address, {"do": "skip"})
    job = Import.objects.get()
    assert response["Location"] == url_of(job)
    factories.run_job(job)
    job.refresh_from_db()
    assert (job.score_count, job.duplicate_count, job.problem_count) == (2, 1, 4)
    assert (job.input.file_name, job.user_intent) == ("night.json", True)


def test_an_all_or_nothing_import_is_refused_if_a_row_has_a_problem(client: Client) -> None:
    address = checked(client, *mixed())
    assert "With 4 such rows, nothing would be imported." in text_of(client.get(address))
    for data in ({"do": "skip", "all": "on"}, {"do": "whole"}):  # the box; the button of the release before
        response = client.post(address, data)
        reason = "Nothing was imported, because some rows have problems."
        assert (response.status_code, messages_of(response).partition(" Uncheck")[0]) == (409, reason)
        assert ' name="all" form="answer" checked>' in response.content.decode()
    assert not Import.objects.exists()


def test_a_file_without_problems_has_no_all_or_nothing_option(client: Client) -> None:
    address = checked(client, factories.score_on(factories.charts(1)[0]))
    assert "all or nothing" not in text_of(client.get(address))


def test_the_rows_with_problems_can_be_downloaded_corrected_and_uploaded(client: Client) -> None:
    rows = mixed()
    address = checked(client, *rows)
    assert f'href="{address}left-out/"' in client.get(address).content.decode()
    file = client.get(f"{address}left-out/")
    assert file["Content-Disposition"] == 'attachment; filename="night-left-out.json"'
    document = json.loads(file.content)
    assert document["scores"] == rows[3:]
    again = client.get(checked(client, *document["scores"]))
    assert "4 rows can't be imported" in text_of(again)


def test_only_the_uploader_can_download_the_rows_of_a_check(client: Client) -> None:
    address = f"{checked(client, *mixed())}left-out/"
    assert people.session_of(people.bob()).get(address).status_code == 410
    assert people.guest().get(address)["Location"].startswith("/login/")


def test_a_file_of_valid_rows_is_imported_completely(client: Client) -> None:
    address = checked(client, factories.score_on(factories.charts(1)[0]))
    assert 'value="whole">Import 1 score<' in client.get(address).content.decode()
    client.post(address, {"do": "whole"})
    assert factories.run_job(Import.objects.get()).score_count == 1


def test_a_file_of_stored_scores_has_nothing_new(client: Client) -> None:
    row = factories.score_on(factories.charts(1)[0])
    earlier = factories.create_import(people.alice(), row)
    page = client.get(checked(client, row))
    assert heading_of(page) == "Nothing new in this file"
    assert f'href="{url_of(earlier)}">View the earlier import' in page.content.decode()
    assert "1 score was imported before. Importing the file again would change nothing." in text_of(page)
    assert "Import anyway" in text_of(page)


def test_a_repeated_submission_of_a_check_creates_one_import(client: Client) -> None:
    address = checked(client, factories.score_on(factories.charts(1)[0]))
    first, second = (client.post(address, {"do": "whole"})["Location"] for _ in range(2))
    assert first == second == url_of(Import.objects.get())
    assert client.get(address)["Location"] == first


@pytest.mark.parametrize("wish", ["cancel", "nonsense", ""])
def test_cancelling_a_check_removes_the_file(wish: str, client: Client, redis_clean: Redis) -> None:
    address = checked(client, factories.score_on(factories.charts(1)[0]))
    response = client.post(address, {"do": wish}, follow=True)
    assert messages_of(response) == "Nothing was imported."
    assert not Import.objects.exists()
    assert redis_clean.keys("tachi:checked*") == []


def test_a_check_expires_after_half_an_hour(client: Client, redis_clean: Redis) -> None:
    address = checked(client, factories.score_on(factories.charts(1)[0]))
    key = f"tachi:checked:{people.alice().pk}"
    assert 1_790 <= redis_clean.ttl(key) <= 1_800
    redis_clean.delete(key)
    for response in (client.get(address), client.post(address, {"do": "skip"})):
        assert (response.status_code, heading_of(response)) == (410, "This check has expired")
        assert "A check is kept for 30 minutes, or until you check another file." in text_of(response)
        assert 'href="/import/">' in response.content.decode()
    assert not Import.objects.exists()


def test_an_older_check_cannot_import_the_newer_file(client: Client) -> None:
    older = checked(client, factories.score_on(factories.charts(1)[0]))
    checked(client, factories.unknown_score())
    assert heading_of(client.post(older, {"do": "skip"})) == "This check has expired"
    assert not Import.objects.exists()


def test_only_the_uploader_can_open_and_import_a_check(client: Client) -> None:
    address = checked(client, factories.score_on(factories.charts(1)[0]))
    for person in (people.bob(), people.mo(), people.ada()):
        assert people.session_of(person).get(address).status_code == 410
        assert people.session_of(person).post(address, {"do": "whole"}).status_code == 410
    assert not Import.objects.exists()


@pytest.mark.parametrize("headers", [{}, SCRIPT], ids=["form", "script"])
def test_an_unreadable_file_is_refused_with_the_exact_message(headers: dict[str, str], client: Client) -> None:
    content = SimpleUploadedFile("a.json", b'{"meta": {"game": "sdvx"}, "scores": []}')
    response = client.post("/import/", {**KIND, "scoreData": content}, headers=headers)
    exact = "Invalid BATCH-MANUAL: meta.service | Expected a string with length between 3 and 60."
    assert response.status_code == 400
    assert exact in (response.json()["code"] if headers else text_of(response))


def test_the_complete_rows_of_a_truncated_file_can_be_imported(client: Client) -> None:
    rows = [factories.score_on(chart) for chart in factories.charts(3)]
    content = json.dumps(factories.batch_manual(*rows)).encode()[:-30]
    response = client.post("/import/", {**KIND, "scoreData": SimpleUploadedFile("night.json", content)})
    text = text_of(client.get(response["Location"]))
    assert "The file ends in the middle of row 2. It was probably not downloaded or saved completely." in text
    assert "Impossible value The file is cut off in this row." in text

    client.post(response["Location"], {"do": "skip"})

    job = factories.run_job(Import.objects.get())
    assert (job.score_count, job.problem_count) == (2, 1)


def test_a_script_receives_the_address_of_the_check(client: Client) -> None:
    content = json.dumps(factories.batch_manual(factories.unknown_score()))
    response = client.post("/import/", {**KIND, "pasted": content}, headers=SCRIPT)
    assert response.status_code == 201
    assert heading_of(client.get(response.json()["url"])) == "Nothing new in this file"


def test_only_the_uploader_can_read_the_progress_of_a_check(client: Client) -> None:
    content = json.dumps(factories.batch_manual(factories.score_on(factories.charts(1)[0])))
    client.post("/import/", {**KIND, "pasted": content, "progress": "ab" * 16})
    address = f"/import/checking/{'ab' * 16}/"
    assert client.get(address).json()["stage"] in set(Stage)  # the last one depends on the speed of the machine
    assert people.session_of(people.bob()).get(address).json() == {}


@pytest.fixture
def another_large_check() -> Iterator[None]:
    """A large check runs in this process."""
    with submissions._one_large_check():
        yield


@pytest.mark.usefixtures("another_large_check")
def test_a_second_large_check_is_refused_with_retry_after(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submissions, "LARGE_UPLOAD_BYTES", 10)
    response = given(client, factories.unknown_score())
    assert (response.status_code, response["Retry-After"]) == (503, "3")
    assert "Another large file is being checked" in text_of(response)


def test_a_file_can_be_imported_unchecked_if_there_is_no_capacity_to_check(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending_uploads, "MAX_TOTAL_BYTES", 10)
    response = given(client, factories.unknown_score())
    assert response.status_code == 503
    assert "You can import it without checking." in text_of(response)
    assert "data-unchecked>" in response.content.decode()


def test_the_capacity_for_checked_files_is_shared_and_released(
    client: Client, redis_clean: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = people.session_of(people.bob())
    checked(bob, factories.unknown_score())
    (booked,) = redis_clean.hvals("tachi:checked")
    monkeypatch.setattr(pending_uploads, "MAX_TOTAL_BYTES", 2 * int(booked.split()[1]) - 1)
    assert given(client, factories.unknown_score()).status_code == 503
    checked(bob, factories.unknown_score())  # replaces his own
    bob.post(checked(bob, factories.unknown_score()), {"do": "cancel"})
    checked(client, factories.unknown_score())


@pytest.mark.usefixtures("rate_limits")
def test_checks_in_pages_and_api_share_one_rate_limit(client: Client) -> None:
    for _ in range(10):
        assert given(client, factories.unknown_score()).status_code == 302
    assert given(client, factories.unknown_score()).status_code == 429
    actual = client.post("/import/", {**KIND, "pasted": "{}"}, headers=SCRIPT)
    assert (actual.status_code, "10 requests per 60 seconds" in actual.json()["description"]) == (429, True)


def test_a_check_lists_fifty_problems_per_page(client: Client) -> None:
    address = checked(client, *(factories.unknown_score(score=number) for number in range(60)))
    assert "1 to 50 of 60" in text_of(client.get(address))
    assert "Row 59" in text_of(client.get(f"{address}?page=2"))


# --- what the import would change -------------------------------------------------------------------------


def test_a_check_predicts_the_result_of_the_import(client: Client) -> None:
    charts = factories.charts(3)
    factories.create_import(people.alice(), factories.score_on(charts[0], 9_000_000))
    rows = [factories.score_on(chart, 9_700_000, timeAchieved=factories.NOON) for chart in charts]
    address = checked(client, *rows)
    page = client.get(address)
    text = text_of(page)
    counted = (Import.objects.count(), Score.objects.count(), AuditEntry.objects.count())
    client.post(address, {"do": "whole"})
    job = factories.run_job(Import.objects.latest("pk"))
    before, after = job.rating_changes["Single"]["VF7" if "VF7" in job.rating_changes["Single"] else "VF6"]
    assert "VOLFORCE after this import" in text
    assert f"{before:.3f}" in text
    assert f"{after:.3f}" in text
    assert (job.best_count, job.first_play_count) == (1, 2)
    assert "new scores 3 new best 1 first plays 2" in text
    assert "Biggest gains" in text
    assert counted[:2] == (1, 1)  # the check itself left nothing


def test_a_check_during_a_running_import_has_no_prediction(client: Client) -> None:
    chart = factories.charts(1)[0]
    with factories.hold_player_lock(people.alice()):
        page = client.get(checked(client, factories.score_on(chart)))
    assert "after this import" not in text_of(page)
    assert heading_of(page) == "1 score ready to import"


def test_a_sure_title_match_can_be_used_and_undone(client: Client) -> None:
    chart = factories.create_chart(factories.create_song(1, "Glass Meridian"))
    row = {"matchType": "songTitle", "identifier": "Ｇｌａｓｓ　Ｍｅｒｉｄｉａｎ", "difficulty": "EXH"}
    address = checked(client, {**factories.score_on(chart), **row})
    assert "1 unknown title" in text_of(client.get(address))
    assert "100% sure: differs only in full and half width from “Glass Meridian”" in text_of(client.get(address))
    used = client.post(address, {"do": "use", "title": "0"}, follow=True)
    assert heading_of(used) == "1 score ready to import"
    assert "All titles are matched" in text_of(used)
    address = used.redirect_chain[-1][0]
    let_go = client.post(address, {"do": "unuse"}, follow=True)
    assert "1 unknown title" in text_of(let_go)
    again = client.post(let_go.redirect_chain[-1][0], {"do": "use-all"}, follow=True)
    client.post(again.redirect_chain[-1][0], {"do": "whole"})
    job = factories.run_job(Import.objects.get())
    assert (job.score_count, job.problem_count) == (1, 0)
    assert job.scores.get().chart == chart


def test_a_likely_title_match_is_suggested_with_its_reason(client: Client) -> None:
    chart = factories.create_chart(factories.create_song(1, "Glass Meridian"))
    factories.create_chart(factories.create_song(2, "Obsidian Waltz"))
    near = {"matchType": "songTitle", "identifier": "Glass Meridan", "difficulty": "EXH"}
    wide = {"matchType": "songTitle", "identifier": "Ｏｂｓｉｄｉａｎ　Ｗａｌｔｚ", "difficulty": "EXH"}
    no_such_chart = {**near, "difficulty": "NOV", "score": 9_100_000}
    rows = [{**factories.score_on(chart), **row} for row in (near, wide, no_such_chart)]
    address = checked(client, *rows)
    text = text_of(client.get(address))
    assert "2 unknown titles" in text
    assert "Glass Meridan Row 0 · EXH Glass Meridian EXH 16 96% likely: one letter differs Use it" in text
    # All sure matches are used without the likely one.
    again = client.post(address, {"do": "use-all"}, follow=True)
    assert heading_of(again) == "1 score ready to import"
    used = client.post(again.redirect_chain[-1][0], {"do": "use", "title": "0"}, follow=True)
    assert heading_of(used) == "2 scores ready to import"
    client.post(used.redirect_chain[-1][0], {"do": "skip"})
    job = factories.run_job(Import.objects.get())
    assert (job.score_count, job.problem_count) == (2, 1)
    assert job.scores.filter(chart=chart).count() == 1


def test_a_client_cannot_choose_charts_through_a_field(client: Client) -> None:
    assert kept_rows.CHOSEN_FIELD in RESERVED
