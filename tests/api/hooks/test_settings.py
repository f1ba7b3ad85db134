"""What players tell their hooks, through the API: both addresses, and that it stays between them."""

from __future__ import annotations

from typing import Any

import pytest

from imports.models import HookSettings
from tests import people

pytestmark = pytest.mark.django_db

ADDRESSES = [
    f"/api/v1/users/me/integrations/{hook}{end}" for hook in ("fervidex", "kshook-sv6c") for end in ("", "/settings")
]
FERVIDEX = ADDRESSES[0]


def change(body: Any, address: str = FERVIDEX) -> Any:
    return people.session_of(people.alice()).patch(address, body, content_type="application/json")


@pytest.mark.parametrize("address", ADDRESSES)
def test_settings_are_read_back_at_either_address(address: str) -> None:
    client = people.session_of(people.alice())
    assert client.get(address).json()["body"] is None
    answer = client.patch(address, {"forceStaticImport": True}, content_type="application/json").json()
    assert (answer["description"], answer["body"]["forceStaticImport"]) == ("Successfully updated settings.", True)
    other = address.removesuffix("/settings") if address.endswith("/settings") else f"{address}/settings"
    assert client.get(other).json()["body"] == answer["body"]
    assert ("cards" in answer["body"]) is ("fervidex" in address)


def test_a_member_that_is_not_sent_stays() -> None:
    change({"cards": ["E004A", "E004B"], "forceStaticImport": True})
    assert change({"cards": None}).json()["body"] == {
        "userID": people.alice().pk,
        "cards": None,
        "forceStaticImport": True,
    }


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "No modifications sent."),
        ([], "No modifications sent."),
        ({"other": 1}, "No modifications sent."),
        ({"cards": ["x"] * 7}, "You cannot have more than 6 card filters at once."),
        ({"cards": "E004A"}, "[cards] Value was not an array. (Received E004A)"),
        ({"cards": [5]}, "[cards[0]] Expected string. (Received 5)"),
        ({"cards": ["x" * 101]}, None),
        ({"forceStaticImport": 1}, "[forceStaticImport] Expected *boolean or no value. (Received 1)"),
        ({"forceStaticImport": None}, "[forceStaticImport] Expected *boolean or no value. (Received null)"),
    ],
)
def test_invalid_settings_are_refused_and_change_nothing(body: Any, says: str | None) -> None:
    response = change(body)
    assert response.status_code == 400
    assert says is None or response.json()["description"] == says
    assert not HookSettings.objects.exists()


def test_six_cards_are_allowed() -> None:
    assert change({"cards": ["x"] * 6}).status_code == 200


def test_only_one_of_two_imports_uses_the_setting_up() -> None:
    alice = people.alice()
    HookSettings.objects.change(alice, "fervidex", {"force_static_import": True})
    assert [HookSettings.objects.use_up_static_import(alice, "fervidex") for _ in range(2)] == [True, False]
    assert not HookSettings.objects.use_up_static_import(people.bob(), "fervidex")
