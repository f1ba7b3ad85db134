"""`manage.py check` finds settings with which the product would start but fail later."""

from __future__ import annotations

import pytest
from django.conf import settings

from imports.checks import configured_games_exist, configured_import_types_exist, proxies_are_counted


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
def test_the_check_of_games_reports_unknown_games_and_bms_without_pms(
    monkeypatch: pytest.MonkeyPatch, games: list[str], ids: list[str]
) -> None:
    monkeypatch.setattr(settings, "TACHI_GAMES", games)

    assert [error.id for error in configured_games_exist(None)] == ids


def test_the_check_of_import_types_reports_unknown_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "TACHI_IMPORT_TYPES", ["ir/direct-manual"])
    assert configured_import_types_exist(None) == []
    monkeypatch.setattr(settings, "TACHI_IMPORT_TYPES", ["ir/direct-manual", "file/unheard-of"])
    [error] = configured_import_types_exist(None)
    assert (error.id, "file/unheard-of." in error.msg) == ("imports.E004", True)


@pytest.mark.parametrize(
    ("is_https", "proxies", "ids"), [(True, 0, ["imports.E003"]), (True, 1, []), (False, 0, []), (False, 1, [])]
)
def test_the_deployment_check_reports_https_without_proxies(
    monkeypatch: pytest.MonkeyPatch, is_https: bool, proxies: int, ids: list[str]
) -> None:
    monkeypatch.setattr(settings, "SECURE", is_https)
    monkeypatch.setattr(settings, "TACHI_PROXIES", proxies)

    assert [error.id for error in proxies_are_counted(None)] == ids
