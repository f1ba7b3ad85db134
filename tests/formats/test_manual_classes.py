"""Classes that a player sets manually: which are accepted, and the messages for the others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from imports.errors import ImportFailed
from imports.formats import manual_classes
from imports.formats.base import ParseOptions
from imports.games import GAMES, by_id

OPTIONS = ParseOptions(games=GAMES, now=0)
GAME_IDS = ", ".join(by_id(GAMES))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"game": "iidx", "classes": {"dan": "DAN_9"}}, f"Invalid game iidx. Expected any of {GAME_IDS}."),
        ({"game": "museca", "classes": {"dan": "DAN_9"}}, "museca does not support manual class imports."),
        ({"game": "sdvx", "classes": {}}, "At least one class must be provided."),
        ({"game": "sdvx", "classes": {"rank": "A"}}, 'Invalid class set "rank" for sdvx. Expected any of dan.'),
        (
            {"game": "sdvx", "classes": {"vfClass": "SIENNA_I"}},
            'Class set "vfClass" is derived and cannot be set manually.',
        ),
        (
            {"game": "sdvx", "classes": {"dan": "DAN_99"}},
            'Invalid class "DAN_99" for dan. Expected any of ' + ", ".join(f"DAN_{n}" for n in range(1, 12)) + ", INF.",
        ),
        ({"game": "sdvx", "classes": {"dan": None}}, 'Invalid class "null" for dan. Expected any of '),
        ({"game": "sdvx"}, "Invalid class import."),
        ([], "Invalid class import."),
    ],
)
def test_a_class_that_cannot_be_set_manually_is_refused(given: Any, message: str) -> None:
    with pytest.raises(ImportFailed) as failure:
        manual_classes.parse(json.dumps(given).encode(), OPTIONS)
    assert failure.value.status == 400
    assert failure.value.message == message or (message.endswith("of ") and failure.value.message.startswith(message))


def test_a_class_import_sets_the_classes_of_one_playtype() -> None:
    parsed = manual_classes.parse(b'{"game": "iidx-dp", "classes": {"dan": "KAIDEN"}}', OPTIONS)
    assert (parsed.classes, parsed.sets_classes, parsed.rows) == ({"DP": {"dan": "KAIDEN"}}, True, [])


def test_the_class_import_format_does_not_accept_uploaded_files() -> None:
    assert not manual_classes.IMPORT.is_file
