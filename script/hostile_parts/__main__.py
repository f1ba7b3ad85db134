"""`script/hostile`: starts an installation, attacks it, and reports the response times of GET /api/v1/status."""

from __future__ import annotations

import argparse
import os
import signal
import sys

from script.bench_parts.installation import BenchmarkError, installation
from script.hostile_parts.attack import MAX_STATUS_SECONDS, Player, Size, create_target, run_attack

SPARE = 600  # seconds in addition to those of the attack, after which the run is aborted
PLAYERS = 4


def main() -> int:
    """Runs the attack. Returns 1 if a response was late or missing."""
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGALRM, lambda *_: sys.exit("The run did not finish in time."))
    signal.alarm(options.seconds + SPARE)
    if options.limits:
        os.environ["TACHI_RATE_LIMITS"] = "on"
    try:
        with installation() as made:
            made.manage("load_seeds", "imports/sample/seeds")
            output = made.manage("create_token", "--create-users", *(f"player_{number}" for number in range(PLAYERS)))
            players = [Player(*line.split()) for line in output.splitlines()]
            target = create_target(made.port, players, Size())
            print(f"{options.seconds} seconds against http://127.0.0.1:{made.port} ...", flush=True)
            result = run_attack(target, seconds=options.seconds)
    except BenchmarkError as broken:
        print(broken, file=sys.stderr)
        return 1
    print(result)
    return int(not result.is_good)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=f"Hostile requests, ten of each kind at a time; none may take {MAX_STATUS_SECONDS:g} seconds."
    )
    parser.add_argument("--seconds", type=int, default=900, help="the duration in seconds (default: 900)")
    parser.add_argument("--limits", action="store_true", help="with rate limits, which block most of the attack")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
