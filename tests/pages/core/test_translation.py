"""Every text of the pages can be translated: it is in the catalogue, and the pages show translations."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.test import Client

from imports.formats import FORMATS
from tests import people
from tests.pages.conftest import DOMAINS, ENGLISH, ROOT

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(shutil.which("xgettext") is None, reason="GNU gettext is not on this machine"),
]

NAMES = (
    *(each.name for each in FORMATS),
    "Tachi Imports",
    "SOUND VOLTEX",
    "Alice",
    "SP",
    "DP",
    '{ "meta": { "game": "sdvx", … }, … }',
)
WORDS = re.compile(r"""["`]([A-Z][a-z]+[ .!?][^"`]*|[^"`<>\[\]():=/#.]*[a-z]{2,} [a-z]{2,}[^"`<>\[\]():=/#]*)["`]""")
MESSAGE = re.compile(r'^msgid(?:_plural)? ((?:".*"\n)+)', re.MULTILINE)


def messages(catalogue: Path) -> set[str]:
    return {"".join(re.findall(r'"(.*)"', found)) for found in MESSAGE.findall(catalogue.read_text())}


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_catalogue_holds_every_text_and_no_other(domain: str, message_catalogues: Path) -> None:
    """Made again by `manage.py makemessages`: see docs/translating.md."""
    file = ENGLISH / f"{domain}.po"
    assert messages(ROOT / file) == messages(message_catalogues / file)


def test_the_texts_of_scripts_go_through_gettext() -> None:
    """Whatever they hold in quotes that reads like words, names of our CSS classes aside."""
    said = []
    for script in sorted((ROOT / "static" / "js").glob("*.js")):
        code = re.sub(r"//.*", "", script.read_text())
        code = re.sub(r'n?gettext\(\s*"[^"]*"(?:, "[^"]*")?', "", code)
        said += [f"{script.name}: {words}" for words in WORDS.findall(re.sub(r"\$\{[^}]*\}", "", code))]
    assert said == ["progress.js: btn small"]


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
            self._check_text(given.get(name) or "")
        if tag not in self.EMPTY:
            self._open.append((tag, tag in self.SILENT or given.get("translate") == "no"))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(silent for _, silent in self._open):
            self._check_text(data)

    def _check_text(self, text: str) -> None:
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
    parser.feed(client.get(address, headers={"Accept-Language": "eo"}).content.decode())
    return parser.said
