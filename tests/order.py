"""Orders tests so that several workers run tests that mostly wait while others run tests that mostly compute.

`--dist worksteal` gives each worker a contiguous part of the tests; a worker that is done takes tests from the end of
another's part. Half of the parts begin with the files that wait, so that none of these is left for the end, when no
other work remains to run at the same time.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, TypeVar

import pytest

Test = TypeVar("Test")

SECONDS = {"faults": 10, "browser": 4}
"""Approximate seconds of a test with the mark; other tests that wait take one."""
FOLDERS = ("deployment", "services", "streams")
"""Folders of `tests` whose tests start servers and commands and wait for them."""
FEWEST_PER_WORKER = 50  # fewer end soon in any order


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells a worker how tests are distributed, which pytest-xdist does not."""
    node.workerinput["distribution"] = node.config.getoption("dist")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Orders the selected tests. Runs after `-m`; every worker computes the same order."""
    worker_input: Mapping[str, Any] = getattr(config, "workerinput", {})
    workers = worker_input.get("workercount", 1)
    if worker_input.get("distribution") != "worksteal" or len(items) < workers * FEWEST_PER_WORKER or is_random(config):
        return
    groups: dict[str, list[pytest.Item]] = {}
    for item in items:
        groups.setdefault(group_of(item), []).append(item)
    seconds = {name: sum(map(seconds_of, tests)) for name, tests in groups.items()}
    waiting = [(seconds[name], tests) for name, tests in sorted(groups.items()) if seconds[name]]
    others = [item for item in items if not seconds[group_of(item)]]
    items[:] = arranged(waiting, others, workers=workers)


def is_random(config: pytest.Config) -> bool:
    """Returns whether pytest-random-order is enabled, as `script/flaky` does."""
    options = (str(config.getoption(f"random_order_{name}", "default:")) for name in ("bucket", "seed"))
    is_enabled = config.getoption("random_order_enabled", False)
    return bool(is_enabled) or not all(option.startswith("default:") for option in options)


def group_of(item: pytest.Item) -> str:
    """Returns the group of a test: its file, or for faults its folder, whose tests share an installation."""
    return str(item.path.parent if item.get_closest_marker("faults") else item.path)


def seconds_of(item: pytest.Item) -> int:
    """Returns how many seconds a test waits, approximately."""
    marked = [seconds for mark, seconds in SECONDS.items() if item.get_closest_marker(mark)]
    return max(marked, default=int(item.path.parent.name in FOLDERS))


def arranged(waiting: list[tuple[int, list[Test]]], others: list[Test], *, workers: int) -> list[Test]:
    """Returns all tests in order, with an equal part for each worker. Half of the parts begin with waiting groups.

    Within a part the groups keep their order, because the groups of a folder share a browser.
    """
    loads = [0] * ((workers + 1) // 2)
    part_of: dict[int, int] = {}
    for number, (seconds, _) in sorted(enumerate(waiting), key=lambda each: each[1][0], reverse=True):
        part_of[number] = loads.index(min(loads))
        loads[part_of[number]] += seconds
    left, rest = len(others) + sum(len(group) for _, group in waiting), iter(others)
    ordered: list[Test] = []
    for part in range(workers):
        head = [test for number, (_, group) in enumerate(waiting) if part_of[number] == part for test in group]
        size = left // (workers - part)  # as pytest-xdist divides them
        taken = [*head, *islice(rest, max(0, size - len(head)))]
        ordered += taken
        left -= len(taken)
    return [*ordered, *rest]
