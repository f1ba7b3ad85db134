"""GET and POST /api/v1/status, GET /api/v1/config."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from pytest_django import Settings

from imports.api import instance
from tests import people
from tests.api.answers import body, outcome

pytestmark = pytest.mark.django_db

STATUS = "/api/v1/status"


def test_status_tells_a_guest_who_he_is_and_what_runs() -> None:
    before = time.time() * 1_000
    told = body(people.guest(), STATUS)
    assert set(told) == {"serverTime", "startTime", "version", "whoami", "permissions"}
    assert told["startTime"] <= before - 1 <= told["serverTime"] <= time.time() * 1_000
    assert (told["whoami"], told["permissions"]) == (None, [])
    assert re.fullmatch(r"v\d+\.\d+\.\d+ \[([0-9a-f]{7}|unknown)\]", told["version"])


@pytest.mark.parametrize("echo", ["hello", "", "\N{SNOWMAN}"])
def test_it_echoes_from_query_and_body(echo: str) -> None:
    assert people.guest().get(STATUS, {"echo": echo}).json()["body"]["echo"] == echo
    assert people.guest().post(STATUS, {"echo": echo}, content_type="application/json").json()["body"]["echo"] == echo


def test_get_looks_at_the_query_and_post_at_the_body() -> None:
    answer = people.guest().post(f"{STATUS}?echo=query", {"echo": "body"}, content_type="application/json").json()
    assert answer["body"]["echo"] == "body"


def test_what_is_not_known_is_refused() -> None:
    told = (400, "[null] Unexpected properties inside object: foo, bar.")
    assert outcome(people.guest().get(STATUS, {"foo": 1, "bar": 2})) == told
    assert outcome(people.guest().post(STATUS, {"foo": 1, "bar": 2}, content_type="application/json")) == told
    assert outcome(people.guest().post(STATUS, {"echo": 5}, content_type="application/json"))[0] == 400


def test_config_tells_what_the_instance_offers(settings: Settings) -> None:
    settings.TACHI_NAME = "Our House"
    told = body(people.guest(), "/api/v1/config")
    assert told.pop("GAMES")[:1] == ["iidx"]
    assert told == {
        "NAME": "Our House",
        "TYPE": "omni",
        "IMPORT_TYPES": ["file/batch-manual", "ir/direct-manual"],
        "SIGNUPS_ENABLED": True,
    }


LONG = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "unknown"),
        ({"HEAD": f"{LONG}\n"}, "0123456"),
        ({"HEAD": "ref: refs/heads/main\n", "refs/heads/main": f"{LONG}\n"}, "0123456"),
        ({"HEAD": "ref: refs/heads/main\n", "packed-refs": f"# pack\n{LONG} refs/heads/main\n"}, "0123456"),
        ({"HEAD": "ref: refs/heads/main\n", "packed-refs": f"{LONG} refs/heads/other\n"}, "unknown"),
        ({"HEAD": "ref: refs/heads/main\n"}, "unknown"),
    ],
)
def test_the_commit_is_read_from_the_checkout(
    files: dict[str, str], told: str, settings: Settings, tmp_path: Path
) -> None:
    for name, text in files.items():
        path = tmp_path / ".git" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    settings.BASE_DIR = tmp_path
    instance.commit.cache_clear()
    try:
        assert instance.commit() == told
    finally:
        instance.commit.cache_clear()
