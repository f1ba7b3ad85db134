"""A real Chromium before the real product: the web from pytest-django's live server, and a worker process.

SCREENSHOTS=FOLDER in the environment has every page written there as a picture, in two widths and both themes.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer
from redis import Redis

from imports import jobs
from imports.models import Chart, User
from tests import people
from tests.browser.browser_page import DESK, PHONE, Screen, Visitor
from tests.pages.scripts_harness import ARGUMENTS, CHROMIUM

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "imports" / "sample"
PASSWORD = "correct horse battery"

OpenBrowser = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def chromium(django_db_setup: None) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright runs an event loop in this thread, in which Django would refuse to query the database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture(autouse=True)
def with_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some pages are only there where mails can be sent."""
    monkeypatch.setattr(settings, "TACHI_MAIL", True)


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What browsers say on their consoles: errors, and what the Content-Security-Policy forbade. Must stay empty."""
    said: list[str] = []
    yield said
    assert said == []


@pytest.fixture
def open_browser(chromium: Browser, complaints: list[str]) -> Iterator[OpenBrowser]:
    """Opens a browser with its own cookies; keyword arguments as of Playwright's `new_context`."""
    opened: list[BrowserContext] = []

    def listen(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda line: complaints.append(f"{page.url}: {line.text}") if _is_bad(line.type) else None)

    def open_one(**options: object) -> BrowserContext:
        context = chromium.new_context(locale="en-GB", timezone_id="Asia/Tokyo", **options)  # type: ignore[arg-type]
        context.set_default_timeout(20_000)
        context.on("page", listen)
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()


def _is_bad(kind: str) -> bool:
    return kind in {"error", "warning"}


@pytest.fixture
def catalogue(transactional_db: None) -> None:
    """The sample songs and charts."""
    call_command("load_seeds", str(SAMPLE / "seeds"), verbosity=0)


@pytest.fixture
def alice(transactional_db: None) -> User:
    return people.alice()


@pytest.fixture
def worker(transactional_db: None, catalogue: None, redis_clean: Redis) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process on the tests' database."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "worker"], cwd=ROOT, env={**os.environ, "DATABASE_URL": url}
    )
    yield process
    process.terminate()
    process.wait(20)


def sign_in(page: Page, server: str, name: str = "alice") -> None:
    """As a person does it."""
    page.goto(f"{server}/login/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda address: "/login/" not in address)


def sample_file(name: str) -> Path:
    return SAMPLE / "files" / f"{name}.json"


def many_rows(folder: Path, *, count: int) -> Path:
    """BATCH-MANUAL file example over the sample charts, large enough for its import to be watched."""
    charts = list(Chart.objects.filter(game="sdvx").select_related("song").order_by("pk"))
    pick = random.Random(1)
    scores = [
        {
            "matchType": "tachiSongID",
            "identifier": str(chart.song.song_id),
            "difficulty": chart.difficulty,
            "score": pick.randrange(8_000_000, 9_999_999),
            "lamp": pick.choice(("FAILED", "CLEAR", "EXCESSIVE CLEAR")),
            "timeAchieved": 1_700_000_000_000 + row * 120_000,
        }
        for row, chart in enumerate(pick.choices(charts, k=count))
    ]
    file = folder / "一年分.json"
    meta = {"game": "sdvx", "playtype": "Single", "service": "Tests"}
    file.write_text(json.dumps({"meta": meta, "scores": scores}))
    return file


def given(user: User, name: str, *, content: bytes | None = None) -> jobs.Upload:
    """A sample file as an upload; `content` instead of what it holds."""
    del user
    path = sample_file(name)
    body = path.read_bytes() if content is None else content
    return jobs.Upload(content=body, import_type="file/batch-manual", file_name=path.name, user_intent=True)


@pytest.fixture(params=["desk", "phone"])
def screen(request: pytest.FixtureRequest) -> Screen:
    """A desk in the light, and a phone in the dark."""
    return {"desk": DESK, "phone": PHONE}[request.param]


@pytest.fixture
def visitor(
    screen: Screen, open_browser: OpenBrowser, live_server: LiveServer, request: pytest.FixtureRequest
) -> Visitor:
    """A visitor of whom the product knows nothing yet."""
    context = open_browser(viewport={"width": screen.width, "height": 844}, color_scheme=screen.theme)
    return Visitor(context, live_server.url, screen, request.node.originalname.removeprefix("test_"))


@pytest.fixture
def player(visitor: Visitor, alice: User) -> Visitor:
    """Alice, signed in."""
    visitor.signs_in(alice.username)
    return visitor
