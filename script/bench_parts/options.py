"""The options of `script/bench`, and the sizes of the measurements."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from script.bench_parts import peers

MILLION_IMPORTS = 10  # imports of 100,000 scores
PARTS = {
    "--hooks": ("hooks", "only hooks and tables of e-amusement"),
    "--exports": ("exports", "only exports of a player's data"),
    "--reads": ("reads", "only the page and the document of large imports"),
    "--growth": ("growth", "with --large only imports of players with many scores"),
    "--partitions": ("partitions", "with --large only a table of scores that is partitioned by user"),
    "--workers": ("workers", "only many files at once, by the number of workers"),
    "--instances": ("instances", "only many files at once, with one and two instances of each process"),
    "--only-polls": ("polls", "only polls"),
    "--only-streams": ("streams", "only open streams of progress"),
    "--only-peers": ("peers", "only other implementations with the same documents"),
}
"""Options that run a single part: its name as `Size.only`, and the help."""


@dataclass(frozen=True)
class Size:
    """The sizes of the measurements."""

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
    only: str = ""  # one of PARTS; everything if it is empty
    worker_scores: int = 2_500  # scores per player in the comparison of worker counts
    peer_sizes: Sequence[int] = ()


QUICK = Size(
    scores=10_000, rounds=1, singles=25, poll_rounds=1, poll_seconds=1.0, crowd_seconds=10.0, page_scores=5_000,
    history_steps=1, worker_scores=500,
)  # fmt: skip


def is_long(size: Size) -> bool:
    return bool(size.others or size.long_run or size.peer_sizes or size.only in ("instances", "workers"))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/bench",
        description="Measures imports, reverts and polls on a temporary installation.",
    )
    parser.add_argument(
        "--quick", dest="size", action="store_const", const=QUICK, default=Size(), help="smaller numbers"
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of the large import (3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="compare with the figures of an earlier run")
    parser.add_argument(
        "--plots", type=Path, metavar="DIR", help="write plots of the growth of costs as SVG files to this folder"
    )
    parser.add_argument(
        "--large",
        type=int,
        metavar="ROWS",
        default=0,
        help="also measure with this many scores of other players, for example 5000000 (slow)",
    )
    parser.add_argument(
        "--peers", action="store_true", help="also measure other implementations with the same documents (slow)"
    )
    parser.add_argument("--million", action="store_true", help="also measure a million scores in ten imports (slow)")
    only = parser.add_mutually_exclusive_group()
    for option, (part, text) in PARTS.items():
        only.add_argument(option, dest="only", action="store_const", const=part, default="", help=text)
    options = parser.parse_args()
    sizes = peers.SIZES[:2] if options.size is QUICK else peers.SIZES
    options.size = replace(
        options.size,
        rounds=options.rounds or options.size.rounds,
        others=options.large,
        long_run=MILLION_IMPORTS if options.million else 0,
        only=options.only,
        peer_sizes=sizes if options.peers or options.only == "peers" else (),
    )
    return options
