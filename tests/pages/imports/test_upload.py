"""Uploading a file, with the form and with upload.js; and importing it without a check."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from redis import Redis

from imports.formats import BY_IMPORT_TYPE, FORMATS
from imports.models import Import
from tests import factories, people
from tests.pages.html_parsing import text_of, url_of

pytestmark = pytest.mark.django_db

KIND = {"importType": "file/batch-manual"}
UNCHECKED = {**KIND, "do": "import"}
GOOD = json.dumps(factories.batch_manual(factories.unknown_score())).encode()
SCRIPT = {"Accept": "application/json"}


def a_file(content: bytes = GOOD, name: str = "scores.json") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/json")


@pytest.fixture
def client() -> Client:
    return people.session_of(people.alice())


def test_an_uploaded_file_becomes_an_import(client: Client) -> None:
    form = {**UNCHECKED, "scoreData": a_file(name="夜.json")}
    response = client.post("/import/", form, headers={"User-Agent": "Night Browser"})
    job = Import.objects.get()
    assert (response.status_code, response["Location"]) == (302, url_of(job))
    assert (job.user, job.import_type, job.user_intent, job.client) == (
        people.alice(), "file/batch-manual", True, "Night Browser",
    )  # fmt: skip
    assert (job.input.file_name, zlib.decompress(job.input.content)) == ("夜.json", GOOD)
    assert "夜.json" in text_of(client.get(response["Location"]))


def test_an_upload_enqueues_a_job_after_commit(
    client: Client, redis_clean: Redis, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/import/", {**UNCHECKED, "scoreData": a_file()})
    assert redis_clean.llen("rq:queue:default") == 1


def test_a_script_receives_the_address_of_the_import(client: Client) -> None:
    response = client.post("/import/", {**UNCHECKED, "scoreData": a_file()}, headers=SCRIPT)
    assert (response.status_code, response.json()) == (201, {"url": url_of(Import.objects.get())})


def test_pasted_text_becomes_an_import(client: Client) -> None:
    response = client.post("/import/", {**UNCHECKED, "pasted": GOOD.decode()})
    job = Import.objects.get()
    assert response["Location"] == url_of(job)
    assert (zlib.decompress(job.input.content), job.input.file_name) == (GOOD, "")


def test_a_utf_16_file_is_refused_with_advice(client: Client) -> None:
    response = client.post("/import/", {**KIND, "scoreData": a_file(GOOD.decode().encode("utf-16"))})
    assert "looks like UTF-16; save it as UTF-8" in text_of(response)


@pytest.mark.quick_rows(8)
@pytest.mark.parametrize("kind", [KIND, UNCHECKED], ids=["check", "import"])
@pytest.mark.parametrize("headers", [{}, SCRIPT], ids=["form", "script"])
@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({}, "Choose a file or paste its text."),
        ({"pasted": " \n "}, "Choose a file or paste its text."),
        ({"scoreData": b""}, "This file is empty. Nothing was imported."),
        ({"scoreData": b" \n\t "}, "This file is empty. Nothing was imported."),
        ({"scoreData": b"title,score\nA,1"}, "starts with a brace"),
        ({"scoreData": b"[1, 2]"}, "starts with a brace"),
        ({"scoreData": b"<html><body>Sign in</body></html>"}, "starts with a brace"),
        ({"scoreData": b"\x89PNG\r\n\x1a\n"}, "not valid UTF-8: byte 0 cannot be read."),
        ({"scoreData": b'{"a": "\0"}'}, "contains a NUL character"),
        ({"pasted": "no"}, "starts with a brace"),
        ({"pasted": '{"a": "\0"}'}, "Null characters are not allowed."),
        ({"scoreData": GOOD, "pasted": "{}"}, "Choose a file or paste its text, not both."),
        ({"importType": "file/nonsense", "scoreData": GOOD}, "doesn't support this import type."),
        ({"importType": "ir/direct-manual", "scoreData": GOOD}, "doesn't support this import type."),
        ({"importType": "", "scoreData": b"title,score\nA,1"}, "this isn't a file type this server supports"),
        ({"importType": "", "scoreData": b"<html><body>Sign in</body></html>"}, "this isn't a file type"),
        ({"wrong": GOOD}, "Choose a file or paste its text."),
    ],
)
def test_an_invalid_upload_is_refused_with_a_reason(
    form: dict[str, Any], says: str, headers: dict[str, str], kind: dict[str, str], client: Client
) -> None:
    sent = {name: a_file(value) if isinstance(value, bytes) else value for name, value in {**kind, **form}.items()}
    response = client.post("/import/", sent, headers=headers)
    assert response.status_code == 400
    assert says in (response.json()["description"] if headers else text_of(response))
    assert not Import.objects.exists()


def test_an_upload_error_is_linked_to_its_field(client: Client) -> None:
    page = client.post("/import/", {**KIND, "scoreData": a_file(b"")}).content.decode()
    assert 'id="id_scoreData_error"' in page
    assert 'aria-invalid="true"' in page
    assert "id_scoreData_error" in page[page.index('type="file"') - 400 : page.index('type="file"') + 400]


@pytest.mark.parametrize(("size", "status"), [(1_000, 302), (1_001, 400), (70_000, 413)])
def test_a_file_above_the_size_limit_is_refused(size: int, status: int, client: Client, settings: Settings) -> None:
    settings.TACHI_MAX_UPLOAD_BYTES = 1_000
    response = client.post("/import/", {**UNCHECKED, "scoreData": a_file(GOOD.ljust(size))})
    assert response.status_code == status
    if status != 302:
        assert "Nothing was imported: the file is larger than 1 KB." in text_of(response)
    assert Import.objects.count() == (status == 302)


def test_a_request_body_far_beyond_the_limit_is_not_read(client: Client) -> None:
    response = client.post("/import/", b"", content_type="multipart/form-data", CONTENT_LENGTH=str(10**12))
    assert response.status_code == 413
    assert "Nothing was imported: the file is larger than 16.8 MB." in text_of(response)


def test_the_upload_form_shows_the_size_limit(client: Client) -> None:
    page = client.get("/import/")
    assert "up to 16.8 MB" in text_of(page)
    assert 'data-max-bytes="16777216"' in page.content.decode()


def test_an_upload_requires_a_csrf_token() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.alice())
    response = client.post("/import/", {**KIND, "scoreData": a_file()})
    assert response.status_code == 403
    assert "This page expired" in text_of(response)
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("is_signed_in", "status", "says"), [(False, 401, "you have been signed out."), (True, 403, "Reload it")]
)
def test_a_script_on_an_outdated_page_receives_advice(is_signed_in: bool, status: int, says: str) -> None:
    client = Client(enforce_csrf_checks=True)
    if is_signed_in:
        client.force_login(people.alice())
    response = client.post("/import/", {**KIND, "scoreData": a_file()}, headers=SCRIPT)
    assert response.status_code == status
    assert says in response.json()["description"]
    assert not Import.objects.exists()


# --- every kind of file -----------------------------------------------------------------------------

SAMPLES = {each.import_type: each.sample for each in FORMATS if each.is_file and each.sample}
TOLD_APART = [name for name in SAMPLES if name != "file/pli-iidx-csv"]


@pytest.mark.parametrize("import_type", TOLD_APART)
def test_every_file_format_is_detected_by_its_content(import_type: str, client: Client) -> None:
    """The playtype, SP or DP, is taken from the file name, as in downloads from the official site."""
    sample = SAMPLES[import_type]
    file = SimpleUploadedFile(sample.file_name, sample.content, "application/octet-stream")
    checked = client.post("/import/", {"scoreData": file}, headers=SCRIPT)
    assert checked.status_code == 201, checked.content
    page = client.get(checked.json()["url"])
    assert BY_IMPORT_TYPE[import_type].name in text_of(page)
    client.post(checked.json()["url"], {"do": "skip"})
    job = Import.objects.get()
    assert (job.import_type, job.user_intent) == (import_type, True)
    assert job.input.fields == {**sample.fields, "invalid": "skip"}


def test_a_missing_playtype_is_requested(client: Client) -> None:
    content = SAMPLES["file/eamusement-iidx-csv"].content
    for name in ("scores.csv", "sp_and_dp.csv"):
        answer = client.post("/import/", {"scoreData": a_file(content, name)}, headers=SCRIPT)
        assert answer.status_code == 400
        assert "Choose SP or DP" in answer.json()["description"]
        assert answer.json()["asks"] == "playtype"
    answer = client.post("/import/", {"scoreData": a_file(content, "scores.csv"), "playtype": "DP"}, headers=SCRIPT)
    assert answer.status_code == 201


def test_the_selected_format_takes_precedence_over_detection(client: Client) -> None:
    sample = SAMPLES["file/pli-iidx-csv"]
    form = {"importType": "file/pli-iidx-csv", "do": "import", "scoreData": a_file(sample.content, sample.file_name)}
    client.post("/import/", form)
    assert (Import.objects.get().import_type, Import.objects.get().input.fields) == ("file/pli-iidx-csv", sample.fields)


def test_an_error_names_the_detected_format(client: Client) -> None:
    content = SAMPLES["file/eamusement-sdvx-csv"].content + b"only,three,cells\n"
    answer = client.post("/import/", {"scoreData": a_file(content, "a.csv"), "do": "import"}, headers=SCRIPT)
    assert answer.status_code == 400
    assert answer.json()["description"].startswith("Detected format: e-amusement CSV (SOUND VOLTEX).")
    assert answer.json()["code"] == "Row 2 has an invalid amount of cells (3, expected 11)."


def test_the_upload_page_lists_formats_with_samples(client: Client) -> None:
    page = client.get("/import/").content.decode()
    assert 'accept=".csv,.json,.xml,.zip,text/plain"' in page
    for import_type, sample in SAMPLES.items():
        address = f"/import/samples/{import_type.removeprefix('file/')}/"
        assert f'href="{address}"' in page
        answer = client.get(address)
        assert answer.content == sample.content
        assert sample.file_name in answer["Content-Disposition"]
    assert client.get("/import/samples/nonsense/").status_code == 404


def test_recently_used_formats_link_to_their_newest_imports(client: Client) -> None:
    charts = factories.charts(2)
    assert "Last used" not in text_of(client.get("/import/"))
    factories.create_import(people.alice(), factories.score_on(charts[0]))
    newest = factories.create_import(people.alice(), factories.score_on(charts[1]))
    factories.create_import(people.bob(), factories.score_on(charts[0]))
    page = client.get("/import/")
    text = text_of(page)
    assert text.count("Batch-Manual file, SOUND VOLTEX Tests") == 1
    assert page.content.decode().count(">SV<") == 1
    assert f'href="{url_of(newest)}"' in page.content.decode()


def test_queries_of_the_upload_page_do_not_grow_with_the_imports(client: Client) -> None:
    charts, counts = factories.charts(12), []
    client.get("/import/")  # the first visit is noted
    for part in (charts[:2], charts[2:]):
        for chart in part:
            factories.create_import(people.alice(), factories.score_on(chart))
        with CaptureQueriesContext(connection) as queries:
            client.get("/import/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
