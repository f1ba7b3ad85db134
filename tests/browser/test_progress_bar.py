"""The progress bar of a large import with a worker: it follows the polls, never stalls for long, never goes back."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from imports import jobs
from imports.models import User
from tests.browser.conftest import OpenBrowser, many_rows, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROWS = 20_000
REST = 1_000  # ms
SLACK = 0.3  # of the whole import: where other work keeps the machine busy, everything in it takes longer
LAG = 300  # ms from an answer until the bar shows it
# What polls returned (100 for the end) and what the bar showed, each with its time; across the final reload.
RECORD = """
const record = (name, value) => {
  const before = JSON.parse(sessionStorage.getItem(name) ?? "[]");
  sessionStorage.setItem(name, JSON.stringify([...before, [Date.now(), value]]));
};
const ask = window.fetch;
window.fetch = async (...asked) => {
  const answer = await ask(...asked);
  const { body } = await answer.clone().json().catch(() => ({}));
  if (body?.importStatus === "ongoing" && body.progress.stage !== "queued") record("polled", body.progress.percent);
  if (body?.importStatus === "completed") record("polled", 100);
  return answer;
};
setInterval(() => {
  const gauge = document.querySelector(".meter progress");
  if (gauge) record("seen", gauge.value);
}, 50);
"""


@pytest.fixture
def watched(
    *,
    catalogue: None,
    live_server: LiveServer,
    open_browser: OpenBrowser,
    alice: User,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Page:
    """The page of an import of 20,000 scores, from before its worker begins until it is done."""
    content = many_rows(tmp_path, count=ROWS).read_bytes()
    job = jobs.submit(alice, jobs.Upload(content=content, import_type="file/batch-manual", file_name="year.json"))
    context = open_browser()
    context.add_init_script(RECORD)
    page = context.new_page()
    sign_in(page, live_server.url)
    page.goto(f"{live_server.url}/imports/{job.import_id}/")
    request.getfixturevalue("worker")
    expect(page.get_by_role("heading", level=1)).to_contain_text("new scores", timeout=120_000)
    return page


def recorded(page: Page, name: str) -> list[tuple[int, float]]:
    found: Any = json.loads(page.evaluate("name => sessionStorage.getItem(name) ?? '[]'", name))
    return [(time, value) for time, value in found]


@pytest.mark.usefixtures("redis_clean")
def test_the_bar_of_20_000_scores_moves_and_never_goes_back(watched: Page) -> None:
    actual, seen = recorded(watched, "polled"), recorded(watched, "seen")
    values = [value for _, value in seen]
    assert values == sorted(values), "the bar went backwards"
    assert len(actual) >= 2, actual  # under way at least once, and its end
    assert actual[-1][1] == 100
    lasted = actual[-1][0] - actual[0][0]
    assert longest_rest(actual) <= max(REST, SLACK * lasted), actual
    late = [(time, percent) for time, percent in actual if not shown_in_time(seen, time, percent)]
    assert late == []


def longest_rest(expected: list[tuple[int, float]]) -> int:
    """The longest time (ms) in which polls returned the same percentage, or nothing."""
    moves = [
        expected[0][0],
        *(then for (_, before), (then, after) in pairwise(expected) if after > before),
        expected[-1][0],
    ]
    return max(after - before for before, after in pairwise(moves))


def shown_in_time(seen: list[tuple[int, float]], time: int, percent: float) -> bool:
    """Whether the bar had reached this percentage when it was next observed."""
    later = [value for at, value in seen if at >= time + LAG]
    return not later or later[0] >= percent
