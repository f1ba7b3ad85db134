"""Hostile requests against a running installation, while a client polls its status.

Ten requests of each kind are sent concurrently: readers that do not read, bodies that arrive slowly, tables full of
tabs, retries of thousands of orphans, files to check, searches, whole documents, lists, junk.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

from tachi_imports import env

MAX_STATUS_SECONDS = 2.0
"""The maximum response time of GET /api/v1/status during the attack, in seconds."""
CONCURRENT_REQUESTS = 10
STATUS_INTERVAL_SECONDS = 0.1  # between two requests for the status
TIMEOUT_SECONDS = 60.0  # for which an attacker waits for a response
TABS = 4_900
BOUNDARY = "hostile"


@dataclass(frozen=True)
class Player:
    """A user with a token."""

    name: str
    key: str
    token: str


@dataclass(frozen=True)
class Size:
    """The sizes of the hostile inputs."""

    table_rows: int = 60
    orphans: int = 20_000
    scores: int = 20_000
    file_bytes: int = 14 * 2**20


@dataclass(frozen=True)
class Target:
    """The port, and the URLs of the prepared data."""

    port: int
    players: list[Player]
    table: str
    document: str
    file: str
    check: bytes


@dataclass
class Result:
    """The response times of the status in seconds, and the responses to the attackers."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    responses: Counter[str] = field(default_factory=Counter)

    @property
    def is_good(self) -> bool:
        return bool(self.seconds) and not self.failures and max(self.seconds) < MAX_STATUS_SECONDS

    def __str__(self) -> str:
        ordered = sorted(self.seconds) or [0.0]
        half, most = ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
        lines = [
            f"GET /api/v1/status: {len(self.seconds):,} answers, {len(self.failures)} failures.",
            f"Half within {half:.3f} s, 99 of 100 within {most:.3f} s, the longest {ordered[-1]:.3f} s.",
            *self.failures[:5],
            *(f"  {count:>8,}  {name}" for name, count in sorted(self.responses.items())),
        ]
        return "\n".join(lines)


# --- preparation -----------------------------------------------------------------------------------------


def create_target(port: int, players: list[Player], size: Size) -> Target:
    """Uploads the data for the attack and waits until it is imported."""
    owner = players[0]
    tabs = [unknown("\t" * TABS) for _ in range(size.table_rows)]
    table = _upload(port, owner, tabs)
    document = _upload(port, owner, [known(number) for number in range(size.scores)])
    orphans = [_upload(port, each, [unknown(f"{n}") for n in range(size.orphans)]) for each in players[1:]]
    padded = batch_manual([])
    padded = padded[:-1] + b" " * max(0, size.file_bytes - len(padded)) + b"}"
    file = _upload_bytes(port, owner, padded)
    for player, import_id in [(owner, table), (owner, document), *zip(players[1:], orphans, strict=True)]:
        _wait(port, player, import_id)
    return Target(
        port,
        players,
        f"/api/v1/imports/{table}/errors?format=csv",
        f"/api/v1/imports/{document}",
        f"/api/v1/imports/{file}/input",
        batch_manual([known(number) for number in range(size.scores // 2)]),
    )


def known(number: int) -> dict[str, object]:
    """Returns a score on the first chart of the sample catalogue."""
    song_id, difficulty = first_chart()
    played = {"score": 8_000_000 + number, "lamp": "CLEAR", "timeAchieved": 1_700_000_000_000 + number * 60_000}
    return {"matchType": "tachiSongID", "identifier": song_id, "difficulty": difficulty, **played}


@functools.cache
def first_chart() -> tuple[str, str]:
    chart = json.loads((env.BASE_DIR / "imports/sample/seeds/charts-sdvx.json").read_bytes())[0]
    return str(chart["songID"]), str(chart["difficulty"])


def unknown(title: str) -> dict[str, object]:
    return {"matchType": "songTitle", "identifier": title, "difficulty": "NOV", "score": 9_000_000, "lamp": "CLEAR"}


def batch_manual(rows: list[dict[str, object]]) -> bytes:
    meta = {"game": "sdvx", "playtype": "Single", "service": "Hostile"}
    return json.dumps({"meta": meta, "scores": rows}).encode()


def _upload(port: int, player: Player, rows: list[dict[str, object]]) -> str:
    return _upload_bytes(port, player, batch_manual(rows))


def _upload_bytes(port: int, player: Player, content: bytes) -> str:
    status, response = _send(port, "POST", "/api/v1/import/file", form(content), player=player, kind=FORM)
    if status != 202:
        raise RuntimeError(f"An upload was answered with {status}: {response[:200]!r}")
    return str(json.loads(response)["body"]["importID"])


def _wait(port: int, player: Player, import_id: str) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        status, response = _send(port, "GET", f"/api/v1/imports/{import_id}/poll-status", player=player)
        if status == 200 and json.loads(response)["body"]["importStatus"] == "completed":
            return
        if status not in {200, 429, 503}:
            raise RuntimeError(f"An import ended with {status}: {response[:200]!r}")
        time.sleep(0.5)
    raise RuntimeError("An import was not done in five minutes.")


# --- the attack -------------------------------------------------------------------------------------------


def run_attack(target: Target, *, seconds: float) -> Result:
    """Runs the attack for this time. Ends within `TIMEOUT_SECONDS` afterwards."""
    result, over = Result(), threading.Event()
    works = [lambda chance, kind=kind: kind(target, chance) for kind in REQUESTS]
    threads = [
        threading.Thread(target=_repeat, args=(work, result, over, Random(f"{number} {kind}")), daemon=True)
        for kind, work in enumerate(works)
        for number in range(CONCURRENT_REQUESTS)
    ]
    threads += [
        threading.Thread(target=hold, args=(target, result, over, request), daemon=True)
        for request in (unread_file(target), trickling_body(target), b"GET / HTTP/1.1\r\nHost: l")
    ]
    for thread in threads:
        thread.start()
    _request_status(target.port, result, until=time.monotonic() + seconds)
    over.set()
    for thread in threads:
        thread.join(TIMEOUT_SECONDS)
    return result


def _request_status(port: int, result: Result, *, until: float) -> None:
    while time.monotonic() < until:
        begun = time.monotonic()
        try:
            status, _ = _send(port, "GET", "/api/v1/status", timeout=10 * MAX_STATUS_SECONDS)
        except (OSError, http.client.HTTPException) as error:
            result.failures.append(repr(error))
        else:
            result.seconds.append(time.monotonic() - begun)
            if status not in {200, 429}:
                result.failures.append(f"status {status}")
        time.sleep(STATUS_INTERVAL_SECONDS)


Work = Callable[[Random], tuple[str, int]]


def _repeat(work: Work, result: Result, over: threading.Event, chance: Random) -> None:
    while not over.is_set():
        try:
            name, status = work(chance)
        except (OSError, http.client.HTTPException) as error:
            name, status = type(error).__name__, 0
        result.responses[f"{name}: {status or 'broke'}"] += 1
        if status in {0, 429, 503}:  # retries soon, but not in a tight loop
            over.wait(0.2)


def request_table(target: Target, _chance: Random) -> tuple[str, int]:
    return "table of tabs", _send(target.port, "GET", target.table)[0]


def retry_orphans(target: Target, chance: Random) -> tuple[str, int]:
    player = chance.choice(target.players[1:])
    return "orphans", _send(target.port, "POST", "/api/v1/import/orphans", player=player)[0]


def check_file(target: Target, chance: Random) -> tuple[str, int]:
    player = chance.choice(target.players)
    return "check", _send(target.port, "POST", "/api/v1/import/check", form(target.check), player=player, kind=FORM)[0]


def search(target: Target, chance: Random) -> tuple[str, int]:
    text = "".join(chance.choices("aeiou% ", k=chance.randint(1, 200))).replace(" ", "%20").replace("%%", "%25%")
    path = f"/api/v1/search?search={text.rstrip('%')}x"
    return "search", _send(target.port, "GET", path)[0]


def read_document(target: Target, chance: Random) -> tuple[str, int]:
    path = chance.choice([target.document, f"{target.document}/poll-status", f"{target.document}/revert"])
    return "whole document", _send(target.port, "GET", path, player=target.players[0])[0]


def read_list(target: Target, chance: Random) -> tuple[str, int]:
    path = chance.choice(["/api/v1/imports", "/api/v1/activity", "/api/v1/users/player_0/activity", "/games/sdvx/"])
    return "list", _send(target.port, "GET", path)[0]


def send_junk(target: Target, chance: Random) -> tuple[str, int]:
    body = chance.choice([b"[" * 100_000, b"\0" * 1_000_000, b'{"a":' * 10_000, chance.randbytes(500_000)])
    player = chance.choice(target.players)
    return "junk", _send(target.port, "POST", "/ir/direct-manual/import", body, player=player, kind=JSON)[0]


REQUESTS = (request_table, retry_orphans, check_file, search, read_document, read_list, send_junk)


def hold(target: Target, result: Result, over: threading.Event, request: bytes) -> None:
    """Holds ten connections that have sent `request` and read nothing; replaces closed ones."""
    with contextlib.ExitStack() as stack:
        held: list[socket.socket] = []
        while not over.is_set():
            held = [each for each in held if _is_open(each)]
            while len(held) < CONCURRENT_REQUESTS:
                with contextlib.suppress(OSError):
                    held.append(stack.enter_context(_open_connection(target.port, request)))
                    result.responses["connections held"] += 1
                    continue
                break
            over.wait(1)


def _open_connection(port: int, request: bytes) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    made.settimeout(5)
    try:
        made.connect(("127.0.0.1", port))
        made.sendall(request)
    except OSError:
        made.close()
        raise
    return made


def _is_open(held: socket.socket) -> bool:
    """Returns whether the server has not closed the connection, without reading from it."""
    try:
        held.settimeout(0)
        return held.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def unread_file(target: Target) -> bytes:
    token = target.players[0].token
    return f"GET {target.file} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def trickling_body(target: Target) -> bytes:
    token = target.players[0].token
    return (
        f"POST /ir/direct-manual/import HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: {JSON}\r\nContent-Length: 100000\r\n\r\n{{"
    ).encode()


# --- over HTTP ------------------------------------------------------------------------------------------------

JSON = "application/json"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


def form(content: bytes) -> bytes:
    """Returns a file as a multipart form."""
    disposition = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
    before = (
        f'{disposition}"importType"\r\n\r\nfile/batch-manual\r\n'
        f'{disposition}"scoreData"; filename="scores.json"\r\n\r\n'
    )
    return before.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def _send(
    port: int,
    method: str,
    path: str,
    body: bytes | None = None,
    *,
    player: Player | None = None,
    kind: str = "",
    timeout: float = TIMEOUT_SECONDS,
) -> tuple[int, bytes]:
    """Returns the status and the body of a response, on a new connection."""
    with _connection(port, timeout) as connection:
        headers = {"Authorization": f"Bearer {player.token}"} if player else {}
        connection.request(method, path, body, {**headers, "Content-Type": kind} if kind else headers)
        response = connection.getresponse()
        return response.status, response.read()


@contextlib.contextmanager
def _connection(port: int, timeout: float) -> Iterator[http.client.HTTPConnection]:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)) as made:
        yield made
