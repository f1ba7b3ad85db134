"""What would let the product start and then fail later is found by `manage.py check`."""

from __future__ import annotations

import pytest
from django.conf import settings

from imports.checks import configured_games_exist


@pytest.mark.parametrize(
    ("games", "ids"),
    [
        ([], []),
        (["sdvx"], []),
        (["bms", "pms"], []),
        (["sdvx", "osu"], ["imports.E001"]),
        (["bms"], ["imports.E002"]),
        (["pms", "sdvx"], ["imports.E002"]),
    ],
)
def test_chosen_games_exist_and_bms_comes_with_pms(
    monkeypatch: pytest.MonkeyPatch, games: list[str], ids: list[str]
) -> None:
    monkeypatch.setattr(settings, "TACHI_GAMES", games)

    assert [error.id for error in configured_games_exist(None)] == ids
