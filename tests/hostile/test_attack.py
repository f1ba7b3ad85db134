"""Half a minute of `script/hostile` in CI, less locally: other requests get a response within two seconds."""

from __future__ import annotations

import os

import pytest

from script.hostile_parts.attack import Player, Size, create_target, run_attack
from tests.faults.process_harness import running_installation

pytestmark = [pytest.mark.faults, pytest.mark.slow]

SECONDS = 30 if os.environ.get("CI") else 12
SIZE = Size(table_rows=60, orphans=2_000, scores=3_000, file_bytes=14 * 2**20)


def test_other_requests_are_served_during_concurrent_hostile_requests() -> None:
    with running_installation(players=4, WEB_PROCESSES="2") as installation:
        players = [Player(each.name, str(each.key), each.token) for each in installation.players]
        with installation.workers_running(2):
            installation.until(installation.are_ready)
            result = run_attack(create_target(installation.port, players, SIZE), seconds=SECONDS)
            installation.until(installation.is_answering)
    assert result.is_good, str(result)
    assert {name.split(":")[0] for name in result.responses} >= {
        "table of tabs",
        "orphans",
        "check",
        "whole document",
    }
