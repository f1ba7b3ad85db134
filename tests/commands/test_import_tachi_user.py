"""`import_tachi_user BASE USER --game …` against a server on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management.base import CommandError

from imports.management import tachi_pages
from imports.models import Chart, Import, Score
from tests import factories, people
from tests.commands.command_runner import run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]
V3 = "/api/v1/users/alice_there/games/sdvx/scores/all"
V2 = "/api/v1/users/alice_there/games/sdvx/Single/scores/all"


@dataclass
class Tachi:
    """A server: path -> status, headers, body; other paths are 404. `requested`: the paths in order."""

    address: str = ""
    responses: dict[str, list[tuple[int, dict[str, str], bytes]]] = field(default_factory=dict)
    requested: list[str] = field(default_factory=list)

    def respond(self, path: str, body: Any, *, status: int = 200, **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.responses.setdefault(path, []).append(
            (status, {k.replace("_", "-"): v for k, v in headers.items()}, content)
        )


@pytest.fixture
def tachi(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tachi]:
    server_state = Tachi()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server_state.requested.append(self.path)
            waiting = server_state.responses.get(self.path, [])
            status, headers, content = waiting.pop(0) if len(waiting) > 1 else (waiting or [(404, {}, b"{}")])[0]
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    server_state.address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(settings, "TACHI_MOVE_FROM", (server_state.address,))
    monkeypatch.setattr(settings, "TACHI_MOVE_FROM_PRIVATE", True)
    yield server_state
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def chart() -> Chart:
    people.alice()
    return factories.charts(1)[0]


def page(chart: Chart, *scores: int) -> dict[str, Any]:
    def row(score: int) -> dict[str, Any]:
        data = {"score": score, "lamp": "CLEAR", "judgements": {}, "optional": {"enumIndexes": {}}}
        return {"game": "sdvx", "chartID": chart.chart_id, "songID": "S1", "service": "Elsewhere", "scoreData": data}

    return {"success": True, "description": "", "body": {"scores": [*map(row, scores)], "songs": [], "charts": []}}


def move(tachi: Tachi, folder: Path, *more: str, game: str = "sdvx") -> list[str]:
    where = ("--folder", folder, "--pause", "0", "--their-name", "alice_there")
    return run("import_tachi_user", tachi.address, "alice", "--game", game, *where, *more)


def process_all() -> list[Import]:
    return [factories.run_job(job) for job in Import.objects.order_by("pk")]


def test_each_page_of_a_players_scores_becomes_an_import(tachi: Tachi, chart: Chart, tmp_path: Path) -> None:
    tachi.respond(V3, page(chart, 1, 2), Link=f'<{tachi.address}{V3}?cursor=x>; rel="next"')
    tachi.respond(f"{V3}?cursor=x", page(chart, 3))
    lines = move(tachi, tmp_path)
    jobs = process_all()
    assert [line.split(" is ")[0] for line in lines] == [f"SOUND VOLTEX: sdvx-scores-{n}.json" for n in (1, 2)]
    assert [(job.score_count, job.import_type, job.client) for job in jobs] == [
        (2, "file/tachi-scores", "import_tachi_user"),
        (1, "file/tachi-scores", "import_tachi_user"),
    ]
    assert set(Score.objects.values_list("service", flat=True)) == {"Elsewhere"}


def test_the_paths_of_the_2025_api_are_tried_after_those_of_2026(tachi: Tachi, chart: Chart, tmp_path: Path) -> None:
    tachi.respond(V2, page(chart, 1))
    move(tachi, tmp_path)
    assert tachi.requested == [V3, V2]
    assert [job.score_count for job in process_all()] == [1]


def test_a_second_run_continues_the_first_and_imports_nothing_twice(tachi: Tachi, chart: Chart, tmp_path: Path) -> None:
    tachi.respond(V3, page(chart, 1), Link=f'<{V3}?cursor=x>; rel="next"')
    tachi.respond(f"{V3}?cursor=x", b"", status=500)
    with pytest.raises(CommandError, match="responded with 500"):
        move(tachi, tmp_path)
    assert Import.objects.count() == 1
    tachi.responses[f"{V3}?cursor=x"] = []
    tachi.respond(f"{V3}?cursor=x", page(chart, 2))
    first, second = move(tachi, tmp_path)
    assert first.endswith(f"was already imported as {Import.objects.order_by('pk')[0].import_id}.")
    assert second.endswith(f"is queued as import {Import.objects.order_by('pk')[1].import_id}.")
    assert tachi.requested == [V3, f"{V3}?cursor=x", f"{V3}?cursor=x"]
    assert Import.objects.count() == 2


def test_requests_wait_as_long_as_retry_after_says(
    tachi: Tachi, chart: Chart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(tachi_pages.Pages, "sleep", property(lambda _: waited.append, lambda *_: None), raising=False)
    tachi.respond(V3, b"", status=429, Retry_After="7")
    tachi.respond(V3, b"", status=503)
    tachi.respond(V3, page(chart, 1))
    move(tachi, tmp_path)
    assert waited == [7.0, 60.0]
    tachi.responses[V3] = [(429, {"Retry-After": "99999"}, b"")]
    with pytest.raises(CommandError, match="keeps responding with rate limits"):
        move(tachi, tmp_path / "other")
    assert max(waited) == tachi_pages.MAX_WAIT_SECONDS


@pytest.mark.usefixtures("chart")
def test_games_that_the_player_has_not_played_are_skipped(tachi: Tachi, tmp_path: Path) -> None:
    lines = move(tachi, tmp_path, game="iidx")
    assert lines == [f"beatmania IIDX ({name}): alice_there has no scores there." for name in ("SP", "DP")]
    assert not Import.objects.exists()


@pytest.mark.usefixtures("chart")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"TACHI_MOVE_FROM": ()}, "is not among the servers in TACHI_MOVE_FROM (none)."),
        ({"TACHI_MOVE_FROM": ("https://tachi.example.org",)}, "is not among the servers in TACHI_MOVE_FROM"),
        ({"TACHI_MOVE_FROM_PRIVATE": False}, "127.0.0.1 is in a private network"),
    ],
)
def test_servers_not_allowed_by_the_operator_get_no_request(
    changes: dict[str, Any], expected: str, tachi: Tachi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in changes.items():
        monkeypatch.setattr(settings, name, value)
    with pytest.raises(CommandError) as refused:
        move(tachi, tmp_path)
    assert expected in str(refused.value)
    assert tachi.requested == []


def test_redirects_and_pages_on_other_servers_are_not_followed(tachi: Tachi, chart: Chart, tmp_path: Path) -> None:
    tachi.respond(V3, b"", status=302, Location="http://169.254.169.254/")
    with pytest.raises(CommandError, match="responded with 302"):
        move(tachi, tmp_path)
    tachi.responses[V3] = []
    tachi.respond(V3, page(chart, 1), Link='<http://127.0.0.2/api>; rel="next"')
    with pytest.raises(CommandError, match="on another server"):
        move(tachi, tmp_path / "other")


def test_a_page_that_is_too_large_is_not_stored(
    tachi: Tachi, chart: Chart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tachi_pages, "MAX_PAGE_BYTES", 10)
    tachi.respond(V3, page(chart, 1))
    with pytest.raises(CommandError, match="larger than 10 bytes"):
        move(tachi, tmp_path)
    assert not list(tmp_path.glob("*.json"))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("http://127.0.0.1:9", "nobody", "--game", "sdvx"), "There is no user nobody."),
        (("http://127.0.0.1:9", "Eve", "--game", "sdvx"), "Eve is banned"),
    ],
)
def test_players_that_cannot_import_are_refused(arguments: tuple[str, ...], expected: str) -> None:
    people.eve()
    with pytest.raises(CommandError, match=expected):
        run("import_tachi_user", *arguments)


@pytest.mark.usefixtures("chart")
def test_a_game_is_found_by_any_of_its_ids(tachi: Tachi, tmp_path: Path) -> None:
    for name in ("iidx-sp", "iidx:SP"):
        assert len(move(tachi, tmp_path, game=name)) == 1
    with pytest.raises(CommandError, match="There is no game chess"):
        move(tachi, tmp_path, game="chess")
