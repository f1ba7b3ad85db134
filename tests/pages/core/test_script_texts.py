"""Texts of scripts are in the page's language, times in its language and the reader's variant of it."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from django.test import Client, RequestFactory
from playwright.sync_api import Browser, Page, expect
from pytest_django.fixtures import Settings as SettingsWrapper

from imports.pages.core.script_texts import ScriptTextsView
from imports.pages.styleguide.views import QUEUED, RUNNING
from tests.pages.scripts_harness import CHROMIUM, UPLOAD_PAGE, Answer, Site, ongoing, progress_page, rendered

browsed = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]
translated = pytest.mark.skipif(shutil.which("xgettext") is None, reason="GNU gettext is not on this machine")
TIMES = """{% extends "top_page.html" %}{% load shown %}
{% block content %}{% moment time %}, {% moment now "short" %}{% endblock %}"""


def bring_texts(site: Site) -> None:
    actual = ScriptTextsView().get(RequestFactory().get("/texts/eo/"), language="eo")
    site.answers["GET /texts/eo/?v=0.1"] = Answer(actual.content.decode(), type=actual.headers["Content-Type"])


class TestInABrowser:
    pytestmark = browsed

    @translated
    @pytest.mark.usefixtures("esperanto")
    def test_progress_texts_use_the_language_of_the_page(self, site: Site, page: Page) -> None:
        bring_texts(site)
        site.answers["GET /import"] = progress_page(QUEUED)
        site.answers["GET /poll"] = ongoing(stage="queued", percent=0, queuePosition=2, etaSeconds=9)
        page.goto(f"{site.address}/import")
        expect(page.locator("[data-part=counts]")).to_have_text("⟦2 imports ahead of yours⟧")
        expect(page.locator("[data-part=left]")).to_have_text("⟦starts in about ⟦9 s⟧⟧")

        under_way = ongoing(stage="saving", percent=70, processed=14_000, total=20_000, etaSeconds=12)
        site.answers["GET /poll"] = under_way
        expect(page.locator("[data-part=counts]")).to_have_text("14,000 ⟦of 20,000 scores⟧")
        expect(page.locator("[data-part=spoken]")).to_have_text(
            "⟦⟦Saving scores⟧⟦, ⟧⟦70 percent⟧⟦, ⟧⟦about ⟦15 s⟧ left⟧.⟧"
        )

    @translated
    @pytest.mark.usefixtures("esperanto")
    def test_the_server_and_the_script_render_the_same_texts(self, site: Site, page: Page) -> None:
        bring_texts(site)
        site.answers["GET /import"] = progress_page(RUNNING)
        site.answers["GET /poll"] = ongoing(**RUNNING)
        page.goto(f"{site.address}/import")
        first = page.get_by_role("main").inner_text()
        with page.expect_response("**/poll"):
            pass
        page.wait_for_timeout(100)
        assert page.get_by_role("main").inner_text() == first

    @translated
    @pytest.mark.usefixtures("esperanto")
    def test_upload_texts_use_the_language_of_the_page(self, site: Site, page: Page, tmp_path: Path) -> None:
        bring_texts(site)
        site.answers["GET /new"] = rendered(UPLOAD_PAGE)
        (tmp_path / "years.json").write_text("x" * 1_200)
        page.goto(f"{site.address}/new")
        page.locator("input[type=file]").set_input_files(tmp_path / "years.json")
        expect(page.get_by_role("alert")).to_have_text("⟦The file is larger than ⟦1 KB⟧. Nothing was uploaded.⟧")

    @pytest.mark.parametrize(
        ("language", "readers", "expected"),
        [
            ("en", "en-GB", "13 Sept 2020, 21:26, now"),
            ("en", "en-US", "Sep 13, 2020, 9:26 PM, now"),
            ("en", "de-DE", "13 Sept 2020, 21:26, now"),
            ("de", "de-AT", "13. Sep. 2020, 21:26, jetzt"),
            ("de", "en-GB", "13. Sept. 2020, 21:26, jetzt"),
        ],
    )
    def test_times_use_the_language_of_the_page(
        self, language: str, readers: str, expected: str, site: Site, browser: Browser
    ) -> None:
        actual = rendered(TIMES, time=1_600_000_000_000, now=int(time.time() * 1_000)).body
        site.answers["GET /page"] = Answer(actual.replace('<html lang="en">', f'<html lang="{language}">'))
        context = browser.new_context(locale=readers, timezone_id="Asia/Tokyo")
        opened = context.new_page()
        opened.goto(f"{site.address}/page")
        try:
            expect(opened.get_by_role("main")).to_contain_text(expected)
        finally:
            context.close()


# --- the catalogue -----------------------------------------------------------------------------------


def test_english_pages_load_no_script_catalogue() -> None:
    page = Client().get("/login/").content.decode()
    assert "js/texts.js" in page
    assert "/texts/en" not in page


@translated
@pytest.mark.usefixtures("esperanto")
def test_the_script_catalogue_is_publicly_cacheable() -> None:
    response = Client().get("/texts/eo/?v=1")
    assert response.headers["Content-Type"].startswith("text/javascript")
    assert r'"Copied": "\u27e6Copied\u27e7"' in response.content.decode()
    assert response.headers["Cache-Control"] == "public, max-age=3600"
    assert "Vary" not in response.headers
    again = Client().get("/texts/eo/?v=1", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.django_db
def test_a_language_that_is_not_offered_has_no_script_catalogue(settings: SettingsWrapper) -> None:
    assert Client().get("/texts/eo/").status_code == 404
