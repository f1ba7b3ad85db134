"""The key that signs sessions: given, or made once and kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tachi_imports import secret_key


@pytest.fixture(autouse=True)
def no_key_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TACHI_SECRET_KEY", raising=False)


def test_a_key_is_made_once_and_kept_to_oneself(tmp_path: Path) -> None:
    made = secret_key.find(tmp_path / "data", required=False)
    assert len(made) >= 50
    assert secret_key.find(tmp_path / "data", required=False) == made
    assert secret_key.find(tmp_path / "other", required=False) != made
    assert [(path.name, path.stat().st_mode & 0o777) for path in (tmp_path / "data").iterdir()] == [
        ("secret-key", 0o600)
    ]


def test_a_given_key_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TACHI_SECRET_KEY", "x" * 32)
    assert secret_key.find(tmp_path, required=True) == "x" * 32
    assert not any(tmp_path.iterdir())
