"""The hook settings of players in the API, at both of their paths."""

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
def test_hook_settings_are_the_same_at_both_paths(address: str) -> None:
    client = people.session_of(people.alice())
    assert client.get(address).json()["body"] is None
    reply = client.patch(address, {"forceStaticImport": True}, content_type="application/json").json()
    assert (reply["description"], reply["body"]["forceStaticImport"]) == ("Successfully updated settings.", True)
    other = address.removesuffix("/settings") if address.endswith("/settings") else f"{address}/settings"
    assert client.get(other).json()["body"] == reply["body"]
    assert ("cards" in reply["body"]) is ("fervidex" in address)


def test_a_missing_member_of_hook_settings_keeps_its_value() -> None:
    change({"cards": ["E004A", "E004B"], "forceStaticImport": True})
    assert change({"cards": None}).json()["body"] == {
        "userID": people.alice().pk,
        "cards": None,
        "forceStaticImport": True,
    }


@pytest.mark.parametrize(
    ("body", "message"),
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
def test_invalid_hook_settings_are_refused_and_change_nothing(body: Any, message: str | None) -> None:
    response = change(body)
    assert response.status_code == 400
    assert message is None or response.json()["description"] == message
    assert not HookSettings.objects.exists()


def test_hook_settings_allow_six_cards() -> None:
    assert change({"cards": ["x"] * 6}).status_code == 200


def test_only_one_import_consumes_the_static_import_setting() -> None:
    alice = people.alice()
    HookSettings.objects.change(alice, "fervidex", {"force_static_import": True})
    assert [HookSettings.objects.use_up_static_import(alice, "fervidex") for _ in range(2)] == [True, False]
    assert not HookSettings.objects.use_up_static_import(people.bob(), "fervidex")
