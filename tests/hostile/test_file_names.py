"""Malicious file names: the upload is accepted under a safe name or refused, and no file is written.

The names are sent as raw bytes, as a malicious client would send them.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from redis import Redis

from imports.formats.text import is_storable
from imports.models import Import, ImportInput, Permission, State
from tests import factories, people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

BOUNDARY = "hostile"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
FILE = "/api/v1/import/file"

NAMES: dict[str, bytes] = {
    "up": b'filename="../../../../etc/passwd"',
    "up, escaped": b'filename="..%2f..%2fetc%2fpasswd"',
    "up, as HTML": b'filename="&#46;&#46;&#47;etc&sol;passwd"',
    "absolute": b'filename="/etc/cron.d/evil"',
    "a Windows path": b'filename="..\\\\..\\\\windows\\\\system.ini"',
    "a drive": b'filename="C:\\\\scores.json"',
    "a share": b'filename="\\\\\\\\evil\\\\share\\\\x"',
    "a stream": b'filename="scores.json::$DATA"',
    "a device": b'filename="CON"',
    "dots": b'filename=".."',
    "nothing": b'filename=""',
    "blanks": b'filename="   "',
    "NUL": b'filename="scores.json\0.exe"',
    "nothing but NUL": b'filename="\0"',
    "a new line": b'filename="a\nX-Evil: 1.json"',
    "an escape of the terminal": b'filename="\x1b[2Jscores.json"',
    "half a quote": b'filename="scores.json',
    "a quote within": b'filename="a\\"b.json"',
    "a script": b'filename="<script>alert(1)</script>.json"',
    "a template": b'filename="{{ 7 * 7 }}{% debug %}.json"',
    "a format": b'filename="%s%n{0.__class__}"',
    "right to left": 'filename="gpj.\u202enosj.exe"'.encode(),
    "no UTF-8": b'filename="\xff\xfe\xed.json"',
    "a lone surrogate": b'filename="\xed\xa0\x80.json"',
    "very long": b'filename="' + b"x" * 3_000 + b'.json"',
    "very long, in kanji": 'filename="{}.json"'.format("譜" * 600).encode(),
    "longer than a header may be": b'filename="' + b"x" * 100_000 + b'"',
    "two names": b'filename="a.json"; filename="../b.json"',
    "extended": b"filename*=UTF-8''..%2F..%2Fetc%2Fpasswd",
    "extended, NUL": b"filename*=UTF-8''a%00b.json",
    "extended, a lone surrogate": b"filename*=UTF-8''%ED%A0%80.json",
    "extended, no UTF-8": b"filename*=UTF-8''%FF%FE",
    "extended, no encoding": b"filename*=nonsense''a.json",
    "extended, a codec that is none for text": b"filename*=rot13''a.json",
    "extended, a codec with state": b"filename*=utf-16''%d8%00",
    "extended, a codec that unescapes": b"filename*=unicode_escape''%5Cud800.json",
    "extended, a codec that unescapes NUL": b"filename*=raw_unicode_escape''%5Cu0000.json",
    "extended, punycode": b"filename*=punycode''../%FF",
    "extended, without quotes": b"filename*=a.json",
    "extended, quotes alone": b"filename*=''",
    "both": b"filename=\"a.json\"; filename*=UTF-8''..%2Fb.json",
    "in pieces": b'filename*0="../"; filename*1="etc"; filename*99999999="x"',
    "in pieces, numbered oddly": b'filename*0*=UTF-8\'\'..%2F; filename*-1="x"; filename*\xb2="y"',
}


def form(disposition: bytes, content: bytes, **fields: str) -> bytes:
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    parts.append(b'Content-Disposition: form-data; name="scoreData"; ' + disposition + b"\r\n\r\n" + content)
    edge = f"--{BOUNDARY}".encode()
    return edge + b"\r\n" + (b"\r\n" + edge + b"\r\n").join(parts) + b"\r\n" + edge + b"--\r\n"


def document() -> bytes:
    return json.dumps(factories.batch_manual(*(factories.score_on(chart) for chart in factories.charts(1)))).encode()


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where the web would write files."""
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def assert_safe_name(name: str) -> None:
    """Checks that a name can be stored, shown and used for saving."""
    assert is_storable(name)
    assert name.isprintable()
    assert len(name) <= 255
    assert not set(name) & {"/", "\\"}
    assert name not in (".", "..")


@pytest.mark.quick_rows(10)
@pytest.mark.parametrize("disposition", NAMES.values(), ids=NAMES)
def test_an_upload_is_accepted_under_a_safe_name_or_refused(disposition: bytes, folder: Path) -> None:
    client = people.bearer(people.alice(), Permission.SUBMIT_SCORE)
    sent = form(disposition, document(), importType="file/batch-manual")
    response = client.post(FILE, sent, content_type=FORM)
    assert response.status_code in (202, 400), response.content
    assert response.json()["success"] is (response.status_code == 202)
    assert Import.objects.count() == (response.status_code == 202)
    for job in Import.objects.all():
        assert_safe_name(job.input.file_name)
        assert factories.run_job(job).state == State.COMPLETED
        download = people.session_of(people.alice()).get(f"/api/v1/imports/{job.import_id}/input")
        assert_safe_header(download.headers["Content-Disposition"])
    assert list(folder.iterdir()) == []


def assert_safe_header(disposition: str) -> None:
    assert disposition.startswith("attachment; filename")
    assert disposition.isprintable()
    assert not set(disposition) & set("/<>") or disposition.count('"') == 2


@pytest.mark.quick_rows(10)
@pytest.mark.parametrize("disposition", NAMES.values(), ids=NAMES)
def test_the_upload_page_shows_a_safe_name_or_requests_a_file(disposition: bytes, client: Client) -> None:
    client.force_login(people.alice())
    sent = form(disposition, document(), importType="file/batch-manual", pasted="", do="import")
    response = client.post("/import/", sent, content_type=FORM)
    assert response.status_code in (200, 302, 400), response.content
    for stored in ImportInput.objects.all():
        assert_safe_name(stored.file_name)
        page = client.get(f"/imports/{stored.job.import_id}/")
        assert page.status_code == 200
        assert b"<script>alert(1)" not in page.content


@pytest.mark.parametrize(
    "disposition", [NAMES[name] for name in ("NUL", "a script", "right to left", "a lone surrogate", "very long")]
)
def test_the_result_of_a_check_is_shown_for_any_file_name(
    disposition: bytes, client: Client, redis_clean: Redis
) -> None:
    client.force_login(people.alice())
    sent = form(disposition, document(), importType="file/batch-manual", pasted="", do="check")
    response = client.post("/import/", sent, content_type=FORM, follow=True)
    assert response.status_code in (200, 400), "shown, or requested again"
    assert b"<script>alert(1)" not in response.content
    assert not Import.objects.exists()


@pytest.mark.parametrize("size", [10, 3_000_000], ids=["in memory", "through a file"])
def test_a_large_upload_is_stored_under_a_generated_name(
    size: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []
    original: Callable[..., Any] = tempfile.NamedTemporaryFile

    def recording(*arguments: Any, **options: Any) -> Any:
        file = original(*arguments, **options)
        names.append(file.name)
        return file

    monkeypatch.setattr("django.core.files.temp.NamedTemporaryFile", recording)
    monkeypatch.setattr("django.core.files.uploadedfile.tempfile.NamedTemporaryFile", recording)
    client = people.bearer(people.alice(), Permission.SUBMIT_SCORE)
    sent = form(NAMES["up"], document().ljust(size), importType="file/batch-manual")
    assert client.post(FILE, sent, content_type=FORM).status_code == 202
    assert [Path(name).parent for name in names] == ([folder] if size > 2_500_000 else [])
    assert list(folder.iterdir()) == []
