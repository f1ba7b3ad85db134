"""Pages are in the language that a reader chose, or else in that of their browser; the API speaks English."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from imports.pages.sharing import cards
from tests import factories, people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

JAPANESE, GERMAN = {"Accept-Language": "ja,en;q=0.5"}, {"Accept-Language": "de"}


def language_of(client: Client, address: str = "/login/") -> str:
    page = client.get(address)
    return page.content.decode().partition('<html lang="')[2].partition('"')[0]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("ja", "ja"),
        ("ja-JP,ja;q=0.9,en;q=0.5", "ja"),
        ("en-GB,ja;q=0.5", "en"),
        ("de,ja;q=0.5", "ja"),
        ("de", "en"),
        ("", "en"),
    ],
)
def test_the_accept_language_header_selects_the_language(accepted: str, language: str) -> None:
    assert language_of(Client(headers={"Accept-Language": accepted})) == language


def test_a_japanese_page_declares_its_language_and_varies_by_it() -> None:
    page = Client(headers=JAPANESE).get("/login/")
    assert "サインイン" in page.content.decode()
    assert page.headers["Content-Language"] == "ja"
    assert {"Accept-Language", "Cookie"} <= set(page.headers["Vary"].split(", "))
    assert "max-age=3600" not in page.headers["Cache-Control"]


def test_a_chosen_language_takes_precedence_over_the_browser_s() -> None:
    client = Client(headers=JAPANESE)
    page = client.get("/games/?page=1").content.decode()
    assert 'name="next" value="/games/?page=1"' in page
    assert 'name="language" value="en" lang="en" translate="no">English</button>' in page
    chosen = client.post("/language/", {"language": "en", "next": "/games/?page=1"})
    assert (chosen.status_code, chosen.headers["Location"]) == (302, "/games/?page=1")
    cookie = client.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert (cookie["max-age"], cookie["samesite"], cookie["httponly"]) == (31_536_000, "Lax", True)
    assert language_of(client) == "en"
    assert (
        'name="language" value="ja" lang="ja" translate="no">日本語</button>' in client.get("/games/").content.decode()
    )


@pytest.mark.parametrize("language", ["de", "xx", "", "../../etc"])
def test_a_language_that_is_not_offered_cannot_be_chosen(language: str) -> None:
    client = Client()
    client.post("/language/", {"language": language, "next": "/login/"})
    assert language_of(client) == "en"


def test_a_language_choice_redirects_to_pages_of_this_site_only() -> None:
    chosen = Client().post("/language/", {"language": "ja", "next": "https://elsewhere.example/"})
    assert chosen.headers["Location"] == "/"


def test_a_language_choice_requires_a_csrf_token() -> None:
    assert Client(enforce_csrf_checks=True).post("/language/", {"language": "ja"}).status_code == 403


def test_error_pages_use_the_reader_s_language() -> None:
    assert language_of(Client(headers=JAPANESE), "/nowhere/") == "ja"


def test_the_api_is_english_and_does_not_vary_by_language() -> None:
    Client(headers=JAPANESE).get("/login/")  # what this thread did last
    refused = Client(headers=JAPANESE).get("/api/v1/users/nobody")
    assert refused.json()["description"].isascii()
    assert "Accept-Language" not in refused.headers.get("Vary", "")
    assert "Content-Language" not in refused.headers


@pytest.mark.parametrize("address", ["/texts/ja/", "/healthz", "/api/schema"])
def test_language_independent_responses_do_not_vary_by_language(address: str) -> None:
    assert "Accept-Language" not in Client(headers=JAPANESE).get(address).headers.get("Vary", "")


def test_the_web_manifest_varies_by_language() -> None:
    manifest = Client(headers=JAPANESE).get("/site.webmanifest")
    assert manifest.json()["shortcuts"][0]["short_name"] == "アップロード"
    assert "Accept-Language" in manifest.headers["Vary"]


def test_a_share_card_does_not_depend_on_the_reader_s_language(monkeypatch: pytest.MonkeyPatch) -> None:
    job = factories.create_import(people.alice(), factories.score_on(factories.charts(1)[0]))
    drawn: list[str] = []

    def draw(svg: str) -> bytes:
        drawn.append(svg)
        return b""

    monkeypatch.setattr(cards, "card_png", draw)
    for headers in (JAPANESE, GERMAN):
        Client(headers=headers).get(f"/imports/{job.import_id}/card.png")
    assert len(drawn) == 2
    assert drawn[0] == drawn[1]


def test_times_are_formatted_in_the_reader_s_language() -> None:
    factories.create_import(people.alice(), factories.score_on(factories.charts(1)[0], timeAchieved=factories.NOON))
    page = people.session_of(people.alice()).get("/imports/", headers=JAPANESE).content.decode()
    assert "年" in page.partition("<time")[2].partition("</time>")[0]
