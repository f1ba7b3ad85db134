"""The components as a whole: size, safety and structure of the pages."""

from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory

from imports.pages.components.progress import STAGES, progress_from
from imports.pages.components.view_models import Segment, rail
from imports.pages.styleguide.views import QUEUED, RUNNING, sample_context

ROOT = Path(__file__).parents[3]
STATIC = ROOT / "static"
TEMPLATES = ROOT / "templates"
VOID = {"meta", "link", "input", "br", "hr", "img"}


class Reader(HTMLParser):
    """Collects ids, attributes and headings, and checks that elements close in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.elements: list[str] = []
        self.wrong: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"{tag} at {self.getpos()}")


@pytest.fixture(scope="module")
def page() -> str:
    context = {**sample_context(), "user": SimpleNamespace(is_authenticated=True)}
    return render_to_string("styleguide.html", context, request=RequestFactory().get("/styleguide/?q=x"))


def test_elements_close_in_order_and_ids_are_unique(page: str) -> None:
    reader = Reader(page)
    assert (reader.wrong, reader.open) == ([], [])
    assert sorted(set(reader.ids)) == sorted(reader.ids)


def test_attributes_refer_to_ids_that_exist(page: str) -> None:
    reader = Reader(page)
    named = {"for", "aria-labelledby", "aria-describedby", "data-copy"}
    wanted = [id_ for _, name, value in reader.attributes if name in named for id_ in (value or "").split()]
    assert [id_ for id_ in wanted if id_ not in reader.ids] == []


def test_the_styleguide_has_no_inline_styles_or_scripts(page: str) -> None:
    reader = Reader(page)
    assert "style" not in reader.elements
    assert [entry for entry in reader.attributes if entry[1] == "style" or entry[1].startswith("on")] == []
    assert re.findall(r"<script(?![^>]* src=)", page) == []


def test_the_styleguide_loads_no_resource_from_another_host(page: str) -> None:
    addresses = [value for _, name, value in Reader(page).attributes if name in ("src", "href", "action") and value]
    assert [value for value in addresses if re.match(r"(\w+:)?//", value)] == []
    assert re.findall(r"url\((?!\"\.\./fonts/)", (STATIC / "css/site.css").read_text()) == []


def test_every_named_icon_exists() -> None:
    symbols = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))
    sources = "".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
    named = set(re.findall(r'{% icon "([^"]+)"', sources))
    scripted = set(re.findall(r'\["\w*", "([\w-]+)", gettext', (STATIC / "js/progress.js").read_text()))
    assert named - symbols == set()
    assert scripted >= {"check", "circle-dashed", "loader"}
    assert scripted - symbols == set()


def test_every_component_is_in_the_styleguide() -> None:
    """Directly or inside another component. Except `_refresh.html`, which is a `<meta>` for pages without scripts."""
    components = {path.name for path in (TEMPLATES / "components").iterdir()}
    assert components - drawn_by("styleguide.html") == {"_refresh.html"}


def drawn_by(template: str) -> set[str]:
    """Returns the components that a template includes, directly or through another component."""
    found: set[str] = set()
    waiting = [TEMPLATES / template]
    while waiting:
        included = set(re.findall(r'include "components/([^"]+)"', waiting.pop().read_text())) - found
        found |= included
        waiting += [TEMPLATES / "components" / name for name in included]
    return found


def test_the_first_page_weighs_less_than_100_kilobytes(page: str) -> None:
    def packed(name: str) -> int:
        return len(gzip.compress((STATIC / name).read_bytes()))

    fonts = sum((STATIC / "fonts" / name).stat().st_size for name in ("public-sans-latin.woff2", "archivo-wide.woff2"))
    scripts = sum(packed(f"js/{path.name}") for path in (STATIC / "js").glob("*.js"))
    assert packed("css/site.css") <= 13_500
    assert fonts <= 42_000
    assert fonts + scripts + packed("css/site.css") + packed("icons.svg") + len(gzip.compress(page.encode())) < 100_000


def test_page_links_keep_the_search_text(page: str) -> None:
    assert 'href="?q=x&amp;page=5"' in page


def test_rail_segments_never_exceed_the_rail() -> None:
    assert rail((("c-new", 214), ("c-dup", 18), ("c-bad", 0)), total=235).segments == (
        Segment("c-new", "0.00%", "91.06%"),
        Segment("c-dup", "91.06%", "7.66%"),
    )
    assert rail((("had", 999), ("more", 1)), total=1000).segments[-1] == Segment("more", "99.90%", "0.10%")
    assert rail((("had", 0),), total=0).segments == ()


def test_progress_shows_the_state_of_each_stage() -> None:
    progress = progress_from(RUNNING, poll_url="/poll")
    assert [(stage.name, stage.place, stage.note) for stage in progress.stages[:6]] == [
        ("queued", "was", "0.4 s"),
        ("reading", "was", "0.3 s"),
        ("finding_charts", "was", ""),
        ("checking", "was", ""),
        ("saving", "now", "12,806 of 20,000"),
        ("sessions", "next", ""),
    ]
    assert progress.screen_reader_text == "Saving scores, 64 percent, about 4 s left."


def test_progress_of_a_queued_import_shows_its_position() -> None:
    progress = progress_from(QUEUED, poll_url="/poll")
    assert (progress.position, progress.stages[0].note) == (3, "2 ahead of yours")
    assert progress.screen_reader_text == "Waiting in the queue, number 3 in the queue."


@pytest.mark.parametrize("body", [{}, {"description": "Starting up import."}, {"stage": "unheard of", "percent": None}])
def test_progress_without_a_known_stage_shows_the_first_stage(body: dict[str, object]) -> None:
    progress = progress_from(body, poll_url="/poll")
    assert (progress.stage, progress.percent, len(progress.stages)) == ("queued", 0, len(STAGES))
