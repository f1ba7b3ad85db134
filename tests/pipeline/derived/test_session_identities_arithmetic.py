"""The assignment of identities to sessions, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.pipeline.derived.islands import Island, Timed, islands
from imports.pipeline.derived.session_identities import Identity, assign, extend, is_plain, shown

HOUR = 3_600_000.0
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def found_at(*hours: float) -> list[Island]:
    return islands([Timed(key, hour * HOUR, 1) for key, hour in enumerate(hours, 1)])


def identity(label: str, anchor: float, *stretch: float, age: int = 0, **edited: Any) -> Identity:
    """Returns an identity; a higher `age` is inserted later, and `edited` are values that the player set."""
    start, end = stretch or (anchor, anchor)
    values: dict[str, Any] = {"name": label, "desc": None, "highlight": False, **edited}
    values |= {f"{key}_edited": key in edited for key in ("name", "desc", "highlight")}
    inserted = NEW_YEAR + timedelta(seconds=age)
    return Identity(
        **values, is_stored=False, session_id=f"Q{label}", time_inserted=inserted, anchor=anchor * HOUR,
        start=start * HOUR, end=end * HOUR,
    )  # fmt: skip


def names(groups: list[list[Identity]]) -> list[list[str]]:
    return [[one.name for one in group] for group in groups]


@pytest.mark.parametrize(
    ("times", "identities", "expected"),
    [
        ([0, 2, 4], [identity("early", 0, age=2), identity("late", 4, age=1)], [["late", "early"]]),  # merged
        ([0, 4], [identity("early", 0, age=2), identity("late", 4, age=1)], [["early"], ["late"]]),  # split again
        ([1, 2], [identity("longer", 0, 0, 2)], [["longer"]]),  # the anchor is gone, and some of its scores stay
        ([4], [identity("early", 0)], [[]]),  # outside its range
        ([5, 10], [identity("wide", 0, 0, 11)], [["wide"], []]),  # to one session only
        ([0, 6], [identity("middle", 3, 0, 6)], [["middle"], []]),  # at equal distance, the earlier session
        ([1, 9], [identity("left", 3, 1, 3)], [["left"], []]),
        ([1, 9], [identity("right", 7, 7, 9)], [[], ["right"]]),
        ([], [identity("lost", 0)], []),
    ],
)
def test_an_identity_belongs_to_the_session_at_its_anchor_or_the_nearest_in_its_range(
    times: list[float], identities: list[Identity], expected: list[list[str]]
) -> None:
    groups, left = assign(found_at(*times), identities)

    assert names(groups) == expected
    assert len(left) == len(identities) - sum(map(len, expected))


@pytest.mark.parametrize(
    ("identities", "expected"),
    [
        ([identity("old", 0), identity("young", 1)], ("Qold", "old", None, False)),
        ([identity("old", 0), identity("young", 1, name="Mine")], ("Qold", "Mine", None, False)),
        ([identity("old", 0, name="Mine"), identity("young", 1, name="Too")], ("Qold", "Mine", None, False)),
        ([identity("old", 0, highlight=True), identity("young", 1, desc="!")], ("Qold", "old", "!", True)),
        (
            [identity("old", 0, desc=None), identity("young", 1, desc="!")],
            ("Qold", "old", None, False),
        ),  # removed by the player
        ([identity("gone", 9, 0, 9, name="Theirs"), identity("here", 1, name="Mine")], ("Qgone", "Mine", None, False)),
        ([identity("gone", 9, 0, 9, name="Theirs"), identity("here", 1)], ("Qgone", "Theirs", None, False)),
    ],
)
def test_edits_take_precedence_over_generated_names(identities: list[Identity], expected: tuple[Any, ...]) -> None:
    (island,) = found_at(0, 1)

    seen = shown(identities, island)

    assert (seen.session_id, seen.name, seen.desc, seen.highlight) == expected


def test_only_the_sole_identity_of_a_session_extends_its_range() -> None:
    (island,) = found_at(0, 1, 2)
    alone, first, second = identity("alone", 0), identity("first", 0), identity("second", 2)

    assert extend([alone], island)
    assert not extend([alone], island)
    assert not extend([first, second], island)
    assert (is_plain([alone], island), is_plain([first, second], island), is_plain([first], island)) == (
        True,
        False,
        False,
    )
    assert [(one.start, one.end) for one in (alone, first)] == [(0, 2 * HOUR), (0, 0)]


@given(
    st.lists(st.integers(0, 40), max_size=20),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9), st.integers(0, 9)), max_size=12),
)
def test_every_identity_belongs_to_the_nearest_session_in_its_range(
    hours: list[int], drawn: list[tuple[int, int, int]]
) -> None:
    found = found_at(*sorted(hours))
    identities = [
        identity(str(age), at, at - before, at + after, age=age) for age, (at, before, after) in enumerate(drawn)
    ]

    groups, left = assign(found, identities)

    for one in identities:
        met = [island for island in found if island.start <= one.end and island.end >= one.start]
        nearest = min(met, key=lambda island: max(island.start - one.anchor, one.anchor - island.end, 0), default=None)
        assert [found[place] for place, group in enumerate(groups) if one in group] == ([nearest] if nearest else [])
        assert (one in left) == (nearest is None)
