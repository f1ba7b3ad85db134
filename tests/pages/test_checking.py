"""A file is checked before it is imported: its page says what would become of each row, and nothing is saved."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings
from redis import Redis

from imports import submissions
from imports.models import Import, Score
from imports.pages import checked_uploads
from tests import builders, people
from tests.pages.reading import heading_of, messages_of, text_of, url_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

KIND = {"importType": "file/batch-manual"}
SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def client() -> Client:
    return people.session_of(people.alice())


def given(client: Client, *rows: dict[str, Any], name: str = "night.json", **parts: Any) -> Any:
    """The answer to a file of these rows."""
    content = json.dumps(builders.batch_manual(*rows, **parts)).encode()
    return client.post("/import/", {**KIND, "scoreData": SimpleUploadedFile(name, content, "application/json")})


def checked(client: Client, *rows: dict[str, Any], **parts: Any) -> str:
    """The address of the page that tells what a file of these rows would do."""
    answer = given(client, *rows, **parts)
    assert answer.status_code == 302
    assert re.fullmatch("/import/checked/[0-9a-f]{32}/", answer["Location"])
    return str(answer["Location"])


def mixed() -> list[dict[str, Any]]:
    """Two new rows, one that repeats the first, and one of each kind of problem."""
    first, second = builders.charts(2)
    for number in (8, 9):
        builders.a_chart(builders.a_song(number, "Twins"))
    row = builders.score_on(first)
    return [
        row,
        builders.score_on(second),
        row,
        builders.unknown_score(),
        {**row, "matchType": "songTitle", "identifier": "twins"},
        {**row, "lamp": "PERFECT ULTIMATE CHAIN", "score": 3},
        {**row, "lamp": "GLOWING"},
    ]


def test_every_row_is_counted_and_nothing_is_saved(client: Client) -> None:
    page = client.get(checked(client, *mixed()))
    assert heading_of(page) == "2 scores would go in"
    said = text_of(page)
    assert "Batch-Manual file, SOUND VOLTEX, 7 rows from Tests" in said
    assert "7 rows" in said
    assert "rows 7 new 2 duplicates, skipped 1 unknown chart 1 ambiguous 1 invalid 2" in said
    assert not Import.objects.exists()
    assert not Score.objects.exists()


def test_the_problems_stand_by_row_with_message_and_offending_values(client: Client) -> None:
    page = client.get(checked(client, *mixed()))
    said, markup = text_of(page), page.content.decode()
    assert "4 rows would not go in" in said
    assert "Row 3 Unknown song or chart" in said
    assert "Multiple songs exist with the case-insensitive title twins." in said
    assert "<mark>&quot;GLOWING&quot;</mark>" in markup


def test_what_it_would_do_to_classes_is_said(client: Client) -> None:
    page = client.get(checked(client, builders.score_on(builders.charts(1)[0]), classes={"dan": "DAN_3"}))
    assert "Dan LV.03. As the file says." in text_of(page)


def test_all_good_rows_go_in_and_the_others_become_problems(client: Client) -> None:
    address = checked(client, *mixed())
    answer = client.post(address, {"do": "skip"})
    job = Import.objects.get()
    assert answer["Location"] == url_of(job)
    builders.dealt_with(job)
    job.refresh_from_db()
    assert (job.score_count, job.duplicate_count, job.problem_count) == (2, 1, 4)
    assert (job.input.file_name, job.user_intent) == ("night.json", True)


def test_all_or_nothing_is_nothing_where_a_row_does_not_fit(client: Client) -> None:
    address = checked(client, *mixed())
    assert "All or nothing needs all 7 rows to fit; 4 rows do not." in text_of(client.get(address))
    answer = client.post(address, {"do": "whole"})
    assert (answer.status_code, messages_of(answer)) == (409, "Nothing was imported: not every row fits.")
    assert not Import.objects.exists()


def test_where_every_row_fits_all_of_them_go_in(client: Client) -> None:
    address = checked(client, builders.score_on(builders.charts(1)[0]))
    assert 'value="whole">Import 1 score<' in client.get(address).content.decode()
    client.post(address, {"do": "whole"})
    assert builders.dealt_with(Import.objects.get()).score_count == 1


def test_what_is_there_already_is_said_to_be_nothing_new(client: Client) -> None:
    row = builders.score_on(builders.charts(1)[0])
    builders.an_import(people.alice(), row)
    page = client.get(checked(client, row))
    assert heading_of(page) == "Nothing new in this file"
    assert "Import it anyway" in text_of(page)


def test_a_button_pressed_twice_makes_one_import(client: Client) -> None:
    address = checked(client, builders.score_on(builders.charts(1)[0]))
    first, second = (client.post(address, {"do": "whole"})["Location"] for _ in range(2))
    assert first == second == url_of(Import.objects.get())
    assert client.get(address)["Location"] == first


@pytest.mark.parametrize("wish", ["cancel", "nonsense", ""])
def test_whatever_else_is_pressed_lets_go_of_the_file(wish: str, client: Client, redis_clean: Redis) -> None:
    address = checked(client, builders.score_on(builders.charts(1)[0]))
    answer = client.post(address, {"do": wish}, follow=True)
    assert messages_of(answer) == "Nothing was imported."
    assert not Import.objects.exists()
    assert redis_clean.keys("tachi:checked*") == []


def test_a_file_waits_half_an_hour_and_no_longer(client: Client, redis_clean: Redis) -> None:
    address = checked(client, builders.score_on(builders.charts(1)[0]))
    key = f"tachi:checked:{people.alice().pk}"
    assert 1_790 <= redis_clean.ttl(key) <= 1_800
    redis_clean.delete(key)
    for answer in (client.get(address, follow=True), client.post(address, {"do": "skip"}, follow=True)):
        assert "That file waited too long" in messages_of(answer)
    assert not Import.objects.exists()


def test_an_older_check_cannot_import_the_newer_file(client: Client) -> None:
    older = checked(client, builders.score_on(builders.charts(1)[0]))
    checked(client, builders.unknown_score())
    assert "another was checked meanwhile" in messages_of(client.post(older, {"do": "skip"}, follow=True))
    assert not Import.objects.exists()


def test_nobody_else_sees_or_imports_what_somebody_checked(client: Client) -> None:
    address = checked(client, builders.score_on(builders.charts(1)[0]))
    for person in (people.bob(), people.mo(), people.ada()):
        assert people.session_of(person).get(address)["Location"] == "/import/"
        assert people.session_of(person).post(address, {"do": "whole"})["Location"] == "/import/"
    assert not Import.objects.exists()


@pytest.mark.parametrize("headers", [{}, SCRIPT], ids=["form", "script"])
def test_a_file_that_cannot_be_read_as_a_whole_is_refused_with_the_exact_message(
    headers: dict[str, str], client: Client
) -> None:
    content = SimpleUploadedFile("a.json", b'{"meta": {"game": "sdvx"}, "scores": []}')
    answer = client.post("/import/", {**KIND, "scoreData": content}, headers=headers)
    exact = "Could not retrieve meta.playtype - is this valid BATCH-MANUAL?"
    assert answer.status_code == 400
    assert exact in (answer.json()["code"] if headers else text_of(answer))


def test_a_script_is_told_where_the_answer_stands(client: Client) -> None:
    content = json.dumps(builders.batch_manual(builders.unknown_score()))
    answer = client.post("/import/", {**KIND, "pasted": content}, headers=SCRIPT)
    assert answer.status_code == 201
    assert heading_of(client.get(answer.json()["url"])) == "Nothing new in this file"


def test_how_far_a_check_is_can_be_asked_by_its_player_alone(client: Client) -> None:
    content = json.dumps(builders.batch_manual(builders.score_on(builders.charts(1)[0])))
    client.post("/import/", {**KIND, "pasted": content, "progress": "ab" * 16})
    asked = f"/import/checking/{'ab' * 16}/"
    assert client.get(asked).json()["stage"] == "reading"
    assert people.session_of(people.bob()).get(asked).json() == {}


@pytest.fixture
def another_large_check() -> Iterator[None]:
    """This process is at a large check."""
    with submissions._alone():
        yield


@pytest.mark.usefixtures("another_large_check")
def test_of_two_large_checks_the_second_is_asked_to_wait(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submissions, "LARGE", 10)
    answer = given(client, builders.unknown_score())
    assert (answer.status_code, answer["Retry-After"]) == (503, "3")
    assert "Another large file is being checked" in text_of(answer)


def test_where_there_is_no_room_the_file_may_be_imported_unchecked(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checked_uploads, "ROOM", 10)
    answer = given(client, builders.unknown_score())
    assert answer.status_code == 503
    assert "You can import it unchecked." in text_of(answer)
    assert "data-unchecked>" in answer.content.decode()


def test_the_room_is_shared_and_given_back(client: Client, redis_clean: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    bob = people.session_of(people.bob())
    checked(bob, builders.unknown_score())
    (booked,) = redis_clean.hvals("tachi:checked")
    monkeypatch.setattr(checked_uploads, "ROOM", 2 * int(booked.split()[1]) - 1)
    assert given(client, builders.unknown_score()).status_code == 503
    checked(bob, builders.unknown_score())  # takes the place of his own
    bob.post(checked(bob, builders.unknown_score()), {"do": "cancel"})
    checked(client, builders.unknown_score())


def test_checks_are_counted_and_those_of_the_api_with_them(client: Client, settings: Settings) -> None:
    settings.TACHI_RATE_LIMITS = True
    for _ in range(10):
        assert given(client, builders.unknown_score()).status_code == 302
    assert given(client, builders.unknown_score()).status_code == 429
    told = client.post("/import/", {**KIND, "pasted": "{}"}, headers=SCRIPT)
    assert (told.status_code, "10 requests per 60 seconds" in told.json()["description"]) == (429, True)


def test_fifty_problems_stand_on_a_page(client: Client) -> None:
    address = checked(client, *(builders.unknown_score(score=number) for number in range(60)))
    assert "1 to 50 of 60" in text_of(client.get(address))
    assert "Row 59" in text_of(client.get(f"{address}?page=2"))
