"""In a pseudo-language with an accent on every letter, no page has a plain letter, except in names and data."""

from __future__ import annotations

import re
import shutil
from gettext import GNUTranslations
from html.parser import HTMLParser
from pathlib import Path

import django
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db.models import Model
from django.test import Client
from redis import Redis

from imports.catalogue.format_names import NAMES
from imports.catalogue.rating_names import rating_name
from imports.formats import FORMATS
from imports.games import BY_SLUG
from imports.games.spec import Playtype
from imports.models import APIClient, APIToken, Chart, Import, ImportInput, ImportProblem, Session, Song, User
from imports.pages.components.lamp_colors import TABLE
from imports.pages.texts.score_texts import metric_name
from tests import people
from tests.browser.conftest import SAMPLE
from tests.browser.page_states import PageStates, page_states

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db,
    pytest.mark.skipif(shutil.which("xgettext") is None, reason="GNU gettext is not on this machine"),
]
WORDS = re.compile(r"[A-Za-z]{2,}")
OTHER_NAMES = (
    *("PLAYED", "No Data.", "Best Lamp", "CSV", "JSON", "XML", "ZIP"),
    '{ "meta": { "game": "sdvx", … }, "scores": [ … ] }',
    *("wrong card, these are my brother's", "“nothing”", ": nothing", "“zzz”", "Tactile Snowfal", "saturday.json"),
    *("Tests 1.0", "nightlogger.example", "night-logger.json", "meta.service", "a string with length between 3 and 60"),
)
"""Texts of files, searches and reasons in `page_states`, and names of a game that it builds."""
TIMES = r"\d+ [A-Z][a-z]{2} \d{4}|novembre \d{4}|\d+ minutes|UTC"
"""Times in Django's own translation for the language code that the pseudo-language uses."""
SAID = ("nothing", "⟦nd íń ťĥé ɋúéúé⟧")  # a search; an ordinal, which is Django's
WRITTEN: tuple[tuple[type[Model], str], ...] = (
    (APIClient, "name"),
    (APIToken, "identifier"),
    (Chart, "level"),
    (Import, "client"),
    (Import, "error_message"),
    (Import, "service"),
    (ImportInput, "file_name"),
    (ImportProblem, "message"),
    (Session, "name"),
    (Song, "artist"),
    (Song, "title"),
    (User, "username"),
)


class Words(HTMLParser):
    """Collects texts with plain letters outside of code, times and elements with `translate="no"`."""

    SILENT = ("script", "style", "code", "pre", "time")
    EMPTY = ("meta", "link", "input", "br", "hr", "img", "use", "path", "rect", "line", "circle", "polyline")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        for name in ("aria-label", "placeholder", "alt", "title"):
            self._look_at(given.get(name) or "")
        if tag not in self.EMPTY:
            is_silent = tag in self.SILENT or given.get("translate") == "no" or ("lang" in given and tag != "html")
            self._open.append((tag, is_silent))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(silent for _, silent in self._open):
            self._look_at(data)

    def _look_at(self, text: str) -> None:
        if WORDS.search(text):
            self.found.append(" ".join(text.split()))


def names() -> set[str]:
    """Returns the names that are the same in each language: of games and their parts, and of players and files."""
    known = {settings.TACHI_NAME, *OTHER_NAMES, *(each.name for each in FORMATS if each.import_type not in NAMES)}
    for game in BY_SLUG.values():
        known |= {game.name, *game.playtype_labels.values()}
        for playtype in game.playtypes:
            known |= names_of(playtype)
    for ladders in TABLE.values():
        known |= {
            part for lights in ladders.values() for light in lights.values() for part in (light.value, light.short)
        }
    for model, column in WRITTEN:
        known |= set(model._default_manager.values_list(column, flat=True))
    return {str(each) for each in known if each}


def names_of(playtype: Playtype) -> set[str]:
    ratings = (*playtype.score_ratings, *playtype.session_ratings, *playtype.profile_ratings)
    metrics = (*playtype.metrics, *playtype.optional, *playtype.judgements)
    ladders = (*playtype.ladders.values(), *playtype.optional_ladders.values())
    classes = [value for group in playtype.classes.values() for value in group.values]
    return {
        playtype.name,
        *playtype.match_types,
        *playtype.versions.values(),
        *(rating_name(rating, playtype) for rating in ratings),
        *(metric for metric in metrics if metric not in ("score", "lamp", "grade")),
        *(metric_name(metric) for metric in metrics if metric not in ("score", "lamp", "grade")),
        *(str(value) for ladder in ladders for value in ladder.values),
        *(part for each in playtype.difficulties or () for part in (each.name, each.label, each.short or "")),
        *(part for each in classes for part in (each.id, each.name)),
    }


def texts_of_django() -> set[str]:
    """Returns the texts of Django's admin, in English and in the language whose code the pseudo-language uses."""
    texts: set[str] = set()
    for folder in ("conf", "contrib/admin", "contrib/auth"):
        path = Path(django.__file__).parent / folder / "locale/ia/LC_MESSAGES/django.mo"
        with path.open("rb") as file:
            catalogue = vars(GNUTranslations(file))["_catalog"]
        texts |= {key if isinstance(key, str) else key[0] for key in catalogue} | {*catalogue.values()}
    english = Path(django.__file__).parent / "contrib/admin/locale/en/LC_MESSAGES/django.po"
    return texts | set(re.findall(r'^msgid "(.+)"$', english.read_text(), re.MULTILINE))


def moderators_pages() -> PageStates:
    """Returns the main pages of moderators for the rows of `page_states`; lists and forms are mostly Django's texts."""
    mo, alice = people.mo(), people.alice()
    imports = {f"admin-{job.state}": f"imports/import/{job.pk}/change/" for job in Import.objects.filter(user=alice)}
    pages = {
        **imports,
        "admin-queue": "queue/",
        "admin-user": f"imports/user/{alice.pk}/change/",
    }
    return {name: (mo, f"/admin/{address}") for name, address in pages.items()}


@pytest.mark.usefixtures("accented")
def test_every_text_of_every_page_is_translated(redis_clean: Redis) -> None:
    call_command("load_seeds", str(SAMPLE / "seeds"), verbosity=0)
    states = {**page_states(redis_clean), **moderators_pages()}
    known = re.compile(
        f"[0-9a-f]{{40}}|{TIMES}|" + "|".join(re.escape(each) for each in sorted(names(), key=len, reverse=True))
    )
    django_texts = texts_of_django()
    wrong = {}
    for name, (reader, address) in states.items():
        client = Client() if reader is None else people.session_of(reader)
        words = Words()
        page = client.get(address, headers={"Accept-Language": "ia"}).content.decode()
        words.feed(page.split('class="plate all-fields"')[0])  # for developers, in the words of the database
        untranslated = [text for text in words.found if WORDS.search(known.sub("", text)) and text not in SAID]
        if name.startswith("admin-"):
            untranslated = [text for text in untranslated if text.rstrip(":") not in django_texts]
        if untranslated:
            wrong[name] = untranslated
    assert wrong == {}
