"""GET and POST /api/v1/status, GET /api/v1/config."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from imports import jobs
from imports.api.instance import views as instance
from tests import people
from tests.api.envelopes import body, summary

pytestmark = pytest.mark.django_db

STATUS = "/api/v1/status"


def test_the_status_shows_a_guest_the_server_version_and_no_user() -> None:
    before = time.time() * 1_000
    document = body(people.guest(), STATUS)
    assert set(document) == {"serverTime", "startTime", "version", "whoami", "permissions"}
    assert document["startTime"] <= before - 1 <= document["serverTime"] <= time.time() * 1_000
    assert (document["whoami"], document["permissions"]) == (None, [])
    assert re.fullmatch(r"v\d+\.\d+\.\d+ \[([0-9a-f]{7}|unknown)\]", document["version"])


@pytest.mark.parametrize("echo", ["hello", "", "\N{SNOWMAN}"])
def test_the_status_echoes_a_text_of_the_query_or_the_body(echo: str) -> None:
    assert people.guest().get(STATUS, {"echo": echo}).json()["body"]["echo"] == echo
    assert people.guest().post(STATUS, {"echo": echo}, content_type="application/json").json()["body"]["echo"] == echo


def test_a_status_post_reads_the_body_and_not_the_query() -> None:
    response = people.guest().post(f"{STATUS}?echo=query", {"echo": "body"}, content_type="application/json").json()
    assert response["body"]["echo"] == "body"


def test_the_status_refuses_unknown_members() -> None:
    expected = (400, "[null] Unexpected properties inside object: foo, bar.")
    assert summary(people.guest().get(STATUS, {"foo": 1, "bar": 2})) == expected
    assert summary(people.guest().post(STATUS, {"foo": 1, "bar": 2}, content_type="application/json")) == expected


@pytest.mark.parametrize(
    ("echo", "received"),
    [
        (5, "5"), (0, "0"), (1, "1"), (1.0, "1"), (-0.5, "-0.5"), (1e22, "1e+22"), (True, "true"), (False, "false"),
    ],
)  # fmt: skip
def test_the_status_refuses_an_echo_that_is_no_text(echo: Any, received: str) -> None:
    response = people.guest().post(STATUS, {"echo": echo}, content_type="application/json")
    assert summary(response) == (400, f"[echo] Expected *string or no value. (Received {received})")


def test_the_status_refuses_several_echoes() -> None:
    expected = (400, "[echo] Expected *string or no value.")
    assert summary(people.guest().get(f"{STATUS}?echo=a&echo=b")) == expected
    assert summary(people.guest().post(STATUS, {"echo": ["a"]}, content_type="application/json")) == expected


def test_the_config_lists_the_games_and_import_types_of_the_instance(settings: Settings) -> None:
    settings.TACHI_NAME = "Our House"
    document = body(people.guest(), "/api/v1/config")
    assert document["GAME_GROUPS"] == document.pop("GAMES")
    assert document.pop("GAME_GROUPS")[:1] == ["iidx"]
    assert document.pop("IMPORT_TYPES")[:3] == [
        "file/eamusement-iidx-csv", "file/batch-manual", "file/solid-state-squad"
    ]  # fmt: skip
    assert document == {
        "NAME": "Our House",
        "TYPE": "omni",
        "SIGNUPS_ENABLED": True,
    }


def test_import_types_are_limited_to_the_configured_ones_and_the_games_of_the_instance(
    settings: Settings,
) -> None:
    settings.TACHI_GAMES = ["wacca"]
    of_wacca = ["file/mypagescraper-records-csv", "file/mypagescraper-player-csv"]
    of_all = ["file/tachi-scores", "file/tachi-imports-export"]
    assert jobs.import_types("file") == ["file/batch-manual", *of_wacca, *of_all]
    settings.TACHI_IMPORT_TYPES = ["file/pli-iidx-csv", "ir/direct-manual", of_wacca[1]]
    assert body(people.guest(), "/api/v1/config")["IMPORT_TYPES"] == [of_wacca[1], "ir/direct-manual"]


LONG = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("files", "expected"),
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
    files: dict[str, str], expected: str, settings: Settings, tmp_path: Path
) -> None:
    for name, text in files.items():
        path = tmp_path / ".git" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    settings.BASE_DIR = tmp_path
    instance.commit.cache_clear()
    try:
        assert instance.commit() == expected
    finally:
        instance.commit.cache_clear()
