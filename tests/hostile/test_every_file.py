"""Files with any content, in any format, sent by API and page: refused with a message, or imported completely."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from pytest_django import Settings
from redis import Redis

from imports.formats import FORMATS
from imports.formats.base import Format
from imports.models import GameStats, Import, OrphanScore, Permission, Score, State
from imports.pipeline.derived.integrity import check_player
from tests import people
from tests.factories import run_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

FILES = [each for each in FORMATS if each.is_file and each.sample is not None]
SAMPLES = {each.import_type: each.sample.content for each in FILES if each.sample is not None}
LEVELS = 100_000
ENTITIES = (
    b'<!DOCTYPE s3data [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><s3data><scoredata>&b;</scoredata></s3data>'
)
OUTSIDE = b'<!DOCTYPE s3data [<!ENTITY a SYSTEM "file:///etc/passwd">]><s3data><scoredata>&a;</scoredata></s3data>'
JUNK = {
    "nothing": b"",
    "blanks": b" \r\n\t\n",
    "NUL": b"\0" * 100,
    "broken UTF-8": b"\xff\xfe\xfd,\xc3\x28\n\xa0\xa1,\xe2\x82\n",
    "UTF-16": "バージョン,タイトル\n".encode("utf-16"),
    "an image": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "HTML": b"<!doctype html><html><head><title>502</title></head><body>Bad Gateway</body></html>",
    "a header without rows": b"a,b,c\n",
    "entities": ENTITIES,
    "an entity of another file": OUTSIDE,
    "many levels of XML": b"<s3data>" + b"<a>" * LEVELS + b"</a>" * LEVELS + b"</s3data>",
    "many levels of JSON": b"[" * LEVELS + b"]" * LEVELS,
    "a million commas": b"," * 1_000_000,
    "a quote without end": b'a,b\n"' + b"x" * 100_000,
}
each_file = pytest.mark.parametrize("source", [pytest.param(each, id=each.import_type) for each in FILES])


def other_files(source: Format) -> dict[str, bytes]:
    """Returns samples of other formats that this format does not read as well."""
    return {f"a {name}": content for name, content in SAMPLES.items() if content != SAMPLES[source.import_type]}


def damaged_samples(source: Format) -> dict[str, bytes]:
    """Returns the sample cut off at several places, with additional columns, and twice."""
    good = SAMPLES[source.import_type]
    cut = {f"{share} % of the file": good[: len(good) * share // 100] for share in (10, 50, 75, 95)}
    lines = good.split(b"\n")
    wider = b"\n".join([lines[0], *(line + b",1" if line else line for line in lines[1:])])
    return {**cut, "wrong columns": wider, "the file twice": good + good}


def upload(path: str, source: Format, content: bytes) -> Any:
    """Uploads a file under the usual name of its kind, by the API or a page."""
    assert source.sample is not None
    file = SimpleUploadedFile(source.sample.file_name, content, "application/octet-stream")
    form = {"importType": source.import_type, **source.sample.fields, "scoreData": file}
    if path.startswith("/api/"):
        return people.bearer(people.alice(), Permission.SUBMIT_SCORE).post(path, form)
    return people.session_of(people.alice()).post(path, form)


def assert_refused_or_imported(source: Format, name: str, content: bytes) -> None:
    """Sends a file to the API, its check and the page: never a server error, and a failed import stores nothing."""
    checked = upload("/api/v1/import/check", source, content)
    assert checked.status_code in (200, 400, 413), name
    assert checked.json()["description"], name
    page = upload("/import/", source, content)
    assert page.status_code in (200, 302, 400), name
    assert not Import.objects.exists(), name

    sent = upload("/api/v1/import/file", source, content)
    assert sent.status_code in (202, 400, 413), name
    assert sent.json()["description"], name
    assert (sent.status_code == 202) or checked.status_code != 200, name
    for job in Import.objects.all():
        run_job(job)
        assert job.state in {State.COMPLETED, State.FAILED}, name
        assert job.status_code != 500, (name, job.traceback)
        if job.state == State.FAILED:
            assert job.error_message, name
            assert not Score.objects.exists(), name
            assert not OrphanScore.objects.exists(), name
            assert not GameStats.objects.exists(), name
    assert not check_player(people.alice()), name


@pytest.mark.slow
@each_file
def test_a_junk_file_is_refused_with_a_message_by_api_check_and_page(source: Format, redis_clean: Redis) -> None:
    for name, content in {**JUNK, **damaged_samples(source), **other_files(source)}.items():
        with transaction.atomic():
            assert_refused_or_imported(source, name, content)
            transaction.set_rollback(True)


@each_file
def test_a_file_beyond_the_size_limit_is_refused(source: Format, settings: Settings) -> None:
    settings.TACHI_MAX_UPLOAD_BYTES = 1_000
    content = SAMPLES[source.import_type].ljust(2_000)
    for path in ("/api/v1/import/file", "/api/v1/import/check"):
        sent = upload(path, source, content)
        assert sent.status_code in (400, 413)
        assert sent.json()["description"]
    assert "larger than" in upload("/import/", source, content).content.decode()
    assert not Import.objects.exists()
