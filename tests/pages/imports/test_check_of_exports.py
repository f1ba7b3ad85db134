"""The check of an export: the page shows its owner and games, and imports one game or all of them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from imports.formats.parsing.export_archive import ExportArchive, write_archive
from tests import factories, people
from tests.pages.html_parsing import heading_of, messages_of, text_of
from tests.takeout import exported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


@pytest.fixture
def client() -> Client:
    return people.session_of(people.bob())


@pytest.fixture
def export() -> bytes:
    """An export of Alice's with a score of SOUND VOLTEX and two scores of WACCA on one chart."""
    alice = people.alice()
    factories.create_import(alice, factories.score_on(factories.charts(1)[0]))
    chart = factories.create_chart(factories.create_song(1, game="wacca"), "EXPERT")
    rows = [factories.score_on(chart, score) for score in (900_000, 910_000)]
    meta = {"game": "wacca", "playtype": "Single", "service": "Arcade"}
    exported.import_file(alice, msgspec.json.encode(factories.batch_manual(*rows, meta=meta)))
    return exported.zip_of_files(exported.exported(alice))


def given(client: Client, content: bytes) -> Any:
    return client.post("/import/", {"scoreData": SimpleUploadedFile("export.zip", content, "application/zip")})


def test_an_uploaded_export_shows_its_owner_and_contents(client: Client, export: bytes) -> None:
    address = given(client, export)["Location"]
    page = client.get(address)
    assert heading_of(page) == "1 score ready to import"
    text = text_of(page)
    assert "Export of Alice from Tachi Imports. Import it only if these are your own scores." in text
    assert "2 games in this export" in text
    assert "This page shows SOUND VOLTEX." in text
    other = client.post(address, {"game": "wacca"})["Location"]
    page = client.get(other)
    assert heading_of(page) == "2 scores ready to import"
    assert "This page shows WACCA." in text_of(page)
    client.post(other, {"do": "whole"})
    assert [(job.import_type, job.state) for job in people.bob().imports.all()] == [
        ("file/tachi-imports-export", "queued")
    ]
    job = factories.run_job(people.bob().imports.get())
    assert (job.game, job.score_count) == ("wacca", 2)


def test_all_games_of_an_export_are_imported_in_one_step_and_once(
    client: Client, export: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, opened, init = given(client, export)["Location"], [], ExportArchive.__init__

    def counted(self: ExportArchive, data: bytes) -> None:
        opened.append(data)
        init(self, data)

    monkeypatch.setattr(ExportArchive, "__init__", counted)
    assert client.post(address, {"do": "every-game"})["Location"] == "/imports/"
    assert opened.count(export) == 1
    client.post(address, {"do": "every-game"})
    made = list(people.bob().imports.order_by("pk"))
    assert "2 imports have started, one for each game." in messages_of(client.get("/imports/"))
    for job in made:
        factories.run_job(job)
    assert [(job.game, job.score_count) for job in made] == [("sdvx", 1), ("wacca", 2)]


def test_a_file_that_is_no_export_has_no_games_to_import(client: Client) -> None:
    content = msgspec.json.encode(factories.batch_manual(factories.score_on(factories.charts(1)[0])))
    address = given(client, content)["Location"]
    assert client.post(address, {"do": "every-game"})["Location"] == "/import/"
    assert not people.bob().imports.exists()


def test_an_invalid_export_is_refused(client: Client, export: bytes) -> None:
    assert given(client, export[: len(export) // 2]).status_code == 400
    assert given(client, write_archive({"letter.txt": b"Dear"})).status_code == 400
    address = given(client, export)["Location"]
    assert client.post(address, {"game": "chess"})["Location"] == address
    assert "chess" in messages_of(client.get(address))
    assert not people.bob().imports.exists()
