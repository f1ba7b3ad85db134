"""POST /api/v1/import/file with every format of files: immediate errors and additional form fields."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from imports.formats import FORMATS, kept_rows
from imports.formats.base import Format
from imports.models import Import, Permission
from tests import people
from tests.api.envelopes import summary
from tests.api.expected_documents import TYPES_OF_TACHI

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

FILES = [each for each in FORMATS if each.is_file and each.sample is not None]
each_file = pytest.mark.parametrize("source", [pytest.param(each, id=each.import_type) for each in FILES])
IIDX, SDVX = "file/eamusement-iidx-csv", "file/eamusement-sdvx-csv"
CONTENT = {each.import_type: each.sample.content for each in FILES if each.sample is not None}


def send(import_type: str, content: bytes, *, name: str = "scores.txt", intent: str = "", **fields: str) -> Any:
    form = {"importType": import_type, **fields, "scoreData": SimpleUploadedFile(name, content, "text/plain")}
    headers = {"X-User-Intent": intent} if intent else {}
    return people.bearer(people.alice(), Permission.SUBMIT_SCORE).post("/api/v1/import/file", form, headers=headers)


@pytest.mark.quick_rows(9)
@each_file
def test_a_file_of_every_format_is_accepted(source: Format) -> None:
    assert source.sample is not None
    fields = dict(source.sample.fields)
    response = send(source.import_type, source.sample.content, intent="true", **fields)
    assert response.status_code == 202
    job = Import.objects.get()
    assert (job.import_type, job.user_intent, job.input.fields) == (source.import_type, True, fields)


REFUSED: list[tuple[str, bytes, dict[str, Any], str]] = [
    (IIDX, CONTENT[IIDX], {}, "Invalid playtype of undefined given."),
    (IIDX, CONTENT[IIDX], {"playtype": "sp"}, "Invalid playtype of sp given."),
    (IIDX, CONTENT[SDVX], {"playtype": "SP"}, "Invalid CSV provided. CSV does not have the correct amount of headers."),
    (SDVX, CONTENT[IIDX], {}, "Invalid CSV provided. CSV does not have the correct number of headers."),
    (SDVX, b"", {}, "Expected headers, but received nothing in the first row."),
    (SDVX, b"a\0b", {}, "The file contains a NUL character: character 1."),
    (SDVX, "a,b".encode("utf-16"), {}, "The file looks like UTF-16; save it as UTF-8."),
    ("file/solid-state-squad", CONTENT[SDVX], {}, "Could not parse XML."),
    ("file/solid-state-squad", b"<html><body/></html>", {}, "Invalid S3 XML, no s3data -> scoredata -> song?"),
    ("file/mypagescraper-player-csv", CONTENT[SDVX], {}, "Malformed CSV: no player_stage column."),
    ("file/mypagescraper-records-csv", b'a,"b\n', {}, "Failed to parse CSV: A quote is not closed in record 1."),
]


@pytest.mark.quick_rows(4)
@pytest.mark.parametrize(("import_type", "content", "fields", "description"), REFUSED, ids=range(len(REFUSED)))
def test_an_unreadable_file_is_refused_at_once(
    import_type: str, content: bytes, fields: dict[str, str], description: str
) -> None:
    assert summary(send(import_type, content, **fields)) == (400, description)
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("name", "fields", "is_refused"),
    [
        ("1234_dp_score.csv", {"playtype": "SP"}, True),
        ("1234_DP_score.csv", {"playtype": "SP"}, True),
        ("1234_dp_score.csv", {"playtype": "SP", "assertPlaytypeCorrect": ""}, False),
        ("spada_dpx.csv", {"playtype": "SP"}, False),
        ("1234_sp_score.csv", {"playtype": "SP"}, False),
    ],
)
def test_a_file_whose_name_contradicts_the_playtype_needs_a_confirmation(
    name: str, fields: dict[str, str], is_refused: bool
) -> None:
    response = send(IIDX, CONTENT[IIDX], name=name, **fields)
    assert (response.status_code == 400) is is_refused
    if is_refused:
        description = "Safety Triggered: Filename contained 'DP', but was marked as a SP import."
        assert summary(response)[1] == f"{description} Are you *absolutely* sure this is right?"


def test_a_client_cannot_mark_a_file_as_stored_rows() -> None:
    content = kept_rows.encode({"game": "sdvx", "playtype": "Single", "service": "x"}, [], [])
    assert summary(send(SDVX, content, **{kept_rows.FIELD: "1"}))[0] == 400
    assert send(SDVX, CONTENT[SDVX], **{kept_rows.FIELD: "1"}).status_code == 202
    assert Import.objects.get().input.fields == {}


@pytest.mark.parametrize(
    ("chosen", "listed"),
    [
        ([], TYPES_OF_TACHI),
        (["file/tachi-scores", SDVX], [SDVX]),
        (["file/tachi-scores"], ["file/tachi-scores"]),
    ],
)
def test_the_error_for_an_unknown_import_type_lists_those_of_tachi(
    settings: Settings, chosen: list[str], listed: list[str]
) -> None:
    settings.TACHI_IMPORT_TYPES = chosen
    description = f"[importType] Expected any of {', '.join(listed)}. (Received ir/fervidex)"
    assert summary(send("ir/fervidex", b"{}")) == (400, description)


def test_an_import_type_that_is_not_enabled_is_refused(settings: Settings) -> None:
    settings.TACHI_IMPORT_TYPES = ["file/batch-manual", SDVX]
    status, description = summary(send(IIDX, CONTENT[IIDX], playtype="SP"))
    assert (status, description) == (
        400,
        f"[importType] Expected any of file/batch-manual, {SDVX}. (Received {IIDX})",
    )
    listed = people.guest().get(f"/api/v1/users/{people.alice().pk}/imports?importType={IIDX}")
    assert (listed.status_code, listed.json()["body"]) == (200, [])
