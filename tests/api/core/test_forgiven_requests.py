"""Harmless mistakes of clients and proxies are accepted as intended or named in the message."""

from __future__ import annotations

import codecs
import json
import logging
import zlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from imports.models import Import, ImportInput, Permission
from tests import people
from tests.api.envelopes import summary
from tests.factories import batch_manual, create_import

pytestmark = pytest.mark.django_db

DIRECT = "/ir/direct-manual/import"
DOCUMENT = json.dumps(batch_manual(), ensure_ascii=False)
UTF_16 = (400, "Invalid JSON. (The file looks like UTF-16; save it as UTF-8.)")


def submitter() -> Client:
    return people.bearer(people.alice(), *Permission)


def echo(content: bytes, content_type: str) -> Any:
    """Returns the echo of a body, or the status and description of the response if it is an error."""
    response = people.guest().generic("POST", "/api/v1/status", content, content_type=content_type)
    return json.loads(response.content).get("body", {}).get("echo") or summary(response)


# --- encodings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        (codecs.BOM_UTF8 + '{"echo": "音"}'.encode(), ""),
        (codecs.BOM_UTF8 + '{"echo": "音"}'.encode(), "; charset=utf-8"),
        ('{"echo": "音"}'.encode("utf-16"), "; charset=utf-16"),
        ('{"echo": "音"}'.encode("utf-16-le"), "; charset=UTF-16LE"),
        ('\ufeff {"echo": "音"}'.encode("utf-16-be"), '; charset="utf-16be"'),
    ],
)
def test_a_body_is_decoded_in_its_declared_charset(content: bytes, charset: str) -> None:
    assert echo(content, f"application/json{charset}") == "音"


@pytest.mark.parametrize(
    ("content", "content_type", "expected"),
    [
        ("{}".encode("utf-16"), "application/json", UTF_16),
        (b"{}\x00", "application/json; charset=utf-16", (400, "Your request body is not valid utf-16.")),
        (b"{\0}\0\0\xd8", "application/json; charset=utf-16le", (400, "Your request body is not valid utf-16le.")),
    ],
)
def test_a_body_in_another_charset_than_declared_is_refused(
    content: bytes, content_type: str, expected: tuple[int, str]
) -> None:
    assert echo(content, content_type) == expected


def test_a_body_in_utf_16_is_stored_in_utf_8() -> None:
    content, content_type = DOCUMENT.encode("utf-16"), "application/json; charset=utf-16"
    response = submitter().generic("POST", DIRECT, content, content_type=content_type)
    assert response.status_code == 202
    assert zlib.decompress(ImportInput.objects.get().content) == DOCUMENT.encode()


@pytest.mark.parametrize("path", ["/api/v1/import/file", "/api/v1/import/check"])
def test_a_file_may_have_a_byte_order_mark_but_may_not_be_utf_16(path: str) -> None:
    def send(content: bytes) -> Any:
        form = {"importType": "file/batch-manual", "scoreData": SimpleUploadedFile("scores.json", content)}
        return submitter().post(path, form)

    assert send(codecs.BOM_UTF8 + DOCUMENT.encode()).status_code in {200, 202}
    assert summary(send(DOCUMENT.encode("utf-16"))) == UTF_16


# --- content types ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [DIRECT, "/api/v1/import/from-api", "/api/v1/auth/login"])
@pytest.mark.parametrize(
    ("content_type", "received"),
    [
        ("text/plain", "received text/plain."),
        ("application/x-www-form-urlencoded", "received application/x-www-form-urlencoded."),
        ("", "but the request names none."),
    ],
)
def test_a_json_body_with_another_content_type_is_refused(path: str, content_type: str, received: str) -> None:
    client = people.guest() if "auth" in path else submitter()
    response = client.generic("POST", path, DOCUMENT, content_type=content_type)
    assert summary(response) == (400, f"Expected a body with the Content-Type application/json, {received}")
    assert not Import.objects.exists()


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
def test_a_file_outside_a_form_is_refused(content_type: str) -> None:
    response = submitter().post("/api/v1/import/file", DOCUMENT, content_type=content_type)
    expected = f"Expected a body with the Content-Type multipart/form-data, received {content_type}."
    assert summary(response) == (400, expected)


def test_an_empty_body_needs_no_content_type() -> None:
    assert summary(submitter().generic("POST", DIRECT, b"", content_type="")) == (
        400,
        "Could not retrieve meta.game - is this valid BATCH-MANUAL?",
    )


# --- paths ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["//api/v1/status", "///API//v1//Status//", "/api//v1/status"])
def test_extra_slashes_in_a_path_are_ignored(path: str) -> None:
    assert summary(people.guest().get(path, PATH_INFO=path))[0] == 200


def test_an_import_is_accepted_at_a_path_with_two_slashes() -> None:
    response = submitter().post(f"/{DIRECT}", DOCUMENT, content_type="application/json", PATH_INFO=f"/{DIRECT}")
    assert response.status_code == 202
    assert json.loads(response.content)["body"]["url"].startswith("http://testserver/api/v1/imports/")


def test_the_next_page_link_of_a_path_with_two_slashes_stays_on_this_host() -> None:
    for _ in range(2):
        create_import(people.alice())
    path = "//api/v1/users/alice/imports?limit=1"
    response = people.guest().get(path, PATH_INFO=path.partition("?")[0])
    assert response.headers["Link"].startswith("<http://testserver/api/v1/users/alice/imports?limit=1&cursor=")


# --- hosts ------------------------------------------------------------------------------------------

ALLOWED = "Whoever runs this server can add it to the setting TACHI_ALLOWED_HOSTS."


@pytest.mark.parametrize(
    "path", ["/api/v1/status", "/api/v1/imports/0/poll-status", DIRECT, "/", "/games/", "/static/x"]
)
@pytest.mark.parametrize("host", ["evil.example.org", "evil.example.org:8000", "a b"])
def test_a_disallowed_host_gets_a_message_that_names_the_setting(
    path: str, host: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        response = people.guest().get(path, headers={"Host": host})
    message = f"The host {host!a} is not allowed here. {ALLOWED}"
    assert response.status_code == 400
    is_api = path.startswith(("/api", "/ir"))
    assert (summary(response)[1] if is_api else response.content.decode()) == message
    lines = [record for record in caplog.records if record.levelno >= logging.INFO]
    assert [(record.getMessage(), record.exc_info) for record in lines] == [(message, None)]
    assert "\n" not in lines[0].getMessage()


def test_the_health_check_answers_any_host() -> None:
    assert people.guest().get("/readyz", headers={"Host": "10.0.0.7"}).status_code in {200, 503}
