"""`script/bench`: what is measured, in order."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import NoReturn

from script.bench_parts import bulk, catalogue, derivation, polls, small
from script.bench_parts.client import Client
from script.bench_parts.figures import Report, facts, table
from script.bench_parts.installation import Broken, Installation, installation

TIME_LIMIT = 600  # seconds for everything


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    scores: int = 100_000
    rounds: int = 3
    singles: int = 100
    poll_rounds: int = 3
    poll_seconds: float = 3.0


QUICK = Size(scores=10_000, rounds=1, singles=25, poll_rounds=1, poll_seconds=1.0)


def main() -> int:
    asked = arguments()
    load = os.getloadavg()[0]
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.alarm(TIME_LIMIT)
    older = json.loads(asked.compare.read_bytes()) if asked.compare else None
    begun = time.monotonic()
    try:
        with installation() as made:
            report = Report(facts(made.database, folder=made.folder, load=load))
            measure(made, report, asked.size)
    except Broken as broken:
        say(str(broken))
        return 1
    except KeyboardInterrupt:
        say("Interrupted; everything is stopped and removed.")
        return 130
    report.facts["seconds"] = round(time.monotonic() - begun)
    print(table(report, older=older), end="")
    if asked.json:
        asked.json.write_text(report.as_json(), encoding="utf-8")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/bench",
        description="Measures imports, reverts and polls on an installation of its own, and removes that again.",
    )
    parser.add_argument(
        "--quick", dest="size", action="store_const", const=QUICK, default=Size(), help="smaller numbers"
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of the large import (3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="show those of an older run beside them")
    asked = parser.parse_args()
    if asked.rounds:
        asked.size = replace(asked.size, rounds=asked.rounds)
    return asked


def measure(made: Installation, report: Report, size: Size) -> None:
    """Everything, into the report."""
    say("Judging invented scores of every playtype ...")
    report.add(derivation.HEADING, derivation.figures())
    say("Loading an invented catalogue ...")
    charts = catalogue.write_seeds(made.folder / "seeds")
    made.manage("load_seeds", str(made.folder / "seeds"))
    clients = players(made, size.rounds + 5)
    warm_up(made, next(clients), charts)
    for gpt, rounds in (("sdvx:Single", size.rounds), ("chunithm:Single", 1)):
        measure_bulk(made, report, clients, gpt, charts[gpt.split(":")[0]], count=size.scores, rounds=rounds)
    import_id = measure_small(made, report, clients, charts["sdvx"], size=size)
    say("Polls ...")
    found = polls.figures(made, import_id, rounds=size.poll_rounds, seconds=size.poll_seconds)
    report.add("Polls a second", found)


def players(made: Installation, count: int) -> Iterator[Client]:
    """Clients that speak for new players."""
    said = made.manage("create_token", "--create-users", *(f"bench_{number}" for number in range(count)))
    for line in said.splitlines():
        yield Client(made.port, line.split()[2])


def warm_up(made: Installation, client: Client, charts: dict[str, list[catalogue.Row]]) -> None:
    """Every path once, on both workers."""
    say("Warming up ...")
    for gpt in catalogue.NAMES:
        document = catalogue.scores(gpt, charts[gpt.split(":")[0]], 2_000, seed="warm-up")
        bulk.measure(made, client, document, count=2_000)
    small.one_by_one(made, client, catalogue.scores("sdvx:Single", charts["sdvx"], 10, seed="warm-up"))


def measure_bulk(
    made: Installation,
    report: Report,
    clients: Iterator[Client],
    gpt: str,
    charts: list[catalogue.Row],
    *,
    count: int,
    rounds: int,
) -> None:
    document = catalogue.scores(gpt, charts, count, seed="large")
    found = []
    for number in range(1, rounds + 1):
        say(f"{count:,} scores of {catalogue.NAMES[gpt]}, round {number} of {rounds} ...")
        found.append(bulk.measure(made, next(clients), document, count=count))
    heading = f"An import of {count:,} scores of {catalogue.NAMES[gpt]}, {len(document) / 1e6:.0f} MB of JSON"
    report.add(heading, bulk.figures(gpt, found))
    report.stages[f"Where its time goes: {catalogue.NAMES[gpt]}"] = bulk.middle_stages(found)


def measure_small(
    made: Installation, report: Report, clients: Iterator[Client], charts: list[catalogue.Row], *, size: Size
) -> str:
    """Returns the ID of an import of one score."""
    say("Imports of one score ...")
    document = catalogue.scores("sdvx:Single", charts, size.singles, seed="one by one")
    newcomer, veteran = next(clients), next(clients)
    request = small.trivial(newcomer, 200)
    passed = small.one_by_one(made, newcomer, document)
    report.add("An import of one score, new player", small.figures("single", passed, request, judged=True))
    history = catalogue.scores("sdvx:Single", charts, size.scores, seed="large")
    bulk.wait_for(made.database, veteran.upload(history))
    made.rest()
    passed = small.one_by_one(made, veteran, document)
    heading = f"An import of one score, player with {size.scores:,} scores"
    report.add(heading, small.figures("single.veteran", passed, request, judged=False))
    return small.send_one(made, next(clients), document)


def say(text: str) -> None:
    """On standard error, so that standard output is the report alone."""
    print(text, file=sys.stderr, flush=True)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _out_of_time(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Broken(f"This takes more than {TIME_LIMIT} seconds; the machine is too busy or too slow. Try --quick.")


if __name__ == "__main__":
    sys.exit(main())
