"""Growth of the cost of reading untrusted text with its length: linear, never quadratic.

`python -m script.bench_parts.costs` runs only this measurement.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import django

from script.bench_parts.figures import Figure, line

HEADING = "Reading eight times as much untrusted text"
GROWTH = 8
MAX_GROWTH = 3 * GROWTH  # times; a quadratic reader would take 64 times as long
MIN_SECONDS = 0.005  # seconds; shorter times measure the clock and caches instead of the code


def figures() -> list[Figure]:
    """Returns how much longer eight times the text takes, for the worst text of each reader; slowest first.

    Measured in a separate process, because the readers need Django.
    """
    settings = {"DJANGO_SETTINGS_MODULE": "tachi_imports.settings", "TACHI_ENV": "test"}
    command = [sys.executable, "-m", "script.bench_parts.costs", "--json"]
    done = subprocess.run(command, env=os.environ | settings, stdout=subprocess.PIPE, check=True)
    return [Figure(**each) for each in json.loads(done.stdout)]


def measure() -> list[Figure]:
    """Returns the figures, measured in this process."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tachi_imports.settings")
    django.setup()
    from script.bench_parts.untrusted_texts import TABLE  # noqa: PLC0415 - after Django is set up

    measured = []
    for name, read, units in TABLE:
        times, unit = max((growth(read, unit), unit) for unit in units)
        key, text = f"costs.{name}", f"{name}, of {unit!r}"
        measured.append(Figure(key=key, text=text, value=times, unit="times", aim=MAX_GROWTH))
    return sorted(measured, key=lambda figure: -figure.value)


def seconds(read: Callable[[str], Any], text: str) -> float:
    """Returns the user CPU time of the shortest of three runs, without the kernel's time for providing memory."""
    found = []
    for _ in range(3):
        begun = resource.getrusage(resource.RUSAGE_THREAD).ru_utime
        read(text)
        found.append(resource.getrusage(resource.RUSAGE_THREAD).ru_utime - begun)
    return min(found)


def growth(read: Callable[[str], Any], unit: str) -> float:
    """Returns how many times as long eight times the text takes."""
    size = 2_000
    while (base := seconds(read, unit * size)) < MIN_SECONDS and size < 500_000:
        size *= 4
    return seconds(read, unit * size * GROWTH) / max(base, MIN_SECONDS)


def main() -> None:
    if "--json" in sys.argv:
        print(json.dumps([asdict(figure) for figure in measure()]))
    else:
        print(HEADING, *map(line, measure()), sep="\n")


if __name__ == "__main__":
    main()
