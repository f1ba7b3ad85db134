"""All kinds of callers of an endpoint that changes Alice's data, and tables of the responses to each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from imports.models import Permission
from tests import people

Outcome = tuple[int, str]
Caller = Callable[[Permission], Client]
"""Creates a client, given the permission that the endpoint requires."""

GUEST = (401, "You are not authorised as anyone, and this endpoint requires us to know who you are.")
STRANGER = (403, "You are not authorised to perform this action.")
BAD_TOKEN = (401, "The provided API token does not correspond with any key in the database.")
BANNED = (403, "You are banned from Tachi Imports")


def lacks(permission: Permission) -> Outcome:
    return 403, f"You are missing the following permissions necessary for this request: {permission.value}"


def _all_but(permission: Permission) -> list[Permission]:
    return [other for other in Permission if other is not permission]


CALLERS: dict[str, Caller] = {
    "a guest": lambda _: people.guest(),
    "a bad token": lambda _: people.with_authorization("Bearer nobody's"),
    "another user's session": lambda _: people.session_of(people.bob()),
    "another user's token": lambda _: people.bearer(people.bob(), *Permission),
    "the owner's token without the permission": lambda required: people.bearer(people.alice(), *_all_but(required)),
    "the owner's token": lambda required: people.bearer(people.alice(), required),
    "the owner's session": lambda _: people.session_of(people.alice()),
    "a moderator's session": lambda _: people.session_of(people.mo()),
    "a moderator's token": lambda _: people.bearer(people.mo(), *Permission),
    "an administrator's session": lambda _: people.session_of(people.ada()),
    "an administrator's token": lambda required: people.bearer(people.ada(), required),
    "an administrator's token without the permission": lambda required: people.bearer(
        people.ada(), *_all_but(required)
    ),
    "a banned user's session": lambda _: people.session_of(people.eve()),
    "a banned user's token": lambda _: people.bearer(people.eve(), *Permission),
}
QUICK = ("a guest", "another user's token", "the owner's token without the permission", "the owner's session")
"""The callers that differ most; `--quick` tests them in every table. The tests of the others are `slow`."""
REFUSED_EVERYWHERE = {"a bad token": BAD_TOKEN, "a banned user's session": BANNED, "a banned user's token": BANNED}


def table(*, anybody: Outcome, **exceptions: Outcome) -> list[Any]:
    """Returns a pytest parameter for each caller with the expected response.

    Keys are callers, with `_` for blanks and without apostrophes, or groups of them: `owner` (session and token),
    `admin` (both), `moderator` (both), `stranger` (both), `lacking` (tokens).
    """
    known = {name.replace("'", "").replace(" ", "_"): name for name in CALLERS}
    wanted = dict(REFUSED_EVERYWHERE)
    for key, response in exceptions.items():
        wanted |= dict.fromkeys(GROUPS.get(key) or [known[key]], response)
    return [
        pytest.param(caller, wanted.get(name, anybody), id=name, marks=() if name in QUICK else pytest.mark.slow)
        for name, caller in CALLERS.items()
    ]


GROUPS = {
    "guest": ["a guest"],
    "stranger": ["another user's session", "another user's token"],
    "owner": ["the owner's session", "the owner's token"],
    "moderator": ["a moderator's session", "a moderator's token"],
    "admin": ["an administrator's session", "an administrator's token"],
    "lacking": ["the owner's token without the permission", "an administrator's token without the permission"],
}
