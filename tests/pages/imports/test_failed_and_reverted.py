"""The page of an import that failed or was reverted, complete without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from imports.models import Import, State
from tests import factories, people
from tests.pages.html_parsing import heading_of, in_state, text_of, url_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def alices() -> Client:
    return people.session_of(people.alice())


def two_scores() -> list[dict[str, Any]]:
    return [factories.score_on(chart) for chart in factories.charts(2)]


def test_a_failed_import_says_first_that_nothing_went_in_then_why_and_what_to_do(alices: Client) -> None:
    job = factories.an_import(people.alice(), {"lamp": "CLEAR"})
    page = alices.get(url_of(job))
    said = text_of(page)
    order = [
        "Nothing was imported",
        "1 row has no “score”.",
        "Fix the file",
        "Upload a fixed file",
        job.error_message,
    ]
    assert [said.index(part) for part in order] == sorted(said.index(part) for part in order)
    assert f"<code>{job.error_message}</code>" in page.content.decode()
    assert 'href="/import/"' in page.content.decode()
    assert url_of(job, "input/") in page.content.decode()
    assert url_of(job, "retry/") not in page.content.decode()  # it would fail again


def test_what_broke_on_our_side_can_be_tried_again(alices: Client) -> None:
    job = in_state(people.alice(), State.FAILED)
    Import.objects.filter(pk=job.pk).update(status_code=500)
    page = alices.get(url_of(job))
    assert "Something went wrong on our side." in text_of(page)
    assert f'action="{url_of(job, "retry/")}"' in page.content.decode()
    alices.post(url_of(job, "retry/"))
    job.refresh_from_db()
    assert job.state == State.QUEUED


def test_the_good_rows_of_a_failed_import_can_be_imported_by_themselves(alices: Client) -> None:
    chart = factories.charts(1)[0]
    rows = [factories.score_on(chart, 9_000_000 + number) for number in range(39)]
    job = factories.an_import(people.alice(), *rows, factories.score_on(chart, 1, lamp="IMPOSSIBLE"))
    assert job.state == State.FAILED
    page = alices.get(url_of(job))
    assert "Import the 39 good rows" in text_of(page)
    assert "1 row of 40 would be skipped." in text_of(page)
    assert '<input type="hidden" name="invalid" value="skip">' in page.content.decode()

    alices.post(url_of(job, "retry/"), {"invalid": "skip"})

    again = factories.process(job)
    assert (again.state, again.score_count, again.problem_count) == (State.COMPLETED, 39, 1)


def test_a_failed_import_leads_with_the_row_and_the_value(alices: Client) -> None:
    charts = factories.charts(6)
    rows = [factories.score_on(chart, timeAchieved=factories.NOON) for chart in charts]
    for place in (2, 4):
        rows[place]["timeAchieved"] = 1_795_355_460
    said = text_of(alices.get(url_of(factories.an_import(people.alice(), *rows))))
    assert "2 rows have a date in seconds. Dates must be in milliseconds. Add three zeros to each" in said
    assert "Row 2 3 Field timeAchieved In the file 1795355460 read as 21 Jan 1970" in said
    assert "Expected 1795355460000 read as 22 Nov 2026 Same problem row 4" in said


def test_a_file_that_was_cut_off_says_so(alices: Client) -> None:
    job = in_state(people.alice(), State.FAILED)
    Import.objects.filter(pk=job.pk).update(error_message="Invalid JSON. (It ends too early.)")
    assert "The file ends too early." in text_of(alices.get(url_of(job)))


@pytest.mark.parametrize("rows", [[{"lamp": "CLEAR"}], []])
def test_a_retry_without_rows_is_not_offered(rows: list[dict[str, Any]], alices: Client) -> None:
    job = factories.an_import(people.alice(), *rows, parts={} if rows else {"meta": {}})
    assert job.state == State.FAILED
    assert "good row" not in text_of(alices.get(url_of(job)))


def test_messages_of_a_failure_cannot_become_markup(alices: Client) -> None:
    job = in_state(people.alice(), State.FAILED)
    Import.objects.filter(pk=job.pk).update(error_message="<script>alert(1)</script>")
    assert "<script>alert" not in alices.get(url_of(job)).content.decode()
    assert "<script>alert" not in alices.get("/imports/").content.decode()


def test_a_reverted_import_says_who_when_and_why(alices: Client) -> None:
    job = factories.an_import(people.alice(), *two_scores(), file_name="night.json")
    alices.post(url_of(job, "revert/"), {"reason": "wrong card"})
    page = alices.get(url_of(job))
    job.refresh_from_db()
    said = text_of(page)
    assert job.reverted_at is not None
    assert heading_of(page) == "Import reverted"
    assert f"Reverted {job.reverted_at:%-d %b %Y, %H:%M} UTC , by you 2 scores removed. Reason: “wrong card”" in said
    assert "Reverted by Alice" in said
    assert "by Alice 2 scores" in text_of(people.session_of(people.mo()).get(url_of(job)))


def test_a_reverted_import_can_be_restored(alices: Client) -> None:
    job = factories.an_import(people.alice(), *two_scores())
    alices.post(url_of(job, "revert/"))
    assert f'action="{url_of(job, "restore/")}"' in alices.get(url_of(job)).content.decode()
    assert alices.post(url_of(job, "restore/"))["Location"] == url_of(job)
    assert heading_of(alices.get(url_of(factories.process(job)))) == "2 new scores"


def test_an_import_that_cannot_be_restored_says_so(alices: Client) -> None:
    job = factories.an_import(people.alice(), *two_scores())
    page = alices.post(url_of(job, "restore/"), follow=True)
    assert "This import cannot be run again as it stands now." in text_of(page)
    assert heading_of(page) == "2 new scores"
