"""The progress bar of a large import with a worker: it follows the polls, never stalls for long, never goes back."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from imports import jobs
from imports.models import User
from tests.browser.conftest import OpenBrowser, sign_in, write_large_file

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROWS = 20_000
# Limits in polls and samples instead of seconds, because both are rarer on a busy machine.
MAX_EQUAL_POLLS = 2  # polls in a row that return the same percentage
MAX_EQUAL_SHARE = 0.3  # of all polls, if that is more
MAX_LAG = 6  # samples of the bar, every 50 ms, from a response until the bar shows it
# Records the results of polls (100 for the end) and the values of the bar, with their times; across the final reload.
RECORD = """
const record = (name, value) => {
  const before = JSON.parse(sessionStorage.getItem(name) ?? "[]");
  sessionStorage.setItem(name, JSON.stringify([...before, [Date.now(), value]]));
};
const originalFetch = window.fetch;
window.fetch = async (...args) => {
  const response = await originalFetch(...args);
  const { body } = await response.clone().json().catch(() => ({}));
  if (body?.importStatus === "ongoing" && body.progress.stage !== "queued") record("polled", body.progress.percent);
  if (body?.importStatus === "completed") record("polled", 100);
  return response;
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
    """The page of an import of 20,000 scores, opened before its worker starts and after the import is done."""
    content = write_large_file(tmp_path, count=ROWS).read_bytes()
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
def test_the_progress_bar_of_20_000_scores_follows_the_polls_and_never_goes_back(watched: Page) -> None:
    actual, seen = recorded(watched, "polled"), recorded(watched, "seen")
    values = [value for _, value in seen]
    assert values == sorted(values), "the bar went backwards"
    assert len(actual) >= 2, actual  # at least one poll during the import, and one at its end
    assert actual[-1][1] == 100
    assert most_equal_polls([percent for _, percent in actual]) <= max(
        MAX_EQUAL_POLLS, MAX_EQUAL_SHARE * len(actual)
    ), actual
    late = [(time, percent) for time, percent in actual if not shown_in_time(seen, time, percent)]
    assert late == []


def most_equal_polls(percents: list[float]) -> int:
    """Returns the largest number of successive polls with the same percentage."""
    return max(len(list(same)) for _, same in groupby(percents))


def shown_in_time(seen: list[tuple[int, float]], time: int, percent: float) -> bool:
    """Returns whether the bar showed this percentage within `MAX_LAG` samples, or there are fewer samples."""
    later = [value for at, value in seen if at >= time][:MAX_LAG]
    return len(later) < MAX_LAG or later[-1] >= percent
