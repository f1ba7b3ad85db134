"""/api/v1/users/:userID/export. Who may: tests/api/endpoints.py."""

from __future__ import annotations

from typing import Any

import pytest

from imports import jobs
from tests import factories, people
from tests.takeout.exported import export_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]
ADDRESS = "/api/v1/users/me/export"


@pytest.fixture
def alices() -> Any:
    factories.an_import(people.alice(), factories.score_on(factories.charts(1)[0]))
    return people.bearer(people.alice())


def test_an_export_is_asked_for_polled_and_downloaded(alices: Any) -> None:
    asked = alices.post(ADDRESS).json()["body"]
    assert (asked["state"], asked["percent"], asked["size"], asked["expiresAt"]) == ("queued", 0, 0, None)
    assert alices.post(ADDRESS).json()["body"]["exportID"] == asked["exportID"]
    jobs.write_export(asked["exportID"])
    [told] = alices.get(ADDRESS).json()["body"]
    assert (told["exportID"], told["state"], told["percent"]) == (asked["exportID"], "ready", 100)
    file = alices.get(f"{ADDRESS}/{told['exportID']}")
    content = b"".join(file.streaming_content) if file.streaming else file.content
    assert (len(content), content[:2]) == (told["size"], b"PK")
    assert file.headers["Cache-Control"] == "no-store"


def test_an_export_of_somebody_else_or_one_that_is_not_finished_is_not_there(alices: Any) -> None:
    others, unfinished = export_of(people.bob()), jobs.request_export(people.alice(), by=people.alice())
    for export in (others, unfinished):
        assert alices.get(f"{ADDRESS}/{export.export_id}").json()["description"] == "This export does not exist."


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("game=sdvx&playtype=Double", 400, "The game sdvx does not have a playtype called Double."),
        ("game=nothing&playtype=Single", 400, "The game nothing is not supported."),
    ],
)
def test_a_table_of_an_unknown_game_is_refused(query: str, status: int, said: str, alices: Any) -> None:
    answer = alices.get(f"{ADDRESS}/table?{query}")
    assert (answer.status_code, answer.json()["description"]) == (status, said)
