"""A Chromium browser, with pages from pytest-django's live server and a worker process.

SCREENSHOTS=FOLDER in the environment saves screenshots of every page, in two widths and both themes.
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
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer
from redis import Redis

from imports.models import Chart, User
from tests import people
from tests.browser.browser_page import DESK, PHONE, Screen, Visitor
from tests.pages.scripts_harness import ARGUMENTS, CHROMIUM

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "imports" / "sample"
PASSWORD = "correct horse battery"

OpenBrowser = Callable[..., BrowserContext]


@pytest.fixture(scope="package")
def chromium(django_db_setup: None) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright runs an event loop in this thread, in which Django would refuse to query the database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def with_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enables mail, without which some pages do not exist."""
    monkeypatch.setattr(settings, "TACHI_MAIL", True)


@pytest.fixture
def console_errors() -> Iterator[list[str]]:
    """Errors on the consoles of browsers, with violations of the Content-Security-Policy. Must be empty at the end."""
    errors: list[str] = []
    yield errors
    assert errors == []


@pytest.fixture
def open_browser(chromium: Browser, console_errors: list[str]) -> Iterator[OpenBrowser]:
    """Returns a function that opens a browser with separate cookies. Arguments: as for Playwright's `new_context`."""
    opened: list[BrowserContext] = []

    def listen(page: Page) -> None:
        page.on("pageerror", lambda error: console_errors.append(f"{page.url}: {error}"))
        page.on("console", lambda line: console_errors.append(f"{page.url}: {line.text}") if _is_bad(line) else None)

    def open_context(**options: object) -> BrowserContext:
        context = chromium.new_context(locale="en-GB", timezone_id="Asia/Tokyo", **options)  # type: ignore[arg-type]
        context.set_default_timeout(60_000)  # a busy machine takes twenty seconds for the page of the API
        context.on("page", listen)
        opened.append(context)
        return context

    yield open_context
    for context in opened:
        context.close()


def _is_bad(line: ConsoleMessage) -> bool:
    # A font that was fetched long before its use is a sign of a busy machine, not an error of the page.
    return line.type in {"error", "warning"} and "was preloaded using link preload but not used" not in line.text


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
    """Signs in by the form."""
    page.goto(f"{server}/login/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda address: "/login/" not in address)


def sample_file(name: str) -> Path:
    return SAMPLE / "files" / f"{name}.json"


def write_large_file(folder: Path, *, count: int) -> Path:
    """Writes a BATCH-MANUAL file of `count` scores on the sample charts; returns its path."""
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


@pytest.fixture(params=["desk", "phone"])
def screen(request: pytest.FixtureRequest) -> Screen:
    """A desktop in light mode, and a phone in dark mode."""
    return {"desk": DESK, "phone": PHONE}[request.param]


@pytest.fixture
def visitor(
    screen: Screen, open_browser: OpenBrowser, live_server: LiveServer, request: pytest.FixtureRequest
) -> Visitor:
    """A user who is not signed in."""
    context = open_browser(viewport={"width": screen.width, "height": 844}, color_scheme=screen.theme)
    return Visitor(context, live_server.url, screen, request.node.originalname.removeprefix("test_"))


@pytest.fixture
def player(visitor: Visitor, alice: User) -> Visitor:
    """Alice, signed in."""
    visitor.sign_in(alice.username)
    return visitor
