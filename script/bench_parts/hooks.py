"""Scores as games' hooks send them, with a response after the import has ended; and a CSV of e-amusement."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from random import Random

from imports.formats.files import iidx_csv
from script.bench_parts.bulk import cpu_of, wait_for
from script.bench_parts.catalogue import NOTES, Row
from script.bench_parts.client import Client
from script.bench_parts.crowd import SCORE_INTERVAL_SECONDS
from script.bench_parts.figures import Figure, middle
from script.bench_parts.installation import BenchmarkError, Installation
from script.bench_parts.small import PAUSE_SECONDS, percentile_99

TABLE = "file/eamusement-iidx-csv"
VERSION = "Sparkle Shower"


@dataclass(frozen=True)
class Hook:
    """The path and headers of a program, the body of a play on a chart, and the expected description."""

    game: str
    path: str
    body: Callable[[Row, Random], Row]
    description: str
    headers: Mapping[str, str] = field(default_factory=dict)


# --- bodies ---------------------------------------------------------------------------------------------


def barbatos(chart: Row, chance: Random) -> Row:
    return {
        "difficulty": {"NOV": 0, "ADV": 1, "EXH": 2, "MXM": 4}[chart["difficulty"]], "level": chart["levelNum"],
        "song_id": chart["data"]["inGameID"], "max_chain": 500, "critical": 1_000, "near_total": 30, "near_fast": 20,
        "near_slow": 10, "score": chance.randint(9_000_000, 9_900_000), "error": 5, "percent": 81, "did_fail": False,
        "clear_type": 2, "gauge_type": 1, "is_skill_analyzer": False,
    }  # fmt: skip


def fervidex(chart: Row, chance: Random) -> Row:
    perfect, great = draw(chance)
    return {
        "chart": f"sp{chart['difficulty'][0].lower()}", "entry_id": chart["data"]["inGameID"], "pgreat": perfect,
        "great": great, "good": 5, "bad": 3, "poor": 4, "slow": 60, "fast": 50, "combo_break": 6,
        "ex_score": 2 * perfect + great, "clear_type": 5, "gauge": [*range(22, 101, 2)], "ghost": [1] * 64,
    }  # fmt: skip


def beatoraja(chart: Row, chance: Random) -> Row:
    perfect, great = draw(chance)
    hashes = {"md5": chart["data"]["hashMD5"], "sha256": chart["data"]["hashSHA256"]}
    described = {
        "title": "Bench", "subtitle": "", "genre": "", "artist": "Bench", "subartist": "", "total": 300, "lntype": 0,
        "mode": "BEAT_7K", "judge": 100, "notes": NOTES, "hasUndefinedLN": False, "hasRandom": False,
    }  # fmt: skip
    played = {
        "exscore": 2 * perfect + great, "passnotes": NOTES, "gauge": 82.5, "deviceType": "KEYBOARD", "minbp": 30,
        "option": 0, "lntype": 0, "clear": "Hard", "assist": 0, "maxcombo": 210, "epg": perfect, "egr": great,
        **dict.fromkeys(("egd", "ebd", "epr", "lpg", "lgr", "lgd", "lbd", "lpr", "ems", "lms"), 0),
    }  # fmt: skip
    return {"client": "LR2oraja 0.8", "chart": hashes | described, "score": {"sha256": hashes["sha256"], **played}}


def draw(chance: Random) -> tuple[int, int]:
    """Returns the numbers of notes hit perfectly and nearly perfectly; together most of the chart's notes."""
    perfect = chance.randint(NOTES // 2, NOTES * 8 // 10)
    return perfect, chance.randint(0, NOTES - perfect)


HOOKS = {
    "barbatos": Hook("sdvx", "/ir/barbatos/score/submit", barbatos, "Import successful."),
    "fervidex": Hook(
        "iidx",
        "/ir/fervidex/score/submit",
        fervidex,
        "Import successful.",
        {"User-Agent": "fervidex/1.3.0", "X-Software-Model": "LDJ:J:E:A:2025082500"},
    ),
    "beatoraja": Hook(
        "bms", "/ir/beatoraja/submit-score", beatoraja, "Imported score.", {"X-TachiIR-Version": "v3.0.0"}
    ),
}


def bodies(name: str, charts: Mapping[str, Sequence[Row]], *, seed: str) -> Iterator[bytes]:
    """Yields plays of a hook without end."""
    hook, chance = HOOKS[name], Random(seed)
    while True:
        yield json.dumps(hook.body(chance.choice(charts[hook.game]), chance)).encode()


# --- consecutive scores --------------------------------------------------------------------------------


@dataclass
class HookResponses:
    """Milliseconds from POST to the final response of each score, and CPU milliseconds of all servers per score."""

    passed: list[float] = field(default_factory=list)
    cpu: float = 0.0


def one_by_one(made: Installation, client: Client, name: str, sent: Sequence[bytes]) -> HookResponses:
    """Sends scores, each after the response to the previous one."""
    responses = HookResponses()
    with cpu_of(made) as cpu, web_cpu_of(made) as web:
        for body in sent:
            time.sleep(PAUSE_SECONDS)
            responses.passed.append(1_000 * seconds_to_response(client, HOOKS[name], body))
    responses.cpu = 1_000 * (cpu[0] + web[0]) / len(sent)
    return responses


def seconds_to_response(client: Client, hook: Hook, body: bytes) -> float:
    """Returns the seconds until the response that a score is imported. Raises BenchmarkError for other responses."""
    begun = time.time()
    response = client.post_as_hook(hook.path, body, headers=dict(hook.headers))
    passed = time.time() - begun
    if response["description"] != hook.description:
        raise BenchmarkError(f"{hook.path} answered: {response}")
    return passed


@contextmanager
def web_cpu_of(made: Installation) -> Iterator[list[float]]:
    """Yields a list; after the block it has the CPU seconds of the web processes."""
    before, passed = web_cpu(made), list[float]()
    yield passed
    passed.append(web_cpu(made) - before)


def web_cpu(made: Installation) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in made.web())


def figures(name: str, responses: HookResponses, trivial: Sequence[float]) -> list[Figure]:
    key, median_of_trivial = f"hook.{name}", sorted(trivial)[len(trivial) // 2]
    median = middle(f"{key}.median", "POST to final response, median", responses.passed, "ms", aim=60)
    return [
        median,
        Figure(
            key=f"{key}.p99",
            text="POST to final response, 99th percentile",
            value=percentile_99(responses.passed),
            unit="ms",
        ),
        Figure(key=f"{key}.ratio", text="median / a trivial request", value=median.value / median_of_trivial, unit="x"),
        Figure(key=f"{key}.cpu", text="CPU of web, worker and PostgreSQL for a score", value=responses.cpu, unit="ms"),
    ]


# --- concurrent players ---------------------------------------------------------------------------------------


def crowd(
    clients: Sequence[Client], charts: Mapping[str, Sequence[Row]], *, seconds: float
) -> tuple[list[float], list[str]]:
    """Plays as players of beatoraja who each send a score every two seconds. Returns the seconds until each response,

    and the descriptions of scores that were refused or accepted without a final response.
    """
    start, refused = time.time() + 0.5, list[str]()

    def play(number: int, client: Client) -> list[float]:
        hook, passed = HOOKS["beatoraja"], list[float]()
        first = start + SCORE_INTERVAL_SECONDS * number / len(clients)
        for count, body in enumerate(bodies("beatoraja", charts, seed=f"crowd {number}")):
            at = first + count * SCORE_INTERVAL_SECONDS
            if at >= start + seconds:
                break
            time.sleep(max(0.0, at - time.time()))
            try:
                passed.append(seconds_to_response(client, hook, body))
            except BenchmarkError as error:
                refused.append(str(error))
        client.close()
        return passed

    with ThreadPoolExecutor(len(clients)) as pool:
        playing = [pool.submit(play, number, client) for number, client in enumerate(clients)]
        return [passed for each in playing for passed in each.result()], refused


def crowd_figures(made: Installation, passed: Sequence[float], refused: Sequence[str]) -> list[Figure]:
    """Returns figures including the database's: each score reported as imported must be stored."""
    row = made.database.execute(
        "SELECT count(*) FROM imports_import WHERE import_type = 'ir/beatoraja' AND state <> 'completed'"
    ).fetchone()
    ordered = sorted(passed)
    return [
        Figure(key="hook.crowd.sent", text="scores reported as imported", value=len(ordered), unit=""),
        Figure(key="hook.crowd.refused", text="scores rejected or timed out", value=len(refused), unit="", aim=0),
        Figure(key="hook.crowd.lost", text="imports not completed", value=row[0] if row else 0, unit="", aim=0),
        Figure(
            key="hook.crowd.median", text="POST to final response, median", value=ordered[len(ordered) // 2], unit="s"
        ),
        Figure(key="hook.crowd.slowest", text="POST to final response, slowest", value=ordered[-1], unit="s", aim=1.0),
    ]


# --- a CSV of e-amusement -----------------------------------------------------------------------------


def iidx_table(folder: Path, *, seed: str) -> bytes:
    """Returns a CSV with a line for each song of the seeds in a folder, with plays of all its charts."""
    chance = Random(seed)
    context = {"columns": 41, "version": str(iidx_csv.VERSIONS[VERSION])}
    header = iidx_csv.document(context, []).decode().strip()
    songs = json.loads((folder / "songs-iidx.json").read_bytes())
    not_played = ["0", "0", "0", "0", "---", "NO PLAY", "---"]
    lines = []
    for song in songs:
        cells = [VERSION, song["title"], "TECHNO", song["artist"], "3", *not_played]
        for level in ("5", "9", "11"):
            perfect, great = draw(chance)
            lamp = chance.choice(["FAILED", "EASY CLEAR", "CLEAR", "HARD CLEAR", "EX HARD CLEAR"])
            cells += [level, str(2 * perfect + great), str(perfect), str(great), str(chance.randint(0, 60)), lamp, "AA"]
        time_played = f"2025-{chance.randint(1, 12):02}-{chance.randint(1, 28):02} {chance.randint(10, 23)}:30"
        lines.append(",".join([*cells, *not_played, time_played]))
    return "\n".join([header, *lines, ""]).encode()


@dataclass
class TableRound:
    """Seconds from upload to `completed`, CPU seconds of workers and PostgreSQL, and the number of stored scores."""

    posted: float
    cpu: float
    scores: int


def send_table(made: Installation, client: Client, content: bytes) -> TableRound:
    made.rest()
    with cpu_of(made) as cpu:
        begun = time.time()
        import_id = client.upload(content, import_type=TABLE, file_name="1234_sp_score.csv", playtype="SP")
        imported = wait_for(made.database, import_id)
    return TableRound(posted=imported.at - begun, cpu=cpu[0], scores=imported.scores)


def table_figures(key: str, rounds: Sequence[TableRound], *, aim: float | None) -> list[Figure]:
    return [
        middle(f"{key}.posted", "upload to completed", [each.posted for each in rounds], "s", aim=aim),
        middle(f"{key}.cpu", "CPU of worker and PostgreSQL", [each.cpu for each in rounds], "s"),
        Figure(key=f"{key}.scores", text="imported scores", value=rounds[0].scores, unit=""),
    ]


def some(name: str, charts: Mapping[str, Sequence[Row]], count: int, *, seed: str) -> list[bytes]:
    """Returns this many plays of a hook."""
    return list(islice(bodies(name, charts, seed=seed), count))
