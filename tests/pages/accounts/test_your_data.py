"""/account/data/: requesting an export, its progress, downloading it."""

from __future__ import annotations

import io
from zipfile import ZipFile

import pytest
from django.test import Client

from imports.models import DataExport, ExportState
from tests import factories, people
from tests.pages.html_parsing import text_of
from tests.takeout.exported import export_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]
ADDRESS = "/account/data/"


@pytest.fixture
def alices() -> Client:
    factories.create_import(people.alice(), factories.score_on(factories.charts(1)[0]))
    return people.session_of(people.alice())


def test_an_export_is_requested_and_downloaded(alices: Client) -> None:
    page = alices.post(ADDRESS, follow=True)
    assert "Preparing your export: 0 %" in text_of(page)
    assert 'http-equiv="refresh"' in page.content.decode()
    export = export_of(people.alice())
    page = alices.get(ADDRESS)
    assert "Download ZIP" in text_of(page)
    assert 'http-equiv="refresh"' not in page.content.decode()
    file = alices.get(f"{ADDRESS}{export.export_id}/")
    assert file.headers["Content-Type"] == "application/zip"
    assert file.headers["Content-Disposition"].startswith('attachment; filename="Alice-')
    content = bytes(file.getvalue())
    assert "scores/sdvx-Single.json" in ZipFile(io.BytesIO(content)).namelist()


def test_a_failed_export_is_reported(alices: Client) -> None:
    DataExport.objects.create(user=people.alice(), state=ExportState.FAILED)
    assert "Something went wrong on our side. Start a new export." in text_of(alices.get(ADDRESS))


def test_the_data_page_offers_a_csv_file_for_each_played_game(alices: Client) -> None:
    page = alices.get(ADDRESS)
    assert 'href="/account/data/sdvx/Single.csv"' in page.content.decode()
    file = alices.get("/account/data/sdvx/Single.csv")
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert file.content.count(b"\r\n") == 2
    assert "Scores as a table" not in text_of(people.session_of(people.bob()).get(ADDRESS))
