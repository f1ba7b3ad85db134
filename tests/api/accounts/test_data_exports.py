"""/api/v1/users/:userID/export. Its permissions are tested in tests/api/endpoints.py."""

from __future__ import annotations

from typing import Any

import pytest

from imports import jobs
from tests import factories, people
from tests.takeout.exported import export_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]
ADDRESS = "/api/v1/users/me/export"


@pytest.fixture
def client() -> Any:
    factories.create_import(people.alice(), factories.score_on(factories.charts(1)[0]))
    return people.bearer(people.alice())


def test_an_export_is_requested_polled_and_downloaded(client: Any) -> None:
    queued = client.post(ADDRESS).json()["body"]
    assert (queued["state"], queued["percent"], queued["size"], queued["expiresAt"]) == ("queued", 0, 0, None)
    assert client.post(ADDRESS).json()["body"]["exportID"] == queued["exportID"]
    jobs.write_export(queued["exportID"])
    [export] = client.get(ADDRESS).json()["body"]
    assert (export["exportID"], export["state"], export["percent"]) == (queued["exportID"], "ready", 100)
    file = client.get(f"{ADDRESS}/{export['exportID']}")
    content = b"".join(file.streaming_content) if file.streaming else file.content
    assert (len(content), content[:2]) == (export["size"], b"PK")
    assert file.headers["Cache-Control"] == "no-store"


def test_an_export_of_another_player_or_an_unfinished_one_is_a_404(client: Any) -> None:
    others, unfinished = export_of(people.bob()), jobs.request_export(people.alice(), by=people.alice())
    for export in (others, unfinished):
        assert client.get(f"{ADDRESS}/{export.export_id}").json()["description"] == "This export does not exist."


@pytest.mark.parametrize(
    ("query", "status", "description"),
    [
        ("game=sdvx&playtype=Double", 400, "The game sdvx does not have a playtype called Double."),
        ("game=nothing&playtype=Single", 400, "The game nothing is not supported."),
    ],
)
def test_a_table_of_an_unknown_game_is_refused(query: str, status: int, description: str, client: Any) -> None:
    response = client.get(f"{ADDRESS}/table?{query}")
    assert (response.status_code, response.json()["description"]) == (status, description)
