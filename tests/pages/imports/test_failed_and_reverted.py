"""The pages of failed and reverted imports, complete without scripts."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from imports import jobs
from imports.formats import BY_IMPORT_TYPE
from imports.models import Import, Permission, State
from tests import factories, people
from tests.pages.html_parsing import heading_of, in_state, text_of, url_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def alices() -> Client:
    return people.session_of(people.alice())


def two_scores() -> list[dict[str, Any]]:
    return [factories.score_on(chart) for chart in factories.charts(2)]


def test_a_failed_import_shows_reason_advice_and_message_in_order(alices: Client) -> None:
    job = factories.create_import(people.alice(), {"lamp": "CLEAR"})
    page = alices.get(url_of(job))
    text = text_of(page)
    order = [
        "Nothing was imported",
        "1 row has no “score”.",
        "Fix the file",
        "Upload a fixed file",
        job.error_message,
    ]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)
    assert f"<code>{job.error_message}</code>" in page.content.decode()
    assert 'href="/import/"' in page.content.decode()
    assert url_of(job, "input/") in page.content.decode()
    assert url_of(job, "retry/") not in page.content.decode()  # it would fail again


def test_an_import_that_failed_with_a_server_error_can_be_retried(alices: Client) -> None:
    job = in_state(people.alice(), State.FAILED)
    Import.objects.filter(pk=job.pk).update(status_code=500)
    page = alices.get(url_of(job))
    assert "Something went wrong on our side." in text_of(page)
    assert f'action="{url_of(job, "retry/")}"' in page.content.decode()
    assert "It was tried" not in text_of(page)
    Import.objects.filter(pk=job.pk).update(attempts=3)
    assert "It was tried 3 times." in text_of(alices.get(url_of(job)))
    alices.post(url_of(job, "retry/"))
    job.refresh_from_db()
    assert job.state == State.QUEUED


def test_the_valid_rows_of_a_failed_import_can_be_imported_alone(alices: Client) -> None:
    chart = factories.charts(1)[0]
    rows = [factories.score_on(chart, 9_000_000 + number) for number in range(39)]
    job = factories.create_import(people.alice(), *rows, factories.score_on(chart, 1, lamp="IMPOSSIBLE"))
    assert job.state == State.FAILED
    page = alices.get(url_of(job))
    assert "Import the 39 good rows" in text_of(page)
    assert "1 row of 40 would be skipped." in text_of(page)
    assert '<input type="hidden" name="invalid" value="skip">' in page.content.decode()

    alices.post(url_of(job, "retry/"), {"invalid": "skip"})

    again = factories.run_job(job)
    assert (again.state, again.score_count, again.problem_count) == (State.COMPLETED, 39, 1)


def test_a_failed_import_shows_the_row_and_the_value(alices: Client) -> None:
    charts = factories.charts(6)
    rows = [factories.score_on(chart, timeAchieved=factories.NOON) for chart in charts]
    for place in (2, 4):
        rows[place]["timeAchieved"] = 1_795_355_460
    text = text_of(alices.get(url_of(factories.create_import(people.alice(), *rows))))
    assert "2 rows have a date in seconds. Dates must be in milliseconds. Add three zeros to each" in text
    assert "Row 2 Song 3, EXH Field timeAchieved In the file 1795355460 read as 21 Jan 1970" in text
    assert "Expected 1795355460000 22 Nov 2026 Same problem row 4" in text


def test_a_file_that_was_uploaded_as_another_kind_says_what_it_looks_like(alices: Client) -> None:
    said = text_of(alices.get(url_of(iidx_file_as_sdvx())))
    assert "This looks like e-amusement CSV (beatmania IIDX), but it was uploaded as e-amusement CSV (SOUND" in said
    assert "First line バージョン,タイトル" in said
    assert "Expected 楽曲名,難易度" in said
    assert "Upload as beatmania IIDX SP Upload as DP Choose another file" in said


def test_a_file_uploaded_as_another_kind_is_imported_as_the_kind_that_it_looks_like(alices: Client) -> None:
    job = iidx_file_as_sdvx(file_name="dp.csv")
    page = alices.get(url_of(job))
    assert "Upload as beatmania IIDX DP Upload as SP" in text_of(page)
    assert '<input type="hidden" name="playtype" value="DP">' in page.content.decode()
    pressed = [alices.post(url_of(job, "upload-as/"), {"playtype": "DP"}).headers["Location"] for _ in range(2)]
    made = Import.objects.exclude(pk=job.pk).get()
    assert pressed == [url_of(made)] * 2
    assert (made.import_type, made.input.fields, made.input.file_name) == (
        "file/eamusement-iidx-csv",
        {"playtype": "DP"},
        "dp.csv",
    )
    assert factories.run_job(made).state == State.COMPLETED
    job.refresh_from_db()
    assert job.state == State.FAILED


@pytest.mark.parametrize("playtype", ["", "QP"])
def test_an_upload_as_another_kind_needs_a_value_that_the_kind_knows(playtype: str, alices: Client) -> None:
    page = alices.post(url_of(iidx_file_as_sdvx(), "upload-as/"), {"playtype": playtype}, follow=True)
    assert "can't be imported as another kind of file" in text_of(page)
    assert Import.objects.count() == 1


def test_a_deleted_file_cannot_be_uploaded_as_another_kind(alices: Client) -> None:
    job = iidx_file_as_sdvx()
    job.input.delete()
    assert "Upload as" not in text_of(alices.get(url_of(job)))
    page = alices.post(url_of(job, "upload-as/"), {"playtype": "SP"}, follow=True)
    assert "can't be imported as another kind of file" in text_of(page)


def iidx_file_as_sdvx(**fields: Any) -> Import:
    """Returns a failed import of an IIDX table that was uploaded as one of SOUND VOLTEX."""
    sample = BY_IMPORT_TYPE["file/eamusement-iidx-csv"].sample
    assert sample is not None
    upload = jobs.Upload(content=sample.content, import_type="file/eamusement-sdvx-csv", **fields)
    return factories.run_job(jobs.submit(people.alice(), upload))


def cut_off(content: bytes, import_type: str = "file/batch-manual", **fields: str) -> Import:
    """Returns an import that failed because its file is truncated."""
    upload = jobs.Upload(content=content, import_type=import_type, fields=fields)
    job = factories.run_job(jobs.submit(people.alice(), upload))
    assert (job.state, job.status_code) == (State.FAILED, 400)
    return job


def test_the_complete_rows_of_a_truncated_file_can_be_imported_alone(alices: Client) -> None:
    rows = [factories.score_on(chart) for chart in factories.charts(3)]
    content = json.dumps(factories.batch_manual(*rows), indent=2).encode()
    job = cut_off(content[: content.rindex(b"lamp") + 9])
    page = alices.get(url_of(job))
    text = text_of(page)
    assert "The file ends in the middle of row 2. It was probably not downloaded or saved completely." in text
    assert text.index("Upload a fixed file") < text.index("Import the 2 complete rows")
    assert "The incomplete end of the file would be skipped." in text
    assert re.search(r'"lamp": "C<mark\s*>▁', page.content.decode().replace("&quot;", '"'))

    alices.post(url_of(job, "retry/"), {"invalid": "skip"})

    again = factories.run_job(job)
    assert (again.state, again.score_count, again.problem_count) == (State.COMPLETED, 2, 1)
    assert "The file is cut off in this row." in text_of(alices.get(f"{url_of(job)}?tab=problems"))
    alices.post(url_of(job, "revert/"))
    alices.post(url_of(job, "restore/"))
    assert factories.run_job(job).score_count == 2


def test_invalid_rows_of_a_truncated_file_are_counted_as_skipped(alices: Client) -> None:
    rows = [factories.score_on(chart) for chart in factories.charts(3)]
    rows[0]["lamp"] = "IMPOSSIBLE"
    content = json.dumps(factories.batch_manual(*rows)).encode()
    text = text_of(alices.get(url_of(cut_off(content[:-40]))))
    assert "Import the 1 good row" in text
    assert "2 rows of 3 would be skipped." in text


def test_a_file_truncated_in_its_first_row_offers_no_retry(alices: Client) -> None:
    content = json.dumps(factories.batch_manual(factories.score_on(factories.charts(1)[0]))).encode()
    text = text_of(alices.get(url_of(cut_off(content[:-40]))))
    assert "The file ends too early. It was probably not downloaded or saved completely." in text
    assert "complete row" not in text


def test_a_truncated_csv_file_offers_its_complete_rows(alices: Client) -> None:
    sample = BY_IMPORT_TYPE["file/eamusement-iidx-csv"].sample
    assert sample is not None
    head, line = sample.content.rstrip().split(b"\n")
    job = cut_off(b"\n".join([head, line, line, line[:40]]), "file/eamusement-iidx-csv", playtype="SP")
    text = text_of(alices.get(url_of(job)))
    assert "The file ends in the middle of row 2." in text
    assert "Import the 2 complete rows" in text
    assert "In your file" in text


@pytest.mark.parametrize("rows", [[{"lamp": "CLEAR"}], []])
def test_a_retry_without_valid_rows_is_not_offered(rows: list[dict[str, Any]], alices: Client) -> None:
    job = factories.create_import(people.alice(), *rows, parts={} if rows else {"meta": {}})
    assert job.state == State.FAILED
    assert "good row" not in text_of(alices.get(url_of(job)))


def test_error_messages_are_escaped(alices: Client) -> None:
    job = in_state(people.alice(), State.FAILED)
    Import.objects.filter(pk=job.pk).update(error_message="<script>alert(1)</script>")
    assert "<script>alert" not in alices.get(url_of(job)).content.decode()
    assert "<script>alert" not in alices.get("/imports/").content.decode()


def test_a_reverted_import_shows_actor_time_and_reason(alices: Client) -> None:
    job = factories.create_import(people.alice(), *two_scores(), file_name="night.json")
    alices.post(url_of(job, "revert/"), {"reason": "wrong card"})
    page = alices.get(url_of(job))
    job.refresh_from_db()
    text = text_of(page)
    assert job.reverted_at is not None
    assert heading_of(page) == "Import reverted"
    assert f"Reverted {job.reverted_at:%-d %b %Y, %H:%M} UTC , by you 2 scores removed. Reason: “wrong card”" in text
    assert "Reverted by Alice" in text
    assert "by Alice 2 scores" in text_of(people.session_of(people.mo()).get(url_of(job)))


def test_a_reverted_import_can_be_restored(alices: Client) -> None:
    job = factories.create_import(people.alice(), *two_scores())
    alices.post(url_of(job, "revert/"))
    assert f'action="{url_of(job, "restore/")}"' in alices.get(url_of(job)).content.decode()
    assert alices.post(url_of(job, "restore/"))["Location"] == url_of(job)
    assert heading_of(alices.get(url_of(factories.run_job(job)))) == "2 new scores"


def test_restoring_a_completed_import_is_refused(alices: Client) -> None:
    job = factories.create_import(people.alice(), *two_scores())
    page = alices.post(url_of(job, "restore/"), follow=True)
    assert "This import cannot be run again in its current state." in text_of(page)
    assert heading_of(page) == "2 new scores"


# --- changes of a revert -----------------------------------------------------------------------------------


def two_nights() -> tuple[Import, Import]:
    """Returns two imports: two charts on one night, and better scores on the next night with a third chart."""
    charts = factories.charts(3)
    first, second = (
        [factories.score_on(chart, score, timeAchieved=time + place) for place, chart in enumerate(found)]
        for found, score, time in (
            (charts[:2], 9_000_000, factories.NOON),
            (charts, 9_500_000, factories.NOON + 24 * factories.HOUR),
        )
    )
    return factories.create_import(people.alice(), *first), factories.create_import(people.alice(), *second)


def ledger_of(text: str) -> str:
    """Returns the text of the table of changes, without the section below."""
    return text.partition("What the revert changed What the revert changed ")[2].partition(" Result")[0]


def test_a_reverted_import_shows_the_changes_of_the_confirmation_page(alices: Client) -> None:
    _, job = two_nights()
    preview = text_of(alices.get(url_of(job, "revert/")))
    alices.post(url_of(job, "revert/"))
    result = ledger_of(text_of(alices.get(url_of(job))))
    head, _, rows = result.partition(" After ")
    assert head == "What Before Change"
    assert rows.startswith("VOLFORCE ")
    assert "Scores 5 \u22123 2 Charts 3 \u22121 2 Sessions 2 \u22121 1" in rows
    assert f"What Now Change After {rows}" in preview


def test_the_changes_of_a_revert_are_not_affected_by_later_reverts(alices: Client) -> None:
    first, job = two_nights()
    alices.post(url_of(job, "revert/"))
    result = ledger_of(text_of(alices.get(url_of(job))))
    alices.post(url_of(first, "revert/"))
    assert ledger_of(text_of(alices.get(url_of(job)))) == result


def test_restoring_an_import_clears_the_changes_of_its_revert(
    alices: Client,
) -> None:
    first, job = two_nights()
    alices.post(url_of(job, "revert/"))
    alices.post(url_of(job, "restore/"))
    assert factories.run_job(job).revert_totals is None
    alices.post(url_of(first, "revert/"))
    alices.post(url_of(job, "revert/"))
    assert "Scores 3 \u22123 0" in ledger_of(text_of(alices.get(url_of(job))))


def test_each_import_of_a_bulk_revert_shows_its_own_changes(alices: Client) -> None:
    first, second = two_nights()
    alices.post("/imports/revert/", {"import": [first.import_id, second.import_id]})
    assert "Scores 5 \u22123 2 Charts 3 \u22121 2" in ledger_of(text_of(alices.get(url_of(second))))
    assert "Scores 2 \u22122 0 Charts 2 \u22122 0" in ledger_of(text_of(alices.get(url_of(first))))


def test_a_revert_through_the_api_shows_its_changes(alices: Client) -> None:
    _, job = two_nights()
    people.bearer(people.alice(), Permission.DELETE_SCORE).post(f"/api/v1/imports/{job.import_id}/revert")
    assert "Scores 5 \u22123 2" in ledger_of(text_of(alices.get(url_of(job))))


def test_a_class_raised_by_a_revert_is_shown_as_rising(alices: Client) -> None:
    job = in_state(people.alice(), State.REVERTED)
    totals: dict[str, Any] = {"ratings": {}, "classes": {}, "scores": 0, "charts": 0, "sessions": 0}
    change = {"before": totals | {"classes": {"dan": "DAN_3"}}, "after": totals | {"classes": {"dan": "DAN_5"}}}
    Import.objects.filter(pk=job.pk).update(game="sdvx", revert_totals={"Single": change})
    assert "Dan LV.03 rises Dan LV.05" in ledger_of(text_of(alices.get(url_of(job))))


def test_a_reverted_import_without_stored_totals_shows_no_changes(alices: Client) -> None:
    _, job = two_nights()
    alices.post(url_of(job, "revert/"))
    Import.objects.filter(pk=job.pk).update(revert_totals=None)
    page = alices.get(url_of(job))
    assert (heading_of(page), ledger_of(text_of(page))) == ("Import reverted", "")
    assert "What the revert changed" not in text_of(page)
