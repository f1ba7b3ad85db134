"""The position of a rating between the floors of its classes."""

from __future__ import annotations

import pytest

from imports.games import GAMES, playtype_of
from imports.games.spec import Game, Shown
from imports.pages.components.class_progress import (
    Ladder,
    class_floor,
    class_rail,
    distance,
    find_ladder,
    next_class,
    progress_in_class,
)


@pytest.fixture
def volforce() -> Ladder:
    ladder = find_ladder(playtype_of("sdvx", "Single"), "VF7")
    assert ladder is not None
    return ladder


def test_class_floors_are_computed_exactly(volforce: Ladder) -> None:
    floors = [class_floor(volforce, index) for index in range(len(volforce.group.values) + 1)]
    assert floors[:6] == [0, 2.5, 5, 7.5, 10, 10.5]
    assert floors[-5:] == [20, 21, 22, 23, None]


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.slug)
def test_every_derived_class_of_every_game_has_rising_floors(game: Game) -> None:
    for playtype in game.playtypes:
        ladder = find_ladder(playtype, playtype.default_profile_rating)
        if ladder is None:
            continue
        floors = [class_floor(ladder, index) for index in range(len(ladder.group.values))]
        known = [floor for floor in floors if floor is not None]
        assert len(known) == len(floors)
        assert known == sorted(known)


def test_a_game_without_derived_classes_has_no_ladder() -> None:
    assert find_ladder(playtype_of("iidx", "SP"), "ktLampRating") is None


@pytest.mark.parametrize(
    ("before", "after", "marks", "segments"),
    [
        (17.482, 17.614, ("17.25 Argento II", "17.50 Argento III"), [("was", "46.40%"), ("up", "26.40%")]),
        (17.6, 17.7, ("17.50 Argento III", "17.75 Argento IV"), [("was", "20.00%"), ("up", "20.00%")]),
        (17.7, 17.6, ("17.50 Argento III", "17.75 Argento IV"), [("was", "20.00%"), ("down", "20.00%")]),
        (2.0, 17.5, ("0.00 Sienna I", "17.50 Argento III"), [("was", "5.71%"), ("up", "44.29%")]),
        (None, 1.25, ("0.00 Sienna I", "2.50 Sienna II"), [("up", "25.00%")]),
        (22.5, 23.2, ("22.00 Imperial III", "23.00 Imperial IV"), [("was", "25.00%"), ("up", "75.00%")]),
        (23.1, 23.2, ("22.00 Imperial III", "23.00 Imperial IV"), [("was", "100.00%")]),
    ],
)
def test_the_class_rail_shows_both_values_between_two_floors(
    before: float | None, after: float, marks: tuple[str, str], segments: list[tuple[str, str]], volforce: Ladder
) -> None:
    drawn = class_rail(volforce, before=before, after=after)
    assert drawn is not None
    assert tuple(" ".join(mark) for mark in drawn.marks) == marks
    assert [(path_part.kind, path_part.width) for path_part in drawn.rail.segments] == segments


def test_the_class_rail_has_a_text_label(volforce: Ladder) -> None:
    drawn = class_rail(volforce, before=17.482, after=17.614)
    assert drawn is not None
    assert drawn.rail.label == "From 46 to 73 percent of the way that leads from Argento II through Argento III"


def test_the_next_class_has_a_floor_and_a_distance(volforce: Ladder) -> None:
    assert next_class(volforce, 17.614) == (17.75, "Argento IV")
    assert distance(17.614, 17.75, Shown.DP3) == "0.136"
    assert next_class(volforce, 23.5) is None


def test_the_highest_class_has_no_progress(volforce: Ladder) -> None:
    assert progress_in_class(volforce, 23.5) is None
    way = progress_in_class(volforce, 17.6)
    assert way is not None
    assert (way.segments[0].width, way.label) == ("40.00%", "40 percent of Argento III")
