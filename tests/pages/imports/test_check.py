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
from tests import factories, people
from tests.pages.html_parsing import heading_of, messages_of, text_of, url_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

KIND = {"importType": "file/batch-manual"}
SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def client() -> Client:
    return people.session_of(people.alice())


def given(client: Client, *rows: dict[str, Any], name: str = "night.json", **parts: Any) -> Any:
    """The answer to a file of these rows."""
    content = json.dumps(factories.batch_manual(*rows, **parts)).encode()
    return client.post("/import/", {**KIND, "scoreData": SimpleUploadedFile(name, content, "application/json")})


def checked(client: Client, *rows: dict[str, Any], **parts: Any) -> str:
    """The address of the page that tells what a file of these rows would do."""
    response = given(client, *rows, **parts)
    assert response.status_code == 302
    assert re.fullmatch("/import/checked/[0-9a-f]{32}/", response["Location"])
    return str(response["Location"])


def mixed() -> list[dict[str, Any]]:
    """Two new rows, one that repeats the first, and one of each kind of problem."""
    first, second = factories.charts(2)
    for number in (8, 9):
        factories.a_chart(factories.a_song(number, "Twins"))
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


def test_every_row_is_counted_and_nothing_is_saved(client: Client) -> None:
    page = client.get(checked(client, *mixed()))
    assert heading_of(page) == "2 scores ready to import"
    said = text_of(page)
    assert "Batch-Manual file, SOUND VOLTEX, 7 rows from Tests" in said
    assert "new scores 2 new bests" in said
    assert "duplicates, skipped 1 problems 4 sessions" in said
    assert not Import.objects.exists()
    assert not Score.objects.exists()


def test_the_problems_stand_by_row_with_message_and_offending_values(client: Client) -> None:
    page = client.get(checked(client, *mixed()))
    said, markup = text_of(page), page.content.decode()
    assert "4 rows can't be imported" in said
    assert "Row 3 Unknown song or chart" in said
    assert "Multiple songs exist with the case-insensitive title twins." in said
    assert "<mark>&quot;GLOWING&quot;</mark>" in markup


def test_a_check_shows_the_classes_that_would_rise(client: Client) -> None:
    page = client.get(checked(client, factories.score_on(factories.charts(1)[0]), classes={"dan": "DAN_3"}))
    assert "Dan LV.03. Set by the file." in text_of(page)


def test_all_good_rows_go_in_and_the_others_become_problems(client: Client) -> None:
    address = checked(client, *mixed())
    response = client.post(address, {"do": "skip"})
    job = Import.objects.get()
    assert response["Location"] == url_of(job)
    factories.process(job)
    job.refresh_from_db()
    assert (job.score_count, job.duplicate_count, job.problem_count) == (2, 1, 4)
    assert (job.input.file_name, job.user_intent) == ("night.json", True)


def test_all_or_nothing_is_nothing_where_a_row_does_not_fit(client: Client) -> None:
    address = checked(client, *mixed())
    assert "All or nothing requires all 7 rows to be valid; 4 rows are not." in text_of(client.get(address))
    response = client.post(address, {"do": "whole"})
    assert (response.status_code, messages_of(response)) == (409, "Nothing was imported: some rows can't be imported.")
    assert not Import.objects.exists()


def test_an_import_of_valid_rows_takes_all_of_them(client: Client) -> None:
    address = checked(client, factories.score_on(factories.charts(1)[0]))
    assert 'value="whole">Import 1 score<' in client.get(address).content.decode()
    client.post(address, {"do": "whole"})
    assert factories.process(Import.objects.get()).score_count == 1


def test_what_is_there_already_is_said_to_be_nothing_new(client: Client) -> None:
    row = factories.score_on(factories.charts(1)[0])
    factories.an_import(people.alice(), row)
    page = client.get(checked(client, row))
    assert heading_of(page) == "Nothing new in this file"
    assert "Import anyway" in text_of(page)


def test_a_button_pressed_twice_makes_one_import(client: Client) -> None:
    address = checked(client, factories.score_on(factories.charts(1)[0]))
    first, second = (client.post(address, {"do": "whole"})["Location"] for _ in range(2))
    assert first == second == url_of(Import.objects.get())
    assert client.get(address)["Location"] == first


@pytest.mark.parametrize("wish", ["cancel", "nonsense", ""])
def test_whatever_else_is_pressed_lets_go_of_the_file(wish: str, client: Client, redis_clean: Redis) -> None:
    address = checked(client, factories.score_on(factories.charts(1)[0]))
    response = client.post(address, {"do": wish}, follow=True)
    assert messages_of(response) == "Nothing was imported."
    assert not Import.objects.exists()
    assert redis_clean.keys("tachi:checked*") == []


def test_a_file_waits_half_an_hour_and_no_longer(client: Client, redis_clean: Redis) -> None:
    address = checked(client, factories.score_on(factories.charts(1)[0]))
    key = f"tachi:checked:{people.alice().pk}"
    assert 1_790 <= redis_clean.ttl(key) <= 1_800
    redis_clean.delete(key)
    for response in (client.get(address, follow=True), client.post(address, {"do": "skip"}, follow=True)):
        assert "This check has expired" in messages_of(response)
    assert not Import.objects.exists()


def test_an_older_check_cannot_import_the_newer_file(client: Client) -> None:
    older = checked(client, factories.score_on(factories.charts(1)[0]))
    checked(client, factories.unknown_score())
    assert "This check has expired" in messages_of(client.post(older, {"do": "skip"}, follow=True))
    assert not Import.objects.exists()


def test_nobody_else_sees_or_imports_what_somebody_checked(client: Client) -> None:
    address = checked(client, factories.score_on(factories.charts(1)[0]))
    for person in (people.bob(), people.mo(), people.ada()):
        assert people.session_of(person).get(address)["Location"] == "/import/"
        assert people.session_of(person).post(address, {"do": "whole"})["Location"] == "/import/"
    assert not Import.objects.exists()


@pytest.mark.parametrize("headers", [{}, SCRIPT], ids=["form", "script"])
def test_a_file_that_cannot_be_read_as_a_whole_is_refused_with_the_exact_message(
    headers: dict[str, str], client: Client
) -> None:
    content = SimpleUploadedFile("a.json", b'{"meta": {"game": "sdvx"}, "scores": []}')
    response = client.post("/import/", {**KIND, "scoreData": content}, headers=headers)
    exact = "Invalid BATCH-MANUAL: meta.service | Expected a string with length between 3 and 60."
    assert response.status_code == 400
    assert exact in (response.json()["code"] if headers else text_of(response))


def test_a_script_is_told_where_the_answer_stands(client: Client) -> None:
    content = json.dumps(factories.batch_manual(factories.unknown_score()))
    response = client.post("/import/", {**KIND, "pasted": content}, headers=SCRIPT)
    assert response.status_code == 201
    assert heading_of(client.get(response.json()["url"])) == "Nothing new in this file"


def test_how_far_a_check_is_can_be_asked_by_its_player_alone(client: Client) -> None:
    content = json.dumps(factories.batch_manual(factories.score_on(factories.charts(1)[0])))
    client.post("/import/", {**KIND, "pasted": content, "progress": "ab" * 16})
    asked = f"/import/checking/{'ab' * 16}/"
    assert client.get(asked).json()["stage"] == "reading"
    assert people.session_of(people.bob()).get(asked).json() == {}


@pytest.fixture
def another_large_check() -> Iterator[None]:
    """This process is at a large check."""
    with submissions._one_large_check():
        yield


@pytest.mark.usefixtures("another_large_check")
def test_the_second_of_two_large_checks_has_to_wait(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_the_room_is_shared_and_given_back(client: Client, redis_clean: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    bob = people.session_of(people.bob())
    checked(bob, factories.unknown_score())
    (booked,) = redis_clean.hvals("tachi:checked")
    monkeypatch.setattr(pending_uploads, "MAX_TOTAL_BYTES", 2 * int(booked.split()[1]) - 1)
    assert given(client, factories.unknown_score()).status_code == 503
    checked(bob, factories.unknown_score())  # replaces his own
    bob.post(checked(bob, factories.unknown_score()), {"do": "cancel"})
    checked(client, factories.unknown_score())


@pytest.mark.usefixtures("rate_limits")
def test_checks_are_counted_and_those_of_the_api_with_them(client: Client) -> None:
    for _ in range(10):
        assert given(client, factories.unknown_score()).status_code == 302
    assert given(client, factories.unknown_score()).status_code == 429
    actual = client.post("/import/", {**KIND, "pasted": "{}"}, headers=SCRIPT)
    assert (actual.status_code, "10 requests per 60 seconds" in actual.json()["description"]) == (429, True)


def test_fifty_problems_stand_on_a_page(client: Client) -> None:
    address = checked(client, *(factories.unknown_score(score=number) for number in range(60)))
    assert "1 to 50 of 60" in text_of(client.get(address))
    assert "Row 59" in text_of(client.get(f"{address}?page=2"))


# --- what the import would change -------------------------------------------------------------------------


def test_a_check_foretells_what_the_import_then_does(client: Client) -> None:
    charts = factories.charts(3)
    factories.an_import(people.alice(), factories.score_on(charts[0], 9_000_000))
    rows = [factories.score_on(chart, 9_700_000, timeAchieved=factories.NOON) for chart in charts]
    address = checked(client, *rows)
    page = client.get(address)
    said = text_of(page)
    counted = (Import.objects.count(), Score.objects.count(), AuditEntry.objects.count())
    client.post(address, {"do": "whole"})
    job = factories.process(Import.objects.latest("pk"))
    before, after = job.rating_changes["Single"]["VF7" if "VF7" in job.rating_changes["Single"] else "VF6"]
    assert "VOLFORCE after this import" in said
    assert f"{before:.3f}" in said
    assert f"{after:.3f}" in said
    assert f"new scores 3 new bests {job.best_count} first plays {job.first_play_count}" in said
    assert "Biggest gains" in said
    assert counted[:2] == (1, 1)  # the check itself left nothing


def test_a_check_beside_a_running_import_foretells_nothing(client: Client) -> None:
    chart = factories.charts(1)[0]
    with factories.hold_player_lock(people.alice()):
        page = client.get(checked(client, factories.score_on(chart)))
    assert "after this import" not in text_of(page)
    assert heading_of(page) == "1 score ready to import"


def test_a_title_that_looks_like_a_known_one_can_be_used_and_let_go(client: Client) -> None:
    chart = factories.a_chart(factories.a_song(1, "Glass Meridian"))
    row = {"matchType": "songTitle", "identifier": "Ｇｌａｓｓ　Ｍｅｒｉｄｉａｎ", "difficulty": "EXH"}
    address = checked(client, {**factories.score_on(chart), **row})
    assert "1 unknown title" in text_of(client.get(address))
    used = client.post(address, {"do": "use", "title": "0"}, follow=True)
    assert heading_of(used) == "1 score ready to import"
    assert "1 row is matched." in text_of(used)
    address = used.redirect_chain[-1][0]
    let_go = client.post(address, {"do": "unuse"}, follow=True)
    assert "1 unknown title" in text_of(let_go)
    again = client.post(let_go.redirect_chain[-1][0], {"do": "use-all"}, follow=True)
    client.post(again.redirect_chain[-1][0], {"do": "whole"})
    job = factories.process(Import.objects.get())
    assert (job.score_count, job.problem_count) == (1, 0)
    assert job.scores.get().chart == chart


def test_a_title_that_is_much_like_a_known_one_is_suggested_with_its_reason(client: Client) -> None:
    chart = factories.a_chart(factories.a_song(1, "Glass Meridian"))
    factories.a_chart(factories.a_song(2, "Obsidian Waltz"))
    near = {"matchType": "songTitle", "identifier": "Glass Meridan", "difficulty": "EXH"}
    wide = {"matchType": "songTitle", "identifier": "Ｏｂｓｉｄｉａｎ　Ｗａｌｔｚ", "difficulty": "EXH"}
    no_such_chart = {**near, "difficulty": "NOV", "score": 9_100_000}
    rows = [{**factories.score_on(chart), **row} for row in (near, wide, no_such_chart)]
    address = checked(client, *rows)
    said = text_of(client.get(address))
    assert "2 unknown titles" in said
    assert "Glass Meridan Row 0 Glass Meridian EXH 16. 96% likely: one letter differs Use it" in said
    # All sure matches are used without the likely one.
    again = client.post(address, {"do": "use-all"}, follow=True)
    assert heading_of(again) == "1 score ready to import"
    used = client.post(again.redirect_chain[-1][0], {"do": "use", "title": "0"}, follow=True)
    assert heading_of(used) == "2 scores ready to import"
    client.post(used.redirect_chain[-1][0], {"do": "skip"})
    job = factories.process(Import.objects.get())
    assert (job.score_count, job.problem_count) == (2, 1)
    assert job.scores.filter(chart=chart).count() == 1


def test_a_client_cannot_choose_charts_through_a_field(client: Client) -> None:
    assert kept_rows.CHOSEN_FIELD in RESERVED
