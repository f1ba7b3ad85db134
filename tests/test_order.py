"""In which order several workers run the tests."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.order import arranged

BROWSER, FAULTS, SERVICES = ["b1", "b2", "b3"], ["f1", "f2"], ["s1"]
WAITING = [(12, BROWSER), (20, FAULTS), (1, SERVICES)]
OTHERS = [f"o{number}" for number in range(14)]


def parts(tests: Sequence[str], workers: int) -> list[list[str]]:
    """As pytest-xdist distributes them."""
    made, rest = [], list(tests)
    for place in range(workers):
        size = len(rest) // (workers - place)
        made.append(rest[:size])
        rest = rest[size:]
    return made


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 16])
def test_every_test_is_run_once_whatever_the_number_of_workers(workers: int) -> None:
    found = arranged(WAITING, OTHERS, workers=workers)
    assert sorted(found) == sorted([*BROWSER, *FAULTS, *SERVICES, *OTHERS])


@pytest.mark.parametrize(
    ("workers", "heads"), [(2, [[*BROWSER, *FAULTS, *SERVICES]]), (4, [FAULTS, [*BROWSER, *SERVICES]])]
)
def test_half_of_the_parts_begin_with_the_files_that_wait(workers: int, heads: list[list[str]]) -> None:
    found = parts(arranged(WAITING, OTHERS, workers=workers), workers)
    assert [part[: len(head)] for part, head in zip(found, heads, strict=False)] == heads
    assert all(test.startswith("o") for part in found[len(heads) :] for test in part)


def test_other_tests_keep_their_order() -> None:
    found = arranged(WAITING, OTHERS, workers=3)
    assert [test for test in found if test.startswith("o")] == OTHERS


def test_more_waiting_tests_than_a_part_holds_only_move_the_others_on() -> None:
    found = arranged([(5, ["w"] * 9)], ["o"], workers=5)
    assert found == [*["w"] * 9, "o"]
