"""Imports at paths that the APIs of 2025 and 2026 share: documents with the members of both."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pytest_django import Settings

from imports.models import Import, Permission
from tests import people
from tests.api.envelopes import body, summary
from tests.factories import create_import

pytestmark = pytest.mark.django_db

SERVICES = "/api/v1/import/from-api"
CLASSES = "/api/v1/import/class"
TIMESTOPS = "/api/v1/users/me/import-timestops"
DAN = {"set": "dan", "old": None, "new": "DAN_9", "playtype": "SP"}


def iidx_import() -> Import:
    """Creates an import of Alice without scores that raises a class of IIDX SP."""
    meta = {"game": "iidx", "playtype": "SP", "service": "A test"}
    return create_import(people.alice(), parts={"meta": meta, "classes": {"dan": "DAN_9"}})


@pytest.mark.parametrize(("year", "game"), [("2026", "iidx-sp"), ("2025", "iidx")])
@pytest.mark.parametrize("place", ["poll", "list", "contents"])
def test_an_import_has_the_members_of_both_versions_and_its_classes_the_game_id_of_the_setting(
    place: str, year: str, game: str, settings: Settings
) -> None:
    settings.TACHI_API_DOCUMENTS = year
    address = f"/api/v1/imports/{iidx_import().import_id}"
    guest = people.guest()
    match place:
        case "poll":
            document = body(guest, f"{address}/poll-status")["import"]
        case "contents":
            document = body(guest, address)["import"]
        case _:
            (document,) = body(guest, "/api/v1/imports")["imports"]
    expected = {
        "game": "iidx",
        "playtypes": [],
        "gptStrings": [],
        "gameGroup": "iidx",
        "games": ["iidx-sp"],
        "classDeltas": [{**DAN, "game": game}],
    }
    assert {name: document[name] for name in expected} == expected


REFUSED = [
    ("POST", SERVICES, {"importType": "api/flo-iidx"}, 'Import type "api/flo-iidx" is not enabled on this instance.'),
    ("POST", SERVICES, {"importType": "file/batch-manual"}, "Invalid import type: file/batch-manual"),
    ("POST", SERVICES, {"importType": ""}, "Invalid import type: "),
    (
        "POST",
        SERVICES,
        {"more": 1},
        "Invalid request: importType Invalid input: expected string, received undefined",
    ),
    (
        "POST",
        SERVICES,
        {"importType": None},
        "Invalid request: importType Invalid input: expected string, received null",
    ),
    ("PUT", TIMESTOPS, {"importType": "file/x", "lastScoreTime": 0}, "Invalid import type: file/x"),
    (
        "PUT",
        TIMESTOPS,
        {"importType": "api/flo-iidx"},
        "Invalid request: lastScoreTime Invalid input: expected number, received undefined",
    ),
    ("DELETE", TIMESTOPS, {"importType": "file/x"}, "Invalid import type: file/x"),
    ("POST", CLASSES, {"game": "sdvx"}, "Invalid request: classes Invalid input: expected object, received undefined"),
    (
        "POST",
        CLASSES,
        {"game": 1, "classes": {}},
        "Invalid request: game Invalid input: expected string, received number",
    ),
]


@pytest.mark.parametrize(("method", "address", "sent", "expected"), REFUSED)
def test_an_invalid_request_is_refused_for_its_first_error(
    method: str, address: str, sent: dict[str, Any], expected: str
) -> None:
    is_own = address == TIMESTOPS  # only for the player, in a browser
    client = people.session_of(people.alice()) if is_own else people.bearer(people.alice(), Permission.SUBMIT_SCORE)
    response = client.generic(method, address, json.dumps(sent), content_type="application/json")
    assert summary(response) == (400, expected)


@pytest.mark.parametrize("name", ["alice", "Alice"])
def test_timestops_are_read_by_number_or_me_only(name: str) -> None:
    client = people.session_of(people.alice())
    assert summary(client.get(f"/api/v1/users/{name}/import-timestops"))[0] == 403
    assert body(client, f"/api/v1/users/{people.alice().pk}/import-timestops") == {"timestops": []}


def test_a_timestop_is_stored_until_it_is_reset() -> None:
    client = people.session_of(people.alice())

    def send(method: str, **given: Any) -> tuple[int, str]:
        return summary(client.generic(method, TIMESTOPS, json.dumps(given), content_type="application/json"))

    for time in (5, 1_700_000_000_000):
        assert send("PUT", importType="api/flo-iidx", lastScoreTime=time) == (200, "Updated import timestop.")
    assert send("PUT", importType="api/cg-nag-popn", lastScoreTime=0)[0] == 200
    assert body(client, TIMESTOPS)["timestops"] == [
        {"importType": "api/cg-nag-popn", "lastScoreTime": 0},
        {"importType": "api/flo-iidx", "lastScoreTime": 1_700_000_000_000},
    ]
    assert body(people.session_of(people.bob()), TIMESTOPS) == {"timestops": []}
    assert send("DELETE", importType="api/cg-nag-popn") == (200, "Reset import timestop.")
    assert [each["importType"] for each in body(client, TIMESTOPS)["timestops"]] == ["api/flo-iidx"]


@pytest.mark.parametrize("time", [-1, 0.5, 10**18, 1e400, True])
def test_an_invalid_timestop_is_refused(time: float) -> None:
    client = people.session_of(people.alice())
    response = client.put(TIMESTOPS, {"importType": "api/flo-iidx", "lastScoreTime": time}, "application/json")
    assert summary(response)[0] == 400
