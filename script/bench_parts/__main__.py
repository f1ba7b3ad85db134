"""`script/bench`: runs the requested measurements and writes the report."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from types import FrameType
from typing import Any, NoReturn

from script.bench_parts import instances, plots, worker_counts
from script.bench_parts.figures import Report, conditions, table
from script.bench_parts.installation import BenchmarkError, Installation, installation
from script.bench_parts.measurements import Measurements, measure_without_installation, print_status
from script.bench_parts.options import arguments, is_long
from script.network_namespaces import NetworkError, missing_requirement

TIME_LIMIT = 600  # seconds for the whole run
TIME_LIMIT_LARGE = 3_600  # with --large, --million or --peers


def main() -> int:
    options = arguments()
    if options.size.only == "instances" and (reason := missing_requirement()):
        print_status(f"Skipped: {reason}.")
        return 0
    own_installations = {"instances": instances, "workers": worker_counts}.get(options.size.only)
    load = os.getloadavg()[0]
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.alarm(TIME_LIMIT_LARGE if is_long(options.size) else TIME_LIMIT)
    older = json.loads(options.compare.read_bytes()) if options.compare else None
    begun = time.monotonic()
    report, ended = Report({}), 0

    def describe(made: Installation) -> None:
        report.conditions |= conditions(made.database, folder=made.folder, load=load)

    try:
        if own_installations is None:
            with installation() as made:
                describe(made)
                if not options.size.only:
                    measure_without_installation(report)
                Measurements(made, report, options.size).run()
        else:
            scores, rounds = options.size.worker_scores, options.size.rounds
            found = own_installations.figures(scores=scores, rounds=rounds, status=print_status, describe=describe)
            report.add(own_installations.HEADING, found)
    except (BenchmarkError, NetworkError) as broken:
        print_status(str(broken))
        ended = 1
    except KeyboardInterrupt:
        print_status("Interrupted; everything is stopped and removed.")
        ended = 130
    if report.sections or report.tables:
        report.conditions |= {"seconds": round(time.monotonic() - begun), "complete": not ended}
        write_report(report, options, older)
    return ended


def write_report(report: Report, options: argparse.Namespace, older: dict[str, Any] | None) -> None:
    """Writes the report, also after an interrupted run."""
    print(table(report, older=older), end="")
    if options.plots:
        plots.write(report.curves, options.plots)
    if options.json:
        options.json.write_text(report.as_json(), encoding="utf-8")


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _out_of_time(_number: int, _frame: FrameType | None) -> NoReturn:
    raise BenchmarkError(
        f"This takes more than {TIME_LIMIT} seconds; the machine is too busy or too slow. Try --quick."
    )


if __name__ == "__main__":
    sys.exit(main())
