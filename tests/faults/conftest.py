"""One installation for all of these tests: each leaves it working for the next."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from random import Random
from typing import Protocol

import pytest

from imports.sample.plays import document, plays
from tests.faults.process_harness import SEEDS, Installation, running_installation
from tests.faults.repetitions import ROUNDS

MOST = 20_000 if os.environ.get("CI") else 10_000  # scores
OTHER_PLAYERS = 60  # more than the tests but the one of many rounds need


@pytest.fixture(scope="package")
def installation() -> Iterator[Installation]:
    with running_installation(players=ROUNDS + OTHER_PLAYERS) as made:
        yield made


class Scores(Protocol):
    """A document with so many of a row of different scores, from one of them on."""

    def __call__(self, count: int, *, start: int = 0) -> bytes: ...


@pytest.fixture(scope="session")
def scores() -> Scores:
    charts = json.loads((SEEDS / "charts-sdvx.json").read_bytes())
    rows = list(plays("sdvx:Single", charts, MOST, chance=Random("faults")))

    def made(count: int, *, start: int = 0) -> bytes:
        whole = document("sdvx:Single", rows[start : start + count], service="Faults")
        return json.dumps(whole).encode()

    return made
