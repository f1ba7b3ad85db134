"""Uploads that can never succeed are refused before the 202, with the status and message of the poll."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from imports import jobs
from imports.api.core.exceptions import SKIP_HINT
from imports.formats.batch_manual import is_skippable
from imports.models import AuditEntry, IdempotencyKey, Import, ImportInput, Permission, State
from imports.submissions import FEW_ROWS_BYTES
from tests import people
from tests.api.envelopes import summary
from tests.factories import batch_manual, run_job, unknown_score

pytestmark = pytest.mark.django_db

META = {"game": "sdvx", "playtype": "Single", "service": "Tests"}
MANY_UNKNOWN_SCORES = [unknown_score(score=number) for number in range(2_000)]


def as_file(content: bytes, query: str = "", **headers: str) -> Any:
    form = {"importType": "file/batch-manual", "scoreData": SimpleUploadedFile("scores.json", content)}
    return submitter().post(f"/api/v1/import/file{query}", form, headers=headers)


def as_body(content: bytes, query: str = "", **headers: str) -> Any:
    path = f"/ir/direct-manual/import{query}"
    return submitter().post(path, content, content_type="application/json", headers=headers)


def submitter() -> Any:
    return people.bearer(people.alice(), Permission.SUBMIT_SCORE)


IMPORT_TYPES = {as_file: "file/batch-manual", as_body: "ir/direct-manual"}

INVALID_DOCUMENTS: dict[str, Any] = {
    "an unknown game": batch_manual(meta={**META, "game": "osu"}),
    "an unknown playtype": batch_manual(meta={**META, "playtype": "Double"}),
    "a short service": batch_manual(meta={**META, "service": "a"}),
    "a member of meta too many": batch_manual(meta={**META, "x": 1}),
    "no scores": {"meta": META},
    "a wrong lamp": batch_manual(unknown_score(), unknown_score(lamp="GOOD")),
    "an unknown member": batch_manual(unknown_score(optional={"newMetric": 1})),
    "an unknown class": batch_manual(classes={"dan": "DAN_99"}),
    "a part too many": batch_manual(x=1),
    "meta wrong before many scores": batch_manual(*MANY_UNKNOWN_SCORES, meta={**META, "service": "a"}),
    "meta unknown before many scores": batch_manual(*MANY_UNKNOWN_SCORES, meta={**META, "playtype": "Double"}),
}


@pytest.mark.quick_rows(6)
@pytest.mark.parametrize("document", INVALID_DOCUMENTS.values(), ids=INVALID_DOCUMENTS)
@pytest.mark.parametrize("send", IMPORT_TYPES)
def test_an_invalid_upload_is_refused_with_the_message_of_the_poll(send: Any, document: Any) -> None:
    content = json.dumps(document).encode()
    actual = summary(send(content))
    assert not Import.objects.exists()
    assert not ImportInput.objects.exists()
    assert not AuditEntry.objects.filter(verb=AuditEntry.Verb.UPLOADED).exists()

    job = run_job(jobs.submit(people.alice(), jobs.Upload(content=content, import_type=IMPORT_TYPES[send])))
    assert job.state == State.FAILED
    assert actual == summary(people.guest().get(f"/api/v1/imports/{job.import_id}/poll-status"))


@pytest.mark.parametrize("send", IMPORT_TYPES)
def test_an_invalid_row_of_a_large_file_is_reported_by_the_poll(send: Any) -> None:
    content = json.dumps(batch_manual(*MANY_UNKNOWN_SCORES, unknown_score(lamp=5))).encode()
    assert len(content) > FEW_ROWS_BYTES
    assert send(content).status_code == 202
    job = run_job(Import.objects.get())
    actual = people.guest().get(f"/api/v1/imports/{job.import_id}/poll-status")
    assert summary(actual)[1].startswith("Invalid BATCH-MANUAL: scores[2000].lamp | ")
    assert json.loads(actual.content)["hint"] == SKIP_HINT


def test_an_upload_with_too_many_rows_is_refused_at_once(settings: Settings) -> None:
    settings.TACHI_MAX_ROWS = 2
    content = json.dumps(batch_manual(*MANY_UNKNOWN_SCORES[:3])).encode()
    expected = (413, "This file has 3 rows. One import may have 2: split it into several files.")
    assert summary(as_body(content)) == expected


@pytest.mark.parametrize("send", IMPORT_TYPES)
@pytest.mark.parametrize(
    ("document", "query", "is_helpful"),
    [
        (batch_manual(unknown_score(lamp=5)), "", True),
        (batch_manual(unknown_score(foo=5)), "", True),
        (batch_manual(unknown_score(comment={"a": [[[[]]]]})), "", True),
        (batch_manual(meta={**META, "service": "a"}), "", False),
        (batch_manual(x=1), "?invalid=skip", False),
    ],
)
def test_the_error_of_an_upload_hints_at_skip_where_it_would_help(
    send: Any, document: Any, query: str, *, is_helpful: bool
) -> None:
    content = json.dumps(document).encode()
    received = json.loads(send(content, query).content)
    assert received["success"] is False
    assert ("?invalid=skip" in received.get("hint", "")) is is_helpful
    if is_helpful:
        assert send(content, "?invalid=skip").status_code == 202


@pytest.mark.parametrize("reason", ["Nested too deeply", "Longer than 1 MiB"])
def test_rows_that_are_too_deep_or_too_long_are_never_skippable(reason: str) -> None:
    assert not is_skippable(f"Invalid BATCH-MANUAL: scores[0].comment | {reason}.")


def test_a_refused_submission_does_not_use_up_its_idempotency_key() -> None:
    headers = {"Idempotency-Key": "evening"}
    assert as_body(json.dumps(batch_manual(x=1)).encode(), **headers).status_code == 400
    assert not IdempotencyKey.objects.exists()
    content = json.dumps(batch_manual()).encode()
    assert [as_body(content, **headers).status_code for _ in range(2)] == [202, 202]
    assert Import.objects.count() == 1
