"""The size of compressed pages, and the random padding that hides the length of their content."""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from imports.models import Import
from tests import factories, people
from tests.pages.html_parsing import url_of

pytestmark = pytest.mark.django_db

ACCEPTS = {"Accept-Encoding": "gzip, deflate, br"}
KB = 1_000
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"')  # masked again on each page


def on_the_wire(client: Client, address: str) -> Any:
    response = client.get(address, headers=ACCEPTS)
    assert response.status_code == 200
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["Content-Length"] == str(len(response.content))
    return response


@pytest.fixture
def large() -> Import:
    """An import of 300 scores, half of them new bests over an earlier one."""
    charts = factories.charts(300)
    earlier = [factories.score_on(chart, 9_000_000 + place) for place, chart in enumerate(charts[:150])]
    factories.create_import(people.alice(), *earlier)
    rows = [
        factories.score_on(chart, 9_500_000 + place * 1_000, timeAchieved=factories.NOON + place * factories.MINUTE)
        for place, chart in enumerate(charts)
    ]
    return factories.create_import(people.alice(), *rows, file_name="night.json")


@pytest.mark.slow
def test_every_tab_of_an_import_of_300_scores_is_below_15_kilobytes(large: Import) -> None:
    alices = people.session_of(people.alice())
    for tab in ("", "?tab=scores", "?tab=sessions", "?tab=problems", "?tab=history", "?tab=input"):
        size = len(on_the_wire(alices, f"{url_of(large)}{tab}").content)
        assert size < 15 * KB, tab


@pytest.mark.slow
def test_game_pages_and_the_home_page_are_below_5_kilobytes() -> None:
    call_command("load_seeds", "imports/sample/seeds", verbosity=0)
    for address in (reverse("game-list"), reverse("game-detail", args=["sdvx"]), reverse("home")):
        assert len(on_the_wire(people.guest(), address).content) < 5 * KB, address


def test_a_compressed_page_equals_the_plain_page() -> None:
    plain = people.guest().get(reverse("game-list"))
    assert "Content-Encoding" not in plain.headers
    packed = on_the_wire(people.guest(), reverse("game-list"))
    assert TOKEN.sub(b"", gzip.decompress(packed.content)) == TOKEN.sub(b"", plain.content)
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]


def test_the_length_of_a_page_is_padded_randomly() -> None:
    guest = people.guest()
    lengths = {len(guest.get(reverse("game-list"), headers=ACCEPTS).content) for _ in range(12)}
    assert len(lengths) > 1


@pytest.mark.parametrize("address", ["/api/v1/games", "/api/v1/status", "/site.webmanifest"])
def test_only_pages_are_compressed(address: str) -> None:
    response = people.guest().get(address, headers=ACCEPTS)
    assert "Content-Encoding" not in response.headers
