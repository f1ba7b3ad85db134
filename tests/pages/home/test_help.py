"""/help/: common questions with the settings of this instance; the foot of every page links to it."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.fixtures import Settings as SettingsWrapper

from tests import people
from tests.pages.html_parsing import heading_of, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def guest() -> Client:
    return people.guest()


def test_help_links_to_uploads_tools_unmatched_scores_and_data(guest: Client) -> None:
    page = guest.get("/help/")
    assert heading_of(page) == "Help"
    body = page.content.decode()
    for address in ("/import/", "/tools/", "/imports/", "/orphans/", "/tokens/", "/account/data/", "/api/docs/"):
        assert f'href="{address}"' in body
    assert "mypage-scraper records (WACCA)" in text_of(page)


def test_help_shows_the_number_of_days_that_files_are_stored(guest: Client, settings: SettingsWrapper) -> None:
    settings.TACHI_KEEP_INPUT_DAYS = 30
    assert "A reverted import can be restored while its file is kept: 30 days." in text_of(guest.get("/help/"))
    assert "without a break of more than 2 hours" in text_of(guest.get("/help/"))


@pytest.mark.parametrize("address", ["/", "/login/", "/games/", "/nowhere/", "/api/docs/"])
def test_every_page_links_to_help_and_to_the_api(guest: Client, address: str) -> None:
    body = guest.get(address).content.decode()
    assert '<a href="/help/">Help</a>' in body
    assert '<a href="/api/docs/">API</a>' in body


def test_every_page_links_to_the_source_if_the_operator_names_it(guest: Client, settings: SettingsWrapper) -> None:
    assert ">Source</a>" not in guest.get("/").content.decode()
    settings.TACHI_SOURCE_URL = "https://code.example.org/tachi-imports"
    link = '<a href="https://code.example.org/tachi-imports" rel="noreferrer">Source</a>'
    assert link in guest.get("/").content.decode()
