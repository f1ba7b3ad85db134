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
    """A server: path -> status, headers, body; what is not there is 404. `asked`: the paths in order."""

    address: str = ""
    answers: dict[str, list[tuple[int, dict[str, str], bytes]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def says(self, path: str, body: Any, *, status: int = 200, **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.setdefault(path, []).append(
            (status, {k.replace("_", "-"): v for k, v in headers.items()}, content)
        )


@pytest.fixture
def tachi(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tachi]:
    told = Tachi()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append(self.path)
            waiting = told.answers.get(self.path, [])
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
    told.address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(settings, "TACHI_MOVE_FROM", (told.address,))
    monkeypatch.setattr(settings, "TACHI_MOVE_FROM_PRIVATE", True)
    yield told
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


def all_dealt_with() -> list[Import]:
    return [factories.process(job) for job in Import.objects.order_by("pk")]


def test_a_players_scores_come_in_as_an_import_a_page(tachi: Tachi, chart: Chart, tmp_path: Path) -> None:
    tachi.says(V3, page(chart, 1, 2), Link=f'<{tachi.address}{V3}?cursor=x>; rel="next"')
    tachi.says(f"{V3}?cursor=x", page(chart, 3))
    lines = move(tachi, tmp_path)
    jobs = all_dealt_with()
    assert [line.split(" is ")[0] for line in lines] == [f"SOUND VOLTEX: sdvx-scores-{n}.json" for n in (1, 2)]
    assert [(job.score_count, job.import_type, job.client) for job in jobs] == [
        (2, "file/tachi-scores", "import_tachi_user"),
        (1, "file/tachi-scores", "import_tachi_user"),
    ]
    assert set(Score.objects.values_list("service", flat=True)) == {"Elsewhere"}


def test_a_server_of_2025_is_asked_at_its_own_address(tachi: Tachi, chart: Chart, tmp_path: Path) -> None:
    tachi.says(V2, page(chart, 1))
    move(tachi, tmp_path)
    assert tachi.asked == [V3, V2]
    assert [job.score_count for job in all_dealt_with()] == [1]


def test_a_second_run_continues_the_first_and_imports_nothing_twice(tachi: Tachi, chart: Chart, tmp_path: Path) -> None:
    tachi.says(V3, page(chart, 1), Link=f'<{V3}?cursor=x>; rel="next"')
    tachi.says(f"{V3}?cursor=x", b"", status=500)
    with pytest.raises(CommandError, match="answers 500"):
        move(tachi, tmp_path)
    assert Import.objects.count() == 1
    tachi.answers[f"{V3}?cursor=x"] = []
    tachi.says(f"{V3}?cursor=x", page(chart, 2))
    first, second = move(tachi, tmp_path)
    assert first.endswith(f"is import {Import.objects.order_by('pk')[0].import_id} already.")
    assert second.endswith("which is queued.")
    assert tachi.asked == [V3, f"{V3}?cursor=x", f"{V3}?cursor=x"]
    assert Import.objects.count() == 2


def test_requests_wait_as_long_as_the_server_asks(
    tachi: Tachi, chart: Chart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(tachi_pages.Pages, "sleep", property(lambda _: waited.append, lambda *_: None), raising=False)
    tachi.says(V3, b"", status=429, Retry_After="7")
    tachi.says(V3, b"", status=503)
    tachi.says(V3, page(chart, 1))
    move(tachi, tmp_path)
    assert waited == [7.0, 60.0]
    tachi.answers[V3] = [(429, {"Retry-After": "99999"}, b"")]
    with pytest.raises(CommandError, match="again and again"):
        move(tachi, tmp_path / "other")
    assert max(waited) == tachi_pages.MAX_WAIT_SECONDS


@pytest.mark.usefixtures("chart")
def test_games_that_the_player_has_not_played_are_skipped(tachi: Tachi, tmp_path: Path) -> None:
    lines = move(tachi, tmp_path, game="iidx")
    assert lines == [f"beatmania IIDX ({name}): alice_there has nothing there." for name in ("SP", "DP")]
    assert not Import.objects.exists()


@pytest.mark.usefixtures("chart")
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"TACHI_MOVE_FROM": ()}, "is not among the servers in TACHI_MOVE_FROM (none)."),
        ({"TACHI_MOVE_FROM": ("https://tachi.example.org",)}, "is not among the servers in TACHI_MOVE_FROM"),
        ({"TACHI_MOVE_FROM_PRIVATE": False}, "127.0.0.1 is in a private network"),
    ],
)
def test_servers_that_the_operator_did_not_allow_are_not_asked(
    changes: dict[str, Any], said: str, tachi: Tachi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in changes.items():
        monkeypatch.setattr(settings, name, value)
    with pytest.raises(CommandError) as refused:
        move(tachi, tmp_path)
    assert said in str(refused.value)
    assert tachi.asked == []


def test_redirects_and_pages_on_other_servers_are_not_followed(tachi: Tachi, chart: Chart, tmp_path: Path) -> None:
    tachi.says(V3, b"", status=302, Location="http://169.254.169.254/")
    with pytest.raises(CommandError, match="answers 302"):
        move(tachi, tmp_path)
    tachi.answers[V3] = []
    tachi.says(V3, page(chart, 1), Link='<http://127.0.0.2/api>; rel="next"')
    with pytest.raises(CommandError, match="on another server"):
        move(tachi, tmp_path / "other")


def test_a_page_that_is_too_large_or_cut_off_is_not_kept(
    tachi: Tachi, chart: Chart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tachi_pages, "MAX_PAGE_BYTES", 10)
    tachi.says(V3, page(chart, 1))
    with pytest.raises(CommandError, match="larger than 10 bytes"):
        move(tachi, tmp_path)
    assert not list(tmp_path.glob("*.json"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("http://127.0.0.1:9", "nobody", "--game", "sdvx"), "There is no user nobody."),
        (("http://127.0.0.1:9", "Eve", "--game", "sdvx"), "Eve is banned"),
    ],
)
def test_players_that_cannot_import_are_refused(arguments: tuple[str, ...], said: str) -> None:
    people.eve()
    with pytest.raises(CommandError, match=said):
        run("import_tachi_user", *arguments)


@pytest.mark.usefixtures("chart")
def test_a_game_is_called_by_any_of_its_names(tachi: Tachi, tmp_path: Path) -> None:
    for name in ("iidx-sp", "iidx:SP"):
        assert len(move(tachi, tmp_path, game=name)) == 1
    with pytest.raises(CommandError, match="There is no game chess"):
        move(tachi, tmp_path, game="chess")
