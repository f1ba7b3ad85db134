"""`script/bench`: what is measured, in order."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from script.bench_parts import (
    bulk,
    catalogue,
    costs,
    crowd,
    derivation,
    exports,
    growth,
    hooks,
    many_players,
    peers,
    plots,
    polls,
    reading,
    small,
    streams,
)
from script.bench_parts.client import Client
from script.bench_parts.figures import Curve, Report, conditions, table
from script.bench_parts.installation import BenchmarkError, Installation, installation

TIME_LIMIT = 600  # seconds for everything
TIME_LIMIT_LARGE = 3_600  # with --large, --million or --peers
COPIED_SCORES = 1_000  # of the player who is copied for --reads with --large
MILLION_IMPORTS = 10  # imports of 100,000 scores


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
    read_scores: int = 60_000
    history_steps: int = 3
    others: int = 0
    long_run: int = 0
    only: str = ""  # "hooks", "exports", "peers", "polls", "reads" or "streams"
    peer_sizes: Sequence[int] = ()


QUICK = Size(
    scores=10_000, rounds=1, singles=25, poll_rounds=1, poll_seconds=1.0, crowd_seconds=10.0, page_scores=5_000,
    history_steps=1,
)  # fmt: skip


def is_long(size: Size) -> bool:
    return bool(size.others or size.long_run or size.peer_sizes)


def main() -> int:
    asked = arguments()
    load = os.getloadavg()[0]
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.alarm(TIME_LIMIT_LARGE if is_long(asked.size) else TIME_LIMIT)
    older = json.loads(asked.compare.read_bytes()) if asked.compare else None
    begun = time.monotonic()
    report, ended = Report({}), 0
    try:
        with installation() as made:
            report.conditions |= conditions(made.database, folder=made.folder, load=load)
            measure(made, report, asked.size)
    except BenchmarkError as broken:
        print_status(str(broken))
        ended = 1
    except KeyboardInterrupt:
        print_status("Interrupted; everything is stopped and removed.")
        ended = 130
    if report.sections or report.tables:
        report.conditions |= {"seconds": round(time.monotonic() - begun), "complete": not ended}
        write_report(report, asked, older)
    return ended


def write_report(report: Report, asked: argparse.Namespace, older: dict[str, Any] | None) -> None:
    """Writes the report, also that of a run that was interrupted."""
    print(table(report, older=older), end="")
    if asked.plots:
        plots.write(report.curves, asked.plots)
    if asked.json:
        asked.json.write_text(report.as_json(), encoding="utf-8")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/bench",
        description="Measures imports, reverts and polls on a temporary installation.",
    )
    parser.add_argument(
        "--quick", dest="size", action="store_const", const=QUICK, default=Size(), help="smaller numbers"
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of the large import (3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="compare with those of an older run")
    parser.add_argument("--plots", type=Path, metavar="DIR", help="draw how cost grows, as SVG files there")
    parser.add_argument(
        "--large",
        type=int,
        metavar="ROWS",
        default=0,
        help="also among this many scores of others, for example 5000000 (slow)",
    )
    parser.add_argument("--peers", action="store_true", help="also the same documents in other ways (slow)")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--hooks", action="store_true", help="only hooks and tables of e-amusement")
    only.add_argument("--exports", action="store_true", help="only exports of a player's data")
    only.add_argument("--reads", action="store_true", help="only the page and the document of large imports")
    only.add_argument("--only-polls", action="store_true", help="only polls")
    only.add_argument("--only-streams", action="store_true", help="only open streams of progress")
    only.add_argument("--only-peers", action="store_true", help="only the same documents in other ways")
    parser.add_argument("--million", action="store_true", help="also a million scores in ten imports (slow)")
    asked = parser.parse_args()
    rounds = asked.rounds or asked.size.rounds
    long_run = MILLION_IMPORTS if asked.million else 0
    parts = {
        "hooks": asked.hooks,
        "exports": asked.exports,
        "peers": asked.only_peers,
        "polls": asked.only_polls,
        "reads": asked.reads,
        "streams": asked.only_streams,
    }
    only_part = next((part for part, is_asked in parts.items() if is_asked), "")
    sizes = (peers.SIZES[:2] if asked.size is QUICK else peers.SIZES) if asked.peers or asked.only_peers else ()
    asked.size = replace(
        asked.size, rounds=rounds, others=asked.large, long_run=long_run, only=only_part, peer_sizes=sizes
    )
    return asked


def measure(made: Installation, report: Report, size: Size) -> None:
    """Everything that was asked for, into the report."""
    if not size.only:
        print_status("Judging invented scores of every playtype ...")
        report.add(derivation.HEADING, derivation.figures())
        print_status("Reading untrusted text ...")
        report.add(costs.HEADING, costs.figures())
    print_status("Loading an invented catalogue ...")
    charts = catalogue.write_seeds(made.folder / "seeds")
    made.manage("load_seeds", str(made.folder / "seeds"))
    clients = players(made, players_needed(size))
    warm_up(made, next(clients), charts)
    if size.peer_sizes:
        measure_peers(made, report, clients, charts["sdvx"], size=size)
    if size.only in ("", "exports"):
        measure_exports(made, report, clients, charts["sdvx"], count=size.scores)
    if size.only in ("", "hooks"):
        measure_hooks(made, report, clients, charts, size=size)
        measure_table(made, report, clients, rounds=size.rounds)
    if size.only in ("polls", "streams"):
        one = catalogue.scores("sdvx:Single", charts["sdvx"], 1, seed="polled")
        import_id = small.send_one(made, next(clients), one)
        document = catalogue.scores("sdvx:Single", charts["sdvx"], size.scores, seed="beside polls")
        measure_one = measure_polls if size.only == "polls" else measure_streams
        measure_one(made, report, next(clients), import_id, document, size=size)
    if size.only == "reads":
        measure_reads(made, report, clients, charts["sdvx"], size=size)
    if size.only:
        return
    if size.others:
        report.curves.append(measure_others(made, report, clients, charts["sdvx"], size=size))
    for gpt, rounds in (("sdvx:Single", size.rounds), ("chunithm:Single", 1)):
        measure_bulk(made, report, clients, gpt, charts[gpt.split(":")[0]], count=size.scores, rounds=rounds)
    import_id = measure_small(made, report, clients, charts["sdvx"], size=size)
    measure_reading(made, report, next(clients), charts["sdvx"], count=size.page_scores)
    measure_crowd(made, report, clients, charts["sdvx"], seconds=size.crowd_seconds)
    print_status("How cost grows ...")
    report.curves.append(growth.with_batch(made, clients, charts["sdvx"], most=size.scores))
    step = size.scores // 2
    report.curves.append(growth.with_history(made, next(clients), charts["sdvx"], step=step, steps=size.history_steps))
    if size.long_run:
        print_status("A million scores ...")
        found = growth.long_run(made, clients, charts["sdvx"], count=size.scores, times=size.long_run)
        report.add(f"{size.long_run} imports of {size.scores:,} scores in a row", found)
    document = catalogue.scores("sdvx:Single", charts["sdvx"], size.scores, seed="beside polls")
    measure_polls(made, report, next(clients), import_id, document, size=size)
    measure_streams(made, report, next(clients), import_id, document, size=size)


def measure_streams(
    made: Installation, report: Report, client: Client, import_id: str, document: bytes, *, size: Size
) -> None:
    print_status(f"{streams.STREAM_COUNT} open streams ...")
    found = streams.figures(made, import_id, client=client, document=document, seconds=size.poll_seconds)
    report.add(f"{streams.STREAM_COUNT} open streams of progress", found)


def measure_polls(
    made: Installation, report: Report, client: Client, import_id: str, document: bytes, *, size: Size
) -> None:
    print_status("Polls ...")
    found = polls.figures(
        made, import_id, client=client, document=document, rounds=size.poll_rounds, seconds=size.poll_seconds
    )
    report.add("Polls a second", found)


def players_needed(size: Size) -> int:
    of_peers = 2 * len(size.peer_sizes) * (size.rounds + 1) + 1
    return 3 * size.rounds + size.long_run + 2 * crowd.PLAYERS + 30 + of_peers


def measure_peers(
    made: Installation, report: Report, clients: Iterator[Client], charts: list[catalogue.Row], *, size: Size
) -> None:
    comparison = peers.Comparison(made, clients, charts)
    comparison.run(rounds=size.rounds, sizes=size.peer_sizes, status=print_status)
    for count in size.peer_sizes:
        heading = f"{peers.HEADING}: a document of {count:,} {'score' if count == 1 else 'scores'}"
        report.tables[heading] = peers.table_of(comparison.costs, count)
    report.curves += peers.curves(comparison.costs)


def measure_others(
    made: Installation, report: Report, clients: Iterator[Client], charts: list[catalogue.Row], *, size: Size
) -> Curve:
    print_status(f"Beside {size.others:,} scores of others ...")
    curve = growth.with_others(made, clients, charts, rows=size.others)
    report.add("An import of ten scores by a newcomer", growth.others_figures(curve))
    return curve


def measure_reading(
    made: Installation, report: Report, client: Client, charts: list[catalogue.Row], *, count: int
) -> None:
    print_status("The pages of an import ...")
    import_id = client.upload(catalogue.scores("sdvx:Single", charts, count, seed="pages"))
    bulk.wait_for(made.database, import_id)
    report.add(f"The pages of an import of {count:,} scores", reading.figures(client, import_id, count=count))


def measure_reads(
    made: Installation, report: Report, clients: Iterator[Client], charts: list[catalogue.Row], *, size: Size
) -> None:
    for count in (size.read_scores, size.scores):
        print_status(f"An import of {count:,} scores ...")
        client = next(clients)
        import_id = client.upload(catalogue.scores("sdvx:Single", charts, count, seed="reads"))
        bulk.wait_for(made.database, import_id)
        client.close()  # by now the server may have closed the kept connection
        made.rest()
        if count == size.read_scores:
            found = reading.figures_of_views(made, client, import_id)
            report.add(f"CPU time of the views of an import of {count:,} scores", found)
    report.add(f"The document of an import of {count:,} scores", reading.figures_of_document(made, client, import_id))
    if size.others:
        measure_among_players(made, report, next(clients), import_id, charts, size=size)


def measure_among_players(
    made: Installation, report: Report, client: Client, large_import: str, charts: list[catalogue.Row], *, size: Size
) -> None:
    """The pages of a player with a thousand scores, of whom there are many copies, and of that of a large import."""
    print_status(f"Pages beside {size.others:,} scores of others ...")
    copied = client.upload(catalogue.scores("sdvx:Single", charts, COPIED_SCORES, seed="copied"))
    bulk.wait_for(made.database, copied)
    client.close()
    players = [many_players.of_import(made.database, import_id) for import_id in (copied, large_import)]
    copies = size.others // COPIED_SCORES
    many_players.multiply(made.database, players[0].key, times=copies)
    names, chart = [player.name for player in players], many_players.chart_of(made.database, players[0])
    found = reading.figures_among_players(made, client, names, chart, count=copies)
    report.add(f"CPU time of pages beside {size.others:,} scores of others", found)


def measure_crowd(
    made: Installation, report: Report, clients: Iterator[Client], charts: list[catalogue.Row], *, seconds: float
) -> None:
    print_status(f"{crowd.PLAYERS} players at once ...")
    each = int(seconds / crowd.SCORE_INTERVAL_SECONDS) + 1
    singles = [
        list(small.singles(catalogue.scores("sdvx:Single", charts, each, seed=f"player {number}")))
        for number in range(crowd.PLAYERS)
    ]
    watch = crowd.measure(made, [next(clients) for _ in singles], singles, seconds=seconds)
    report.add(f"{crowd.PLAYERS} players, a score every two seconds each, {seconds:.0f} s", crowd.figures(watch))


def measure_hooks(
    made: Installation, report: Report, clients: Iterator[Client], charts: dict[str, list[catalogue.Row]], *, size: Size
) -> None:
    request = small.trivial_requests(next(clients), 200)
    for name in hooks.HOOKS:
        print_status(f"Scores of {name} ...")
        client = next(clients)
        hooks.one_by_one(made, client, name, hooks.some(name, charts, 10, seed="warm-up"))
        found = hooks.one_by_one(made, client, name, hooks.some(name, charts, size.singles, seed="one by one"))
        report.add(f"A score of {name}, new player", hooks.figures(name, found, request))
    print_status(f"{crowd.PLAYERS} players of beatoraja ...")
    passed, refused = hooks.crowd([next(clients) for _ in range(crowd.PLAYERS)], charts, seconds=size.crowd_seconds)
    heading = f"{crowd.PLAYERS} players of beatoraja, a score every two seconds each, {size.crowd_seconds:.0f} s"
    report.add(heading, hooks.crowd_figures(made, passed, refused))


def measure_exports(
    made: Installation, report: Report, clients: Iterator[Client], charts: list[catalogue.Row], *, count: int
) -> None:
    print_status(f"The export of a player with {count:,} scores ...")
    counts = (count // exports.SMALLER, count)
    documents = [catalogue.scores("sdvx:Single", charts, each, seed="export") for each in counts]
    smaller, larger = (exports.measure(made, next(clients), document) for document in documents)
    heading = f"The export of a player with {count:,} scores"
    report.add(heading, exports.figures(smaller, larger, count=count))


def measure_table(made: Installation, report: Report, clients: Iterator[Client], *, rounds: int) -> None:
    print_status("Tables of e-amusement ...")
    tables = [hooks.iidx_table(made.folder / "seeds", seed=seed) for seed in ("warm-up", "first", "second")]
    hooks.send_table(made, next(clients), tables[0])
    first, later = [], []
    for _ in range(rounds):
        client = next(clients)
        first.append(hooks.send_table(made, client, tables[1]))
        later.append(hooks.send_table(made, client, tables[2]))
    heading = f"A table of e-amusement of {catalogue.SHEETS['iidx'].songs:,} songs"
    report.add(f"{heading}, new player", hooks.table_figures("table.new", first, aim=1.0))
    report.add(f"{heading}, player of another", hooks.table_figures("table.later", later, aim=1.0))


def players(made: Installation, count: int) -> Iterator[Client]:
    """Clients with the tokens of new players."""
    said = made.manage("create_token", "--create-users", *(f"bench_{number}" for number in range(count)))
    for line in said.splitlines():
        yield Client(made.port, line.split()[2])


def warm_up(made: Installation, client: Client, charts: dict[str, list[catalogue.Row]]) -> None:
    """Runs every code path once, on both workers."""
    print_status("Warming up ...")
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
        print_status(f"{count:,} scores of {catalogue.NAMES[gpt]}, round {number} of {rounds} ...")
        found.append(bulk.measure(made, next(clients), document, count=count))
    heading = f"An import of {count:,} scores of {catalogue.NAMES[gpt]}, {len(document) / 1e6:.0f} MB of JSON"
    report.add(heading, bulk.figures(gpt, found))
    report.stages[f"Where its time goes: {catalogue.NAMES[gpt]}"] = bulk.middle_stages(found)


def measure_small(
    made: Installation, report: Report, clients: Iterator[Client], charts: list[catalogue.Row], *, size: Size
) -> str:
    """Returns the ID of an import of one score."""
    print_status("Imports of one score ...")
    document = catalogue.scores("sdvx:Single", charts, size.singles, seed="one by one")
    new_player, veteran = next(clients), next(clients)
    request = small.trivial_requests(new_player, 200)
    passed = small.one_by_one(made, new_player, document)
    report.add("An import of one score, new player", small.figures("single", passed, request, judged=True))
    passed = small.waiting_requests(
        next(clients), catalogue.scores("sdvx:Single", charts, size.singles, seed="waiting")
    )
    report.add("An import of one score whose request waits for it, new player", small.waiting_request_figures(passed))
    history = catalogue.scores("sdvx:Single", charts, size.scores, seed="large")
    bulk.wait_for(made.database, veteran.upload(history))
    made.rest()
    passed = small.one_by_one(made, veteran, document)
    heading = f"An import of one score, player with {size.scores:,} scores"
    report.add(heading, small.figures("single.veteran", passed, request, judged=False))
    return small.send_one(made, next(clients), document)


def print_status(text: str) -> None:
    """On standard error, so that standard output is the report alone."""
    print(text, file=sys.stderr, flush=True)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _out_of_time(_number: int, _frame: FrameType | None) -> NoReturn:
    raise BenchmarkError(
        f"This takes more than {TIME_LIMIT} seconds; the machine is too busy or too slow. Try --quick."
    )


if __name__ == "__main__":
    sys.exit(main())
