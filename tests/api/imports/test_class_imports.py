"""Classes that a player sets over the API are an import like any other (spec: api-v3 §2.2, §3.8)."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from imports.games import GAMES, by_id
from imports.models import GameStats, Import, Permission, User
from tests import people
from tests.api.envelopes import body, summary
from tests.factories import create_import, run_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

CLASSES = "/api/v1/import/class"
DAN_9 = {"game": "sdvx", "classes": {"dan": "DAN_9"}}


@pytest.fixture
def alice() -> User:
    """Returns Alice with DAN_10 of SOUND VOLTEX."""
    create_import(people.alice(), parts={"classes": {"dan": "DAN_10"}})
    return people.alice()


def send(document: Any, *, headers: dict[str, str] | None = None) -> Any:
    client = people.bearer(people.alice(), Permission.SUBMIT_SCORE)
    return client.post(CLASSES, document, content_type="application/json", headers=headers or {})


def test_a_lower_class_is_set_and_polled_like_any_import(alice: User) -> None:
    response = send(DAN_9, headers={"X-User-Intent": "true"})
    assert response.status_code == 202
    address = response.json()["body"]["url"]
    job = run_job(Import.objects.get(import_id=response.json()["body"]["importID"]))
    document = body(people.guest(), address)["import"]
    assert (document["importType"], document["userIntent"], document["scoreIDs"]) == ("file/import-class", True, [])
    assert document["classDeltas"] == [
        {"game": "sdvx", "playtype": "Single", "set": "dan", "old": "DAN_10", "new": "DAN_9"}
    ]
    assert (document["game"], document["gameGroup"], document["games"]) == ("sdvx", "sdvx", ["sdvx"])
    assert GameStats.objects.get(user=alice).classes["dan"] == "DAN_9"

    reverted = people.session_of(alice).post(f"/api/v1/imports/{job.import_id}/revert")
    assert summary(reverted) == (200, "Reverted import.")
    assert GameStats.objects.get(user=alice).classes["dan"] == "DAN_10"


REFUSED = [
    ({"game": "iidx", "classes": {}}, 400, f"Invalid game iidx. Expected any of {', '.join(by_id(GAMES))}."),
    ({"game": "iidx-sp", "classes": {"dan": "DAN_9"}}, 404, "The user Alice has not played iidx-sp"),
    ({"game": "sdvx", "classes": {}}, 400, "At least one class must be provided."),
    (
        {"game": "sdvx", "classes": {"vfClass": "SIENNA_I"}},
        400,
        'Class set "vfClass" is derived and cannot be set manually.',
    ),
    ({"game": "sdvx", "classes": {"rank": "A"}}, 400, 'Invalid class set "rank" for sdvx. Expected any of dan.'),
]


@pytest.mark.parametrize(("document", "status", "description"), REFUSED)
def test_invalid_classes_are_refused_at_once(
    alice: User, document: dict[str, Any], status: int, description: str
) -> None:
    before = Import.objects.count()
    assert summary(send(document)) == (status, description)
    assert Import.objects.count() == before


def test_a_player_banned_from_class_imports_is_refused(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(may_import_classes=False)
    assert summary(send(DAN_9)) == (403, "You are banned from manually importing classes.")


def test_class_imports_are_refused_where_the_instance_disables_them(alice: User, settings: Settings) -> None:
    settings.TACHI_IMPORT_TYPES = ["file/batch-manual"]
    assert summary(send(DAN_9)) == (400, "Manual class imports are not enabled on this instance.")


def test_a_repeated_class_import_with_the_same_key_creates_one_import(alice: User) -> None:
    first, second = (send(DAN_9, headers={"Idempotency-Key": "once"}).json()["body"] for _ in range(2))
    assert first == second


def test_class_imports_are_listed_as_an_import_type_but_refused_as_a_file(alice: User) -> None:
    assert "file/import-class" in body(people.guest(), "/api/v1/config")["IMPORT_TYPES"]
    client = people.bearer(alice, Permission.SUBMIT_SCORE)
    file = SimpleUploadedFile("classes.json", b"{}")
    response = client.post("/api/v1/import/file", {"importType": "file/import-class", "scoreData": file})
    assert summary(response)[1].endswith("(Received file/import-class)")
