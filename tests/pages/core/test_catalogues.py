"""The catalogues of languages other than English are complete, and compiled as they are written."""

from __future__ import annotations

import gettext
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.pages.conftest import DOMAINS, ROOT

pytestmark = pytest.mark.skipif(shutil.which("msgfmt") is None, reason="GNU gettext is not on this machine")

LANGUAGES = sorted(path.name for path in (ROOT / "locale").iterdir() if path.name != "en")
PLACEHOLDER = re.compile(r"%\(\w+\)s|%%|\{\w+\}|</?\w+|(?:href|translate|class)=\"[^\"]*\"")
CATALOGUES = [(language, domain) for language in LANGUAGES for domain in DOMAINS]
each_catalogue = pytest.mark.parametrize(("language", "domain"), CATALOGUES)
Texts = dict[str | tuple[str, int], str]


def folder(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES"


def compiled(path: Path) -> Texts:
    with path.open("rb") as file:
        return dict(vars(gettext.GNUTranslations(file))["_catalog"])


def selected(path: Path, *options: str) -> str:
    found = subprocess.run(["msgattrib", *options, "--no-location", path], check=True, capture_output=True, text=True)
    return found.stdout


def test_japanese_is_there() -> None:
    assert "ja" in LANGUAGES


@each_catalogue
def test_every_text_is_translated_and_none_is_a_guess(language: str, domain: str) -> None:
    path = folder(language) / f"{domain}.po"
    assert selected(path, "--untranslated") == ""
    assert selected(path, "--only-fuzzy") == ""


@each_catalogue
def test_a_catalogue_holds_the_texts_of_the_pages_and_no_others(language: str, domain: str) -> None:
    known = subprocess.run(
        ["msgcmp", "--no-fuzzy-matching", folder(language) / f"{domain}.po", folder("en") / f"{domain}.po"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (known.returncode, known.stderr) == (0, "")


@each_catalogue
def test_translations_keep_placeholders_and_markup(language: str, domain: str) -> None:
    texts = compiled(folder(language) / f"{domain}.mo")
    changed = []
    for key, translated in texts.items():
        message = key[0] if isinstance(key, tuple) else key
        wanted, kept = (set(PLACEHOLDER.findall(text)) for text in (message, translated))
        # The singular, by which a plural is known, may leave its number out.
        if message and (wanted - kept if isinstance(key, tuple) else wanted ^ kept):
            changed.append((message, translated))
    assert changed == []


@each_catalogue
def test_the_compiled_catalogue_is_that_of_the_texts(language: str, domain: str, tmp_path: Path) -> None:
    """Made again by `manage.py compilemessages`: see docs/translating.md."""
    source = folder(language) / f"{domain}.po"
    subprocess.run(["msgfmt", "--check", "-o", tmp_path / "now.mo", source], check=True, capture_output=True)
    made, now = compiled(folder(language) / f"{domain}.mo"), compiled(tmp_path / "now.mo")
    made.pop("", None)
    now.pop("", None)
    assert made == now
