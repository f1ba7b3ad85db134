"""Growth of costs: with the file, with a player's scores, with all others' scores, and in a long run of imports."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from itertools import islice

from script.bench_parts import bulk, catalogue, small
from script.bench_parts.client import Client
from script.bench_parts.figures import Curve, Figure
from script.bench_parts.installation import Installation

GPT = "sdvx:Single"
SINGLES = 15
TENS = 20  # imports of ten scores per median
ROWS_A_PLAYER = 100_000
BATCH_SIZES = (1, 10, 100, 1_000, 10_000)


def with_batch(made: Installation, clients: Iterator[Client], charts: list[catalogue.Row], *, most: int) -> Curve:
    """Returns seconds from upload to completion by the size of the file, each by a new player."""
    points = []
    for count in [size for size in BATCH_SIZES if size < most] + [most]:
        document = catalogue.scores(GPT, charts, count, seed=f"batch {count}")
        begun = time.time()
        points.append((count, bulk.wait_for(made.database, next(clients).upload(document)).at - begun))
    return Curve("batch", "scores in the file", "seconds to completed", points)


def with_history(made: Installation, client: Client, charts: list[catalogue.Row], *, step: int, steps: int) -> Curve:
    """Returns milliseconds of an import of one score by the number of scores the player has."""
    points = []
    for number in range(steps + 1):
        if number:
            document = catalogue.scores(GPT, charts, step, seed=f"history {number}")
            bulk.wait_for(made.database, client.upload(document))
            made.rest()
        singles = catalogue.scores(GPT, charts, SINGLES, seed=f"after {number}")
        passed = small.one_by_one(made, client, singles)
        points.append((max(1, number * step), statistics.median(passed)))
    return Curve("history", "scores that the player has", "ms of one score", points)


def with_others(
    made: Installation, clients: Iterator[Client], charts: list[catalogue.Row], *, rows: int, steps: int = 3
) -> Curve:
    """Returns milliseconds of an import of ten scores by a new player, by the number of scores of all others.

    The others' rows are copies of one player's, made by PostgreSQL. They have neither sessions nor bests.
    """
    points = [(1.0, _tens(made, next(clients), charts, seed="empty"))]
    document = catalogue.scores(GPT, charts, min(rows, ROWS_A_PLAYER), seed="others")
    template = bulk.wait_for(made.database, next(clients).upload(document))
    for number in range(1, steps + 1):
        multiply(made, template.key, until=rows * number // steps)
        made.database.execute("ANALYZE imports_score")
        made.rest()
        points.append((count_of(made), _tens(made, next(clients), charts, seed=f"others {number}")))
    return Curve("users", "scores of all players", "ms of ten scores", points)


def _tens(made: Installation, client: Client, charts: list[catalogue.Row], *, seed: str) -> float:
    """Returns the median of imports of ten scores by a new player, without the first import."""
    whole = json.loads(catalogue.scores(GPT, charts, 10 * (TENS + 1), seed=seed))
    scores = iter(whole["scores"])
    passed = []
    while ten := list(islice(scores, 10)):
        time.sleep(small.PAUSE_SECONDS)
        content = json.dumps(whole | {"scores": ten}).encode()
        begun = time.time()
        passed.append((bulk.wait_for(made.database, client.send(content), poll_interval=0.0005).at - begun) * 1000)
    return statistics.median(passed[1:])


def count_of(made: Installation) -> int:
    return int((made.database.execute("SELECT count(*) FROM imports_score").fetchone() or (0,))[0])


def multiply(made: Installation, template: int, *, until: int) -> None:
    """Copies the scores of an import to new players, until there are this many scores in total.

    Foreign keys are not checked: the rows are valid by construction, and there are millions of them.
    """
    number = 0
    made.database.execute("SET session_replication_role = replica")
    while count_of(made) < until:
        number += 1
        name = f"bench_copy_{until}_{number}"
        user = int(made.manage("create_token", "--create-users", name).split()[1])
        row = made.database.execute(COPY_IMPORT, {"user": user, "template": template, "name": name}).fetchone()
        made.database.execute(COPY_SCORES, {"user": user, "template": template, "import": (row or (0,))[0]})
    made.database.execute("RESET session_replication_role")


COPY_IMPORT = """
    INSERT INTO imports_import SELECT (jsonb_populate_record(one, jsonb_build_object(
        'id', nextval(pg_get_serial_sequence('imports_import', 'id')), 'user_id', %(user)s::bigint,
        'import_id', left(encode(sha256(%(name)s::text::bytea), 'hex'), 40)
    ))).* FROM imports_import AS one WHERE id = %(template)s RETURNING id
"""
COPY_SCORES = """
    INSERT INTO imports_score SELECT (jsonb_populate_record(one, jsonb_build_object(
        'id', nextval(pg_get_serial_sequence('imports_score', 'id')), 'user_id', %(user)s::bigint,
        'from_import_id', %(import)s::bigint,
        'score_id', 'T' || encode(sha256((%(user)s::bigint || one.score_id)::bytea), 'hex')
    ))).* FROM imports_score AS one WHERE from_import_id = %(template)s
"""


def others_figures(curve: Curve) -> list[Figure]:
    """Returns figures of an import beside the current number of scores, compared with one into an empty database."""
    empty, full = curve.points[0][1], curve.points[-1][1]
    return [
        Figure(key="others.empty", text="ten scores into an empty database", value=empty, unit="ms"),
        Figure(key="others.full", text=f"ten scores with {curve.points[-1][0]:,.0f} others", value=full, unit="ms"),
        Figure(key="others.ratio", text="with others / into an empty database", value=full / empty, unit="x", aim=1.3),
    ]


def long_run(
    made: Installation, clients: Iterator[Client], charts: list[catalogue.Row], *, count: int, times: int
) -> list[Figure]:
    """Runs consecutive large imports, each by a new player. Returns whether later ones take more time or memory."""
    seconds, peaks = [], []
    for number in range(times):
        document = catalogue.scores(GPT, charts, count, seed=f"long {number}")
        with bulk.memory_of(made.workers()) as growth:
            begun = time.time()
            seconds.append(bulk.wait_for(made.database, next(clients).upload(document)).at - begun)
        peaks.append(max(growth) / bulk.MEGABYTE)
    half = times // 2
    later = statistics.median(seconds[half:]) / statistics.median(seconds[:half])
    return [
        Figure(
            key="run.seconds", text="each import, median", value=statistics.median(seconds), unit="s", rounds=seconds
        ),
        Figure(key="run.ratio", text="second half / first half", value=later, unit="x", aim=1.25),
        Figure(key="run.peak", text="peak memory, the largest", value=max(peaks), unit="MB", aim=200, rounds=peaks),
    ]
