"""A browser for the pages' scripts, and a language for the pages' texts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.fixtures import Settings as SettingsWrapper

from tests.pages.scripts_harness import ARGUMENTS, CHROMIUM, Site, serving

ROOT = Path(__file__).parents[2]
ENGLISH = Path("locale", "en", "LC_MESSAGES")
DOMAINS = {"django": ("-i", "styleguide.html"), "djangojs": ("-i", "vendor")}
"""Catalogue -> what its texts are not gathered from: the pages' own, and the scripts'."""
MARKED = ("msgfilter", "--keep-header", "sed", "-e", "1s/^/⟦/", "-e", "$s/$/⟧/")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that may not complain: an error on its console fails the test, but for the failed loads a test wants."""
    said: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id="Asia/Tokyo")
    opened = context.new_page()
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    yield opened
    context.close()
    assert [line for line in said if not line.startswith("Failed to load resource")] == []


@pytest.fixture(scope="session")
def message_catalogues(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the catalogues of what the sources say now."""
    folder = tmp_path_factory.mktemp("texts")
    for name in ("imports", "templates", "static"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "locale").mkdir()
    plain = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    for domain, ignored in DOMAINS.items():
        makemessages = ("django", "makemessages", "-d", domain, "-l", "en", "--symlinks", "--no-location", *ignored)
        subprocess.run([sys.executable, "-m", *makemessages], cwd=folder, env=plain, check=True, capture_output=True)
    return folder


@pytest.fixture
def esperanto(message_catalogues: Path, settings: SettingsWrapper) -> Iterator[None]:
    """A language in which every text stands as it is in English, in brackets."""
    target = message_catalogues / "locale" / "eo" / "LC_MESSAGES"
    target.mkdir(parents=True, exist_ok=True)
    for domain in DOMAINS:
        english = subprocess.run(
            ["msgen", message_catalogues / ENGLISH / f"{domain}.po"], check=True, capture_output=True
        ).stdout
        marked = subprocess.run(MARKED, input=english, check=True, capture_output=True).stdout
        subprocess.run(["msgfmt", "-o", target / f"{domain}.mo", "-"], input=marked, check=True)
    settings.LOCALE_PATHS = [str(message_catalogues / "locale")]
    settings.LANGUAGES = [("en", "English"), ("eo", "Esperanto")]
    with translation.override("eo"):
        yield
