"""Every text of the pages can be translated: it is in the catalogue, and the pages show what a catalogue says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation
from pytest_django.fixtures import Settings as SettingsWrapper

from tests import people

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(shutil.which("xgettext") is None, reason="GNU gettext is not on this machine"),
]

ROOT = Path(__file__).parents[2]
CATALOGUE = Path("locale", "en", "LC_MESSAGES", "django.po")
NAMES = ("Tachi Imports", "SOUND VOLTEX", "Alice", '{ "meta": { "game": "sdvx", … }, … }')
MARKED = ("msgfilter", "--keep-header", "sed", "-e", "1s/^/⟦/", "-e", "$s/$/⟧/")
MESSAGE = re.compile(r'^msgid(?:_plural)? ((?:".*"\n)+)', re.MULTILINE)


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the catalogue of what the sources say now."""
    folder = tmp_path_factory.mktemp("texts")
    for name in ("imports", "templates"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "locale").mkdir()
    gather = ("django", "makemessages", "-l", "en", "--symlinks", "--no-location", "-i", "styleguide.html")
    plain = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run([sys.executable, "-m", *gather], cwd=folder, env=plain, check=True, capture_output=True)
    return folder


def messages(catalogue: Path) -> set[str]:
    return {"".join(re.findall(r'"(.*)"', found)) for found in MESSAGE.findall(catalogue.read_text())}


def test_the_catalogue_holds_every_text_and_no_other(gathered: Path) -> None:
    """Made again by `manage.py makemessages`: see docs/translating.md."""
    assert messages(ROOT / CATALOGUE) == messages(gathered / CATALOGUE)


@pytest.fixture
def esperanto(gathered: Path, settings: SettingsWrapper) -> Iterator[None]:
    """A language in which every text stands as it is in English, in brackets."""
    target = gathered / "locale" / "eo" / "LC_MESSAGES"
    target.mkdir(parents=True, exist_ok=True)
    english = subprocess.run(["msgen", gathered / CATALOGUE], check=True, capture_output=True).stdout
    marked = subprocess.run(MARKED, input=english, check=True, capture_output=True).stdout
    subprocess.run(["msgfmt", "-o", target / "django.mo", "-"], input=marked, check=True)
    settings.LOCALE_PATHS = [str(gathered / "locale")]
    settings.LANGUAGES = [("en", "English"), ("eo", "Esperanto")]
    with translation.override("eo"):
        yield


class Untranslated(HTMLParser):
    """Collects what a page says outside the brackets, but for names and code."""

    SILENT = ("script", "style", "code", "pre", "time")
    EMPTY = ("meta", "link", "input", "br", "hr", "img", "use", "path", "rect", "line", "circle", "polyline")

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._depth = 0
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        for name in ("aria-label", "placeholder", "alt"):
            self._look(given.get(name) or "")
        if tag not in self.EMPTY:
            self._open.append((tag, tag in self.SILENT or given.get("translate") == "no"))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(silent for _, silent in self._open):
            self._look(data)

    def _look(self, text: str) -> None:
        """What a sentence holds in the middle, such as a name, stands inside its brackets."""
        outside = ""
        for letter in text:
            self._depth += {"⟦": 1, "⟧": -1}.get(letter, 0)
            outside += letter if not self._depth and letter != "⟧" else ""
        for name in NAMES:
            outside = outside.replace(name, "")
        if re.search("[A-Za-z]{2}", outside):
            self.said.append(outside.strip())


@pytest.mark.usefixtures("esperanto", "redis_clean")
@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/login/",
        "/signup/",
        "/games/",
        "/games/sdvx/",
        "/games/sdvx/songs/",
        "/games/sdvx/songs/?q=x",
        "/nowhere/",
    ],
)
def test_a_guests_page_speaks_the_language(address: str) -> None:
    assert untranslated(people.guest(), address) == []


@pytest.mark.usefixtures("esperanto", "redis_clean")
@pytest.mark.parametrize("address", ["/import/", "/imports/", "/tokens/", "/account/", "/orphans/", "/users/Alice/"])
def test_a_players_page_speaks_the_language(address: str) -> None:
    assert untranslated(people.session_of(people.alice()), address) == []


def untranslated(client: Client, address: str) -> list[str]:
    parser = Untranslated()
    parser.feed(client.get(address).content.decode())
    return parser.said


def test_only_languages_with_a_catalogue_are_offered(settings: SettingsWrapper) -> None:
    """A browser that asks for another gets English as a whole, not half a page of each."""
    assert [code for code, _ in settings.LANGUAGES] == ["en"]
    page = Client(headers={"Accept-Language": "ja,de;q=0.8"}).get("/login/")
    assert '<html lang="en">' in page.content.decode()
    assert "Accept-Language" not in page.headers.get("Vary", "")
