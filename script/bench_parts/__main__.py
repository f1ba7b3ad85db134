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
from typing import Any, NoReturn

from script.bench_parts import bulk, catalogue, crowd, derivation, growth, plots, polls, reading, small
from script.bench_parts.client import Client
from script.bench_parts.figures import Curve, Report, facts, table
from script.bench_parts.installation import Broken, Installation, installation

TIME_LIMIT = 600  # seconds for everything
TIME_LIMIT_LARGE = 3_600  # with --large or --million
A_MILLION = 10  # imports of 100,000 scores


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    scores: int = 100_000
    rounds: int = 3
    singles: int = 100
    poll_rounds: int = 3
    poll_seconds: float = 3.0
    crowd_seconds: float = 60.0
    page_scores: int = 20_000
    history_steps: int = 3
    others: int = 0
    long_run: int = 0


QUICK = Size(
    scores=10_000, rounds=1, singles=25, poll_rounds=1, poll_seconds=1.0, crowd_seconds=10.0, page_scores=5_000,
    history_steps=1,
)  # fmt: skip


def main() -> int:
    asked = arguments()
    load = os.getloadavg()[0]
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.alarm(TIME_LIMIT_LARGE if asked.size.others or asked.size.long_run else TIME_LIMIT)
    older = json.loads(asked.compare.read_bytes()) if asked.compare else None
    begun = time.monotonic()
    report, ended = Report({}), 0
    try:
        with installation() as made:
            report.facts |= facts(made.database, folder=made.folder, load=load)
            measure(made, report, asked.size)
    except Broken as broken:
        say(str(broken))
        ended = 1
    except KeyboardInterrupt:
        say("Interrupted; everything is stopped and removed.")
        ended = 130
    if report.sections:
        report.facts |= {"seconds": round(time.monotonic() - begun), "complete": not ended}
        tell(report, asked, older)
    return ended


def tell(report: Report, asked: argparse.Namespace, older: dict[str, Any] | None) -> None:
    """Also what a run had found out that did not come to its end."""
    print(table(report, older=older), end="")
    if asked.plots:
        plots.write(report.curves, asked.plots)
    if asked.json:
        asked.json.write_text(report.as_json(), encoding="utf-8")


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
    parser.add_argument("--plots", type=Path, metavar="DIR", help="draw how cost grows, as SVG files there")
    parser.add_argument(
        "--large", type=int, metavar="ROWS", default=0, help="also beside so many scores of others, say 5000000 (slow)"
    )
    parser.add_argument("--million", action="store_true", help="also a million scores in ten imports (slow)")
    asked = parser.parse_args()
    rounds = asked.rounds or asked.size.rounds
    long_run = A_MILLION if asked.million else 0
    asked.size = replace(asked.size, rounds=rounds, others=asked.large, long_run=long_run)
    return asked


def measure(made: Installation, report: Report, size: Size) -> None:
    """Everything, into the report."""
    say("Judging invented scores of every playtype ...")
    report.add(derivation.HEADING, derivation.figures())
    say("Loading an invented catalogue ...")
    charts = catalogue.write_seeds(made.folder / "seeds")
    made.manage("load_seeds", str(made.folder / "seeds"))
    clients = players(made, size.rounds + size.long_run + crowd.PLAYERS + 25)
    warm_up(made, next(clients), charts)
    if size.others:
        report.curves.append(measure_others(made, report, clients, charts["sdvx"], size=size))
    for gpt, rounds in (("sdvx:Single", size.rounds), ("chunithm:Single", 1)):
        measure_bulk(made, report, clients, gpt, charts[gpt.split(":")[0]], count=size.scores, rounds=rounds)
    import_id = measure_small(made, report, clients, charts["sdvx"], size=size)
    measure_reading(made, report, next(clients), charts["sdvx"], count=size.page_scores)
    measure_crowd(made, report, clients, charts["sdvx"], seconds=size.crowd_seconds)
    say("How cost grows ...")
    report.curves.append(growth.with_batch(made, clients, charts["sdvx"], most=size.scores))
    step = size.scores // 2
    report.curves.append(growth.with_history(made, next(clients), charts["sdvx"], step=step, steps=size.history_steps))
    if size.long_run:
        say("A million scores ...")
        found = growth.long_run(made, clients, charts["sdvx"], count=size.scores, times=size.long_run)
        report.add(f"{size.long_run} imports of {size.scores:,} scores in a row", found)
    say("Polls ...")
    document = catalogue.scores("sdvx:Single", charts["sdvx"], size.scores, seed="beside polls")
    found = polls.figures(
        made, import_id, client=next(clients), document=document, rounds=size.poll_rounds, seconds=size.poll_seconds
    )
    report.add("Polls a second", found)


def measure_others(
    made: Installation, report: Report, clients: Iterator[Client], charts: list[catalogue.Row], *, size: Size
) -> Curve:
    say(f"Beside {size.others:,} scores of others ...")
    curve = growth.with_others(made, clients, charts, rows=size.others)
    report.add("An import of ten scores by a newcomer", growth.others_figures(curve))
    return curve


def measure_reading(
    made: Installation, report: Report, client: Client, charts: list[catalogue.Row], *, count: int
) -> None:
    say("The pages of an import ...")
    import_id = client.upload(catalogue.scores("sdvx:Single", charts, count, seed="pages"))
    bulk.wait_for(made.database, import_id)
    report.add(f"The pages of an import of {count:,} scores", reading.figures(client, import_id, count=count))


def measure_crowd(
    made: Installation, report: Report, clients: Iterator[Client], charts: list[catalogue.Row], *, seconds: float
) -> None:
    say(f"{crowd.PLAYERS} players at once ...")
    each = int(seconds / crowd.EVERY) + 1
    singles = [
        list(small.singles(catalogue.scores("sdvx:Single", charts, each, seed=f"player {number}")))
        for number in range(crowd.PLAYERS)
    ]
    watch = crowd.measure(made, [next(clients) for _ in singles], singles, seconds=seconds)
    report.add(f"{crowd.PLAYERS} players, a score every two seconds each, {seconds:.0f} s", crowd.figures(watch))


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
