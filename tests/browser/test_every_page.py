"""Every page in every state, in a real browser: it says nothing on the console, fits every width, and has one heading.

SCREENSHOTS=FOLDER keeps a picture of each, in two widths and both themes.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer
from redis import Redis

from imports import jobs
from imports.models import Import, Session, State, User
from imports.pipeline.progress import Snapshot, Stage, writer
from imports.pipeline.revert import Deed, revert
from tests import people
from tests.browser.conftest import OpenBrowser, sample_file
from tests.builders import dealt_with

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE, DESK, NARROWEST = 390, 1280, 320
FOLDER = os.environ.get("SCREENSHOTS")
DAY = 86_400_000


def sample(name: str, **parts: Any) -> dict[str, Any]:
    """A sample file's document."""
    return {**json.loads(sample_file(name).read_text()), **parts}


def weaker(document: dict[str, Any]) -> dict[str, Any]:
    """Every second score of it, a week before and a little worse."""
    scores = [
        {**row, "score": row["score"] - 71_000, "lamp": "CLEAR", "timeAchieved": (row["timeAchieved"] or 0) - 7 * DAY}
        for row in document["scores"][::2]
        if row.get("timeAchieved") and row["lamp"] != "FAILED"
    ]
    for row in scores:
        row.pop("judgements", None)
    return {**document, "scores": scores, "classes": {"dan": "DAN_8"}}


def some_of(document: dict[str, Any]) -> dict[str, Any]:
    """Its first dozen scores."""
    return {**document, "scores": document["scores"][:12]}


def submitted(user: User, document: dict[str, Any], *, name: str) -> Import:
    content = json.dumps(document, ensure_ascii=False).encode()
    return jobs.submit(
        user, jobs.Upload(content=content, import_type="file/batch-manual", file_name=name, user_intent=True)
    )


def bad_rows() -> list[dict[str, Any]]:
    row = {"matchType": "songTitle", "difficulty": "MXM", "score": 9_876_543, "lamp": "CLEAR"}
    impossible = {"identifier": "Saltwater Engine", "difficulty": "INF", "lamp": "ULTIMATE CHAIN"}
    return [
        {**row, "identifier": "Tactile Snowfal"},
        {**row, "identifier": "月面ラジオ放送局", "difficulty": "ULT"},
        {**row, **impossible, "judgements": {"critical": 2_000, "near": 12, "miss": 2}},
    ]


def imports_of_alice(alice: User) -> dict[str, Import]:
    """One import of hers in every state that stays."""
    sdvx = sample("sdvx")
    sdvx["scores"] += bad_rows()
    first = dealt_with(submitted(alice, weaker(sdvx), name="先週.json"))
    assert first.score_count, first.error_message
    whole = dealt_with(submitted(alice, sdvx, name="night-session.json"))
    taken = dealt_with(submitted(alice, sample("iidx-sp"), name="iidx-sp.json"))
    revert(taken, Deed(by=alice, reason="wrong card, these are my brother's"))
    taken.refresh_from_db()
    made = {
        "completed": whole,
        "chunithm": dealt_with(submitted(alice, sample("chunithm"), name="chunithm.json")),
        "iidx": dealt_with(submitted(alice, sample("iidx-dp"), name="iidx-dp.json")),
        "reverted": taken,
        "again": dealt_with(submitted(alice, some_of(sdvx), name="昨夜.json")),
        "failed": dealt_with(submitted(alice, {**sdvx, "meta": {"game": "sdvx"}}, name="score_2026-11-20.json")),
    }
    assert [job.state for job in made.values()] == [*["completed"] * 3, "reverted", "completed", "failed"]
    return made


def under_way(bob: User, redis: Redis) -> tuple[Import, Import]:
    """One import of his that is running, and one that waits."""
    running = submitted(bob, sample("sdvx"), name="scorelog-2026.json")
    Import.objects.filter(pk=running.pk).update(state=State.RUNNING, attempts=1, time_started=running.time_queued)
    seconds = {"reading": 0.3, "finding_charts": 0.2, "checking": 1.1}
    writer(redis, running.import_id)(
        Snapshot(attempt=1, stage=Stage.SAVING, percent=64, processed=12_806, total=20_000, eta=4, seconds=seconds)
    )
    return running, submitted(bob, sample("chunithm"), name="chunithm-net.json")


@pytest.fixture
def pages(live_server: LiveServer, catalogue: None, redis_clean: Redis) -> dict[str, tuple[User | None, str]]:
    """Picture name -> who looks at which address."""
    alice, bob, mo = people.alice(), people.bob(), people.mo()
    hers = imports_of_alice(alice)
    running, queued = under_way(bob, redis_clean)
    page = {name: f"/imports/{job.import_id}/" for name, job in hers.items()}
    session = Session.objects.filter(user=alice, game="sdvx").order_by("-score_count").first()
    assert session is not None
    return {
        "landing": (None, "/"),
        "login": (None, "/login/?next=/imports/"),
        "not-found": (None, "/nowhere/"),
        "games": (None, "/games/"),
        **{f"game-{slug}": (None, f"/games/{slug}/") for slug in ("iidx", "popn", "itg", "bms", "ddr", "museca")},
        "upload": (alice, "/import/"),
        "list": (alice, "/imports/"),
        "list-failed": (alice, "/imports/?state=failed"),
        "list-empty": (mo, "/imports/"),
        "list-running": (bob, "/imports/"),
        "list-of-another": (bob, "/users/Alice/imports/"),
        "running": (bob, f"/imports/{running.import_id}/"),
        "queued": (bob, f"/imports/{queued.import_id}/"),
        "failed": (alice, page["failed"]),
        "reverted": (alice, page["reverted"]),
        "nothing-new": (alice, page["again"]),
        "result": (alice, page["completed"]),
        "result-of-another": (bob, page["completed"]),
        "result-chunithm": (alice, page["chunithm"]),
        "result-iidx": (alice, page["iidx"]),
        **{f"result-{tab}": (alice, f"{page['completed']}?tab={tab}") for tab in ("sessions", "problems")},
        **{f"result-{tab}": (alice, f"{page['completed']}?tab={tab}") for tab in ("history", "input")},
        "revert": (alice, f"{page['completed']}revert/"),
        "refused": (mo, f"{page['completed']}revert/"),
        "session": (alice, f"/sessions/{session.session_id}/"),
        "profile": (alice, "/users/Alice/"),
        "profile-empty": (mo, f"/users/{mo.username}/"),
        "tokens": (alice, "/tokens/"),
    }


def signed_in(context: BrowserContext, server: str, user: User | None) -> None:
    """Gives the browser the cookie that signing in would have given it."""
    context.clear_cookies()
    if user is not None:
        cookie = people.session_of(user).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": server}])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_quiet_and_fits(
    pages: dict[str, tuple[User | None, str]],
    live_server: LiveServer,
    open_browser: OpenBrowser,
    complaints: list[str],
    theme: Any,
) -> None:
    context = open_browser(color_scheme=theme)
    page = context.new_page()
    wrong: list[str] = []
    for name, (reader, address) in pages.items():
        signed_in(context, live_server.url, reader)
        page.set_viewport_size({"width": DESK, "height": 800})
        page.goto(f"{live_server.url}{address}")
        for width in (DESK, PHONE, NARROWEST):
            page.set_viewport_size({"width": width, "height": 800})
            wrong += [f"{name} at {width}: {flaw}" for flaw in flaws(page)]
            if FOLDER and width != NARROWEST:
                page.screenshot(path=Path(FOLDER) / f"{name}-{width}-{theme}.png", full_page=True)
    # A browser names the answer 404 or 403 on its console; two of these pages are such answers.
    complaints[:] = [line for line in complaints if "status of 40" not in line]
    assert wrong == []


def flaws(page: Page) -> list[str]:
    """What no page may have."""
    found = page.evaluate(
        """() => ({
            headings: document.querySelectorAll("h1").length,
            overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
            empty: [...document.querySelectorAll("a")].filter((link) => !link.getAttribute("href")).length,
            nameless: [...document.querySelectorAll("button, a")].filter(
                (element) => !element.innerText.trim() && !element.textContent.trim()
                    && !element.getAttribute("aria-label") && !element.querySelector("[aria-label]")).length,
        })"""
    )
    expected = {"headings": 1, "overflow": 0, "empty": 0, "nameless": 0}
    return [f"{what} is {found[what]}" for what, right in expected.items() if found[what] != right]
