"""POST /api/v1/import/file and POST /ir/direct-manual/import: permissions, order of checks, stored data."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings
from redis import Redis

from imports.models import AuditEntry, Import, ImportInput, Permission, State
from tests import people
from tests.api.envelopes import summary
from tests.api.expected_documents import TYPES_OF_TACHI
from tests.factories import batch_manual, charts, run_job, score_on, unknown_score

pytestmark = pytest.mark.django_db

FILE = "/api/v1/import/file"
DIRECT = "/ir/direct-manual/import"
QUEUED = (202, "Import loaded into queue. You can poll the provided URL for information on when its complete.")
WRONG_FILE = (400, "File provided was too large, corrupt, or provided in the wrong field.")
NO_FORM = "Expected a body with the Content-Type multipart/form-data, received"
NO_FILE = (400, "Expected a file for field scoreData.")
GOOD = json.dumps(batch_manual()).encode()
TYPES = f"Expected any of {', '.join(TYPES_OF_TACHI)}."


def submitter() -> Client:
    return people.bearer(people.alice(), Permission.SUBMIT_SCORE)


def file(content: bytes = GOOD, name: str = "scores.json") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/json")


def form(**fields: Any) -> dict[str, Any]:
    return {"importType": "file/batch-manual", "scoreData": file(), **fields}


# --- permissions ------------------------------------------------------------------------------------

MISSING = (403, "You are missing the following permissions necessary for this request: submit_score")
BANNED = (403, "You are banned from Tachi Imports")


@pytest.mark.parametrize(
    ("path", "expected_for_guest"),
    [
        (FILE, (401, "You are not authorised to perform this action.")),
        (DIRECT, (401, "This endpoint requires authentication.")),
    ],
)
def test_an_upload_needs_the_permission_to_submit_scores(path: str, expected_for_guest: tuple[int, str]) -> None:
    others = [permission for permission in Permission if permission is not Permission.SUBMIT_SCORE]
    assert summary(people.guest().post(path)) == expected_for_guest
    assert summary(people.with_authorization("Bearer x").post(path))[0] == 401
    assert summary(people.bearer(people.alice(), *others).post(path)) == MISSING
    assert summary(people.bearer(people.eve(), *Permission).post(path)) == BANNED
    assert not Import.objects.exists()


@pytest.mark.parametrize("client", [submitter, lambda: people.session_of(people.alice())])
def test_a_token_and_a_session_may_upload(client: Any) -> None:
    assert summary(client().post(FILE, form())) == QUEUED
    assert summary(client().post(DIRECT, batch_manual(), content_type="application/json")) == QUEUED


# --- the form ---------------------------------------------------------------------------------------


@pytest.mark.quick_rows(5)
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (form(scoreData="text, no file"), NO_FILE),
        ({"importType": "file/batch-manual"}, NO_FILE),
        ({"importType": "file/batch-manual", "scores": file()}, WRONG_FILE),
        (form(another=file()), WRONG_FILE),
        (form(scoreData=[file(), file()]), WRONG_FILE),
        ({"scoreData": file()}, (400, f"[importType] {TYPES} (Received nothing (undefined))")),
        (form(importType="file/none"), (400, f"[importType] {TYPES} (Received file/none)")),
        (form(importType="ir/direct-manual"), (400, f"[importType] {TYPES} (Received ir/direct-manual)")),
        (form(importType=""), (400, f"[importType] {TYPES}")),
        (form(importType=["file/batch-manual"] * 2), (400, f"[importType] {TYPES}")),
        (form(importType="x" * 150), (400, f"[importType] {TYPES} (Received {'x' * 97}...)")),
        (form(note="a\0b"), (400, "[note] Expected text without NUL characters.")),
        (form(**{"no\0te": "a"}), (400, "[no\ufffdte] Expected text without NUL characters.")),
        (form(note="x" * 1_001), (400, "[note] Expected at most 1000 characters.")),
        (form(**{"x" * 1_001: "a"}), WRONG_FILE),
    ],
)
def test_an_invalid_form_is_refused_for_its_first_error(fields: dict[str, Any], expected: tuple[int, str]) -> None:
    assert summary(submitter().post(FILE, fields)) == expected
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("content", "content_type", "expected"),
    [
        (b"", "multipart/form-data; boundary=x", NO_FILE),
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x", NO_FILE),
        (b"--x--", "multipart/form-data", WRONG_FILE),
        (b"{}", "application/json", (400, f"{NO_FORM} application/json.")),
        (b"a=b", "application/x-www-form-urlencoded", (400, f"{NO_FORM} application/x-www-form-urlencoded.")),
        (b"scores", "text/plain", (400, f"{NO_FORM} text/plain.")),
    ],
)
def test_an_upload_that_is_not_a_form_is_refused(content: bytes, content_type: str, expected: tuple[int, str]) -> None:
    assert summary(submitter().post(FILE, content, content_type=content_type)) == expected


def test_a_form_with_too_many_fields_is_refused() -> None:
    assert summary(submitter().post(FILE, form(**{f"f{n}": "" for n in range(1_001)}))) == WRONG_FILE


@pytest.mark.parametrize(("size", "status"), [(100_000, 202), (100_001, 400), (3_000_000, 400)])
def test_a_file_larger_than_the_setting_is_refused(size: int, status: int, settings: Settings) -> None:
    settings.TACHI_MAX_UPLOAD_BYTES = 100_000
    assert summary(submitter().post(FILE, form(scoreData=file(GOOD.ljust(size)))))[0] == status
    assert Import.objects.count() == (status == 202)


def test_a_file_of_three_megabytes_is_stored_completely() -> None:
    content = GOOD.ljust(3_000_000)
    assert summary(submitter().post(FILE, form(scoreData=file(content)))) == QUEUED
    assert zlib.decompress(ImportInput.objects.get().content) == content


# --- stored data ------------------------------------------------------------------------------------


def test_an_uploaded_file_is_stored_unchanged_with_its_form_fields() -> None:
    content = json.dumps(batch_manual()).encode()
    fields = form(scoreData=file(content, "a/b/my scores.json"), playtype="SP", note="hello", invalid="skip")
    client = submitter()
    response = client.post(FILE, fields, headers={"X-User-Intent": "TRUE", "User-Agent": "curl/8"})
    job = Import.objects.get()
    source = ImportInput.objects.get()
    assert json.loads(response.content)["body"] == {
        "url": f"http://testserver/api/v1/imports/{job.import_id}/poll-status",
        "importID": job.import_id,
    }
    assert (job.user, job.state, job.import_type) == (people.alice(), State.QUEUED, "file/batch-manual")
    assert (job.user_intent, job.client, job.token) == (True, "curl/8", people.alice().tokens.get())
    assert zlib.decompress(source.content) == content
    assert (source.size, source.file_name) == (len(content), "my scores.json")
    assert source.fields == {"playtype": "SP", "note": "hello", "invalid": "skip"}
    assert AuditEntry.objects.get().verb == AuditEntry.Verb.UPLOADED


def test_an_uploaded_body_is_stored_unchanged() -> None:
    content = json.dumps(batch_manual(unknown_score()), indent=4).encode()
    response = submitter().post(
        f"{DIRECT}?invalid=skip&other=1",
        content,
        content_type="application/json",
        headers={"X-Infer-Score-TimeAchieved": "true"},
    )
    job = Import.objects.get()
    source = ImportInput.objects.get()
    assert summary(response) == QUEUED
    assert (job.import_type, job.user_intent) == ("ir/direct-manual", False)
    assert zlib.decompress(source.content) == content
    assert (source.fields, source.infer_time_achieved) == ({"invalid": "skip"}, True)


@pytest.mark.parametrize(
    ("value", "intent"), [("true", True), ("True", True), ("1", False), ("false", False), ("", False)]
)
def test_only_the_value_true_sets_the_user_intent(value: str, *, intent: bool) -> None:
    submitter().post(DIRECT, batch_manual(), content_type="application/json", headers={"X-User-Intent": value})
    assert Import.objects.get().user_intent is intent


def test_the_poll_url_uses_the_configured_public_url(settings: Settings) -> None:
    settings.TACHI_PUBLIC_URL = "https://scores.example.org"
    response = submitter().post(FILE, form())
    document = json.loads(response.content)["body"]
    assert document["url"] == f"https://scores.example.org/api/v1/imports/{document['importID']}/poll-status"


@pytest.mark.django_db(transaction=True)
def test_an_upload_is_queued_for_a_worker(redis_clean: Redis) -> None:
    submitter().post(FILE, form())
    assert redis_clean.llen("rq:queue:default") == 1


def test_an_upload_is_processed_into_scores() -> None:
    (chart,) = charts(1)
    content = json.dumps(batch_manual(score_on(chart))).encode()
    submitter().post(FILE, form(scoreData=file(content)))
    submitter().post(DIRECT, batch_manual(score_on(chart, 9_600_000)), content_type="application/json")
    first, second = (run_job(job) for job in Import.objects.order_by("pk"))
    assert (first.state, first.score_count) == (State.COMPLETED, 1)
    assert (second.state, second.score_count) == (State.COMPLETED, 1)
