"""A browser for the pages' scripts, and a language for the pages' texts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.utils import translation
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.fixtures import Settings as SettingsWrapper

from tests.pages.scripts_harness import ARGUMENTS, CHROMIUM, Site, serving

ROOT = Path(__file__).parents[2]
ENGLISH = Path("locale", "en", "LC_MESSAGES")
DOMAINS = {"django": ("-i", "styleguide.html"), "djangojs": ("-i", "vendor")}
"""Gettext domain -> the `makemessages` options that leave out files: of the pages' texts, and of the scripts' texts."""
TRANSLATION = re.compile(r'^(msgstr(?:\[\d\])? )"(.+)"$', re.MULTILINE)
KEPT = re.compile(r"(%\(\w+\)s|%%|\{\w+\}|<[^>]*>|&\w+;|\\\\?.)")
"""The parts that a translation leaves unchanged: placeholders, markup and escapes."""
ACCENTS = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "ÁɃĆĎÉƑǴĤÍĴḰĹḾŃÓṔɊŔŚŤÚṼŴẌÝŹáƀćďéƒǵĥíĵḱĺḿńóṕɋŕśťúṽŵẍýź"
)


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
    """A page whose console errors fail the test, except failed loads, which some tests provoke."""
    errors: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id="Asia/Tokyo")
    opened = context.new_page()
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield opened
    context.close()
    assert [line for line in errors if not line.startswith("Failed to load resource")] == []


@pytest.fixture(scope="session")
def message_catalogues(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with message catalogues generated from the current sources."""
    folder = tmp_path_factory.mktemp("texts")
    for name in ("imports", "tachi_imports", "templates", "static"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "locale").mkdir()
    plain = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    for domain, ignored in DOMAINS.items():
        makemessages = ("django", "makemessages", "-d", domain, "-l", "en", "--symlinks", "--no-location", *ignored)
        subprocess.run([sys.executable, "-m", *makemessages], cwd=folder, env=plain, check=True, capture_output=True)
    return folder


@pytest.fixture
def esperanto(message_catalogues: Path, settings: SettingsWrapper) -> Iterator[None]:
    """A language in which every text is the English text in brackets."""
    with pseudo_language("eo", message_catalogues, settings, lambda text: f"⟦{text}⟧"):
        yield


@pytest.fixture
def accented(message_catalogues: Path, settings: SettingsWrapper) -> Iterator[None]:
    """A language in which every text has brackets and an accent on each letter, so that untranslated text shows."""

    def mark(text: str) -> str:
        parts = KEPT.split(text)
        return f"⟦{''.join(part if place % 2 else part.translate(ACCENTS) for place, part in enumerate(parts))}⟧"

    with pseudo_language("ia", message_catalogues, settings, mark):
        yield


@contextmanager
def pseudo_language(
    code: str, catalogues: Path, settings: SettingsWrapper, mark: Callable[[str], str]
) -> Iterator[None]:
    """Offers a language whose translations are the English texts, each passed through `mark`."""
    target = catalogues / "locale" / code / "LC_MESSAGES"
    target.mkdir(parents=True, exist_ok=True)
    for domain in DOMAINS:
        msgen = ("msgen", "--no-wrap", catalogues / ENGLISH / f"{domain}.po")
        english = subprocess.run(msgen, check=True, capture_output=True, text=True).stdout
        marked = TRANSLATION.sub(lambda found: f'{found[1]}"{mark(found[2])}"', english)
        subprocess.run(["msgfmt", "-o", target / f"{domain}.mo", "-"], input=marked, check=True, text=True)
    settings.LOCALE_PATHS = [str(catalogues / "locale")]
    settings.LANGUAGES = [("en", "English"), (code, "Pseudo")]
    with translation.override(code):
        yield
