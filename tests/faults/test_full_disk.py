"""The disk of an installation fills up: accepted imports stay, new ones are refused, and everything recovers."""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tachi_imports.embedded import services
from tests.faults.conftest import Scores
from tests.faults.process_harness import Installation, Player, running_installation

pytestmark = pytest.mark.faults

DISK = 220  # MB
BALLAST = "ballast"


@pytest.fixture
def small() -> Iterator[Installation]:
    """An installation on a small disk of its own."""
    folder = services.temporary_folder()
    folder.mkdir(mode=0o711)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}m,mode=711", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        folder.rmdir()
        pytest.skip("only root of a machine that lets him may mount a disk")
    temporary = folder / "tmp"
    temporary.mkdir()
    try:
        with running_installation(players=3, folder=folder, TMPDIR=str(temporary)) as made:
            yield made
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)
        with contextlib.suppress(OSError):
            folder.rmdir()


def fill(folder: Path) -> None:
    """Leaves nothing of the disk."""
    with (folder / BALLAST).open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (2**20, 2**12):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)):
                    pass


def test_a_full_disk_loses_no_accepted_import(small: Installation, scores: Scores) -> None:
    alice, bob, carol = (next(small.players) for _ in range(3))
    before = small.upload(alice, scores(500))
    fill(small.folder)

    chance = random.Random("a full disk")
    rows = [chance.randbytes(1_000).hex() for _ in range(6_000)]  # no scores, which is only found out by the worker
    meta = {"game": "sdvx", "playtype": "Single", "service": "Noise"}
    noise = json.dumps({"meta": meta, "scores": rows}).encode()
    with contextlib.suppress(OSError):
        status, response = _post_form(small, bob, noise)
        assert status >= 500, response
    with small.workers_running(1), contextlib.suppress(AssertionError, psycopg.Error):
        small.until(lambda: small.state(before) in ("failed", "completed"), seconds=8)

    (small.folder / BALLAST).unlink()
    with small.workers_running(1):
        small.until(lambda: small.is_answering() and small.state(before) in ("failed", "completed"))
        if small.state(before) == "failed":
            assert small.reason_of(before)
            small.until(lambda: small.post(alice, f"/api/v1/imports/{before}/retry")[0] == 202)
        after = small.upload(carol, scores(500))
        small.until(lambda: small.are_in([before, after]))
    assert small.import_ids_of(bob) == []
    assert small.everything_of(alice) == small.everything_of(carol)
    assert small.times_completed(before) == 1
    small.assert_sound(alice, bob, carol)


def _post_form(installation: Installation, player: Player, content: bytes) -> tuple[int, dict[str, Any]]:
    part = "--a-fault\r\nContent-Disposition: form-data; name="
    start = f'{part}"importType"\r\n\r\nfile/batch-manual\r\n{part}"scoreData"; filename="noise"\r\n\r\n'.encode()
    headers = {"Content-Type": "multipart/form-data; boundary=a-fault"}
    return installation.post(player, "/api/v1/import/file", start + content + b"\r\n--a-fault--\r\n", headers=headers)
