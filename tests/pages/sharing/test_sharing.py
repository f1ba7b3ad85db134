"""Share cards of imports and sessions, tags for link previews, the web manifest, and files shared by a phone."""

from __future__ import annotations

import json
import re
import struct
from html import escape, unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import resvg_py
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from pytest_django import Settings
from redis import Redis

from imports.catalogue.chart_names import ChartName
from imports.models import Chart, Import, Session, State
from imports.pages.components import lamp_strip
from imports.pages.components.lamp_colors import TABLE, light_of
from imports.pages.components.score_rows import Play, Plays
from imports.pages.components.view_models import DiffRow, SongName
from imports.pages.sharing import cards
from tests import factories, people
from tests.pages.html_parsing import heading_of, in_state, messages_of, text_of, url_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def job() -> Import:
    return factories.create_import(people.alice(), *(factories.score_on(chart) for chart in factories.charts(3)))


def test_the_card_of_an_import_is_a_public_png(job: Import, redis_clean: Redis) -> None:
    answer = people.guest().get(url_of(job, "card.png"))
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert "public" in answer["Cache-Control"]
    assert answer.content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", answer.content[16:24]) == (1200, 630)
    assert len(answer.content) < 120_000
    again = people.guest().get(url_of(job, "card.png"), headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


def test_the_text_of_a_card_is_drawn(job: Import) -> None:
    """With fonts that resvg does not find, a card would have no text."""
    svg = cards.card_svg(job)
    assert "3 new scores" in svg
    pictures = {cards.card_png(svg.replace("3 new scores", words)) for words in ("3 new scores", "4 new scores", "")}
    assert len(pictures) == 3


def test_a_card_is_drawn_once(job: Import, redis_clean: Redis) -> None:
    with patch.object(resvg_py, "svg_to_bytes", wraps=resvg_py.svg_to_bytes) as drawn:
        for _ in range(3):
            assert people.guest().get(url_of(job, "card.png")).status_code == 200
    assert drawn.call_count == 1


def test_a_card_request_during_another_drawing_is_a_503(
    job: Import, redis_clean: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards, "WAIT_SECONDS", 0.01)
    with cards._drawing:
        answer = people.guest().get(url_of(job, "card.png"))
    assert (answer.status_code, answer["Retry-After"]) == (503, "3")


@pytest.mark.parametrize("state", [State.FAILED, State.REVERTED, State.QUEUED])
def test_an_import_that_is_not_completed_has_no_card(state: State) -> None:
    hers = in_state(people.alice(), state)
    for client in (people.guest(), people.session_of(people.alice())):
        assert client.get(url_of(hers, "card.png")).status_code == 404


def test_names_on_a_card_are_escaped(job: Import) -> None:
    job.service = job.game = "<script>"
    job.user.username = '"><rect/>'
    assert "<script>" not in cards.card_svg(job)
    assert '"><rect/>' not in cards.card_svg(job)


def test_an_import_page_has_preview_tags_with_the_public_url(job: Import, settings: Settings) -> None:
    settings.TACHI_PUBLIC_URL = "https://scores.example.org"
    page = people.guest().get(url_of(job)).content.decode()
    assert f'property="og:image" content="https://scores.example.org{url_of(job, "card.png")}"' in page
    assert 'property="og:title" content="3 new scores"' in page
    assert 'content="3 new scores by Alice, SOUND VOLTEX"' in page
    assert 'rel="manifest" href="/site.webmanifest"' in page


TAGS = {
    "og:site_name", "og:type", "og:title", "og:description", "og:url", "og:image", "og:image:width", "og:image:height",
    "og:image:alt",
}  # fmt: skip


def tags_of(page: Any) -> dict[str, str]:
    """Returns the Open Graph tags of a page."""
    found = re.findall(r'<meta property="(og:[^"]+)" content="([^"]*)"', page.content.decode())
    assert len(found) == len(dict(found))  # no duplicates
    return {name: unescape(value) for name, value in found}


def test_every_public_page_has_all_open_graph_tags(job: Import, settings: Settings) -> None:
    settings.TACHI_PUBLIC_URL = "https://scores.example.org"
    row = factories.score_on(Chart.objects.order_by("pk")[0], 9_900_000, timeAchieved=factories.NOON)
    single, repeated = (factories.create_import(people.alice(), row) for _ in range(2))
    session = Session.objects.order_by("pk").first()
    assert session is not None
    paths = [
        *(url_of(each) for each in (job, single, repeated)),
        f"/sessions/{session.session_id}/", "/", "/users/Alice/", "/games/", "/games/sdvx/", "/login/",
    ]  # fmt: skip
    for path in paths:
        page = people.guest().get(path, follow=True)
        tags = tags_of(page)
        assert page.status_code == 200, path
        assert tags.keys() == TAGS, path
        assert all(tags.values()), path
        assert tags["og:url"] == f"https://scores.example.org{page.wsgi_request.path}"
        assert tags["og:image"].startswith("https://scores.example.org/")


def test_the_alt_text_of_a_card_has_its_text_without_the_songs(job: Import) -> None:
    words = cards.import_card_text(job)
    alt = tags_of(people.guest().get(url_of(job)))["og:image:alt"]
    assert alt == words.partition(" Biggest gains")[0]
    assert "3 new scores. Alice, SOUND VOLTEX." in alt
    assert "Biggest gains" in words


def test_the_manifest_has_existing_icons_and_a_share_target() -> None:
    answer = people.guest().get("/site.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    manifest = json.loads(answer.content)
    for icon in manifest["icons"]:
        assert finders.find(icon["src"].removeprefix("/static/")), icon
    target = manifest["share_target"]
    assert (target["action"], target["method"]) == ("/import/share/", "POST")
    assert {".json", ".csv", ".xml"} <= set(target["params"]["files"][0]["accept"])


# --- sessions --------------------------------------------------------------------------------------------


@pytest.fixture
def session() -> Session:
    """A session of three plays of Alice's, a day after a play on the first chart."""
    charts = factories.charts(3)
    factories.create_import(people.alice(), factories.score_on(charts[0], 9_000_000, timeAchieved=factories.NOON))
    start = factories.NOON + 24 * factories.HOUR
    rows = [factories.score_on(chart, timeAchieved=start + place) for place, chart in enumerate(charts)]
    factories.create_import(people.alice(), *rows)
    return Session.objects.order_by("-time_started")[0]


def test_the_card_of_a_session_is_a_public_png(session: Session, redis_clean: Redis) -> None:
    answer = people.guest().get(f"/sessions/{session.session_id}/card.png")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert struct.unpack(">II", answer.content[16:24]) == (1200, 630)
    assert len(answer.content) < 120_000
    assert people.guest().get(f"/sessions/{'Q' + '0' * 40}/card.png").status_code == 404


def test_the_card_of_a_session_has_rating_lamps_and_new_bests(session: Session) -> None:
    svg = cards.session_svg(session)
    assert "VOLFORCE" in svg
    assert "3 scores, 1 new best" in svg
    assert svg.count('fill="#ffd55c"') == 2  # the gain and one diamond
    assert cards.LIGHTS["green"] in svg
    session.name = "終電 🐾 Žižkov"
    assert "終電 Žižkov" in cards.session_svg(session)  # the fonts have no paw
    session.name = "<b>last train</b>"
    assert "&lt;b&gt;last train" in cards.session_svg(session)


def test_few_plays_are_narrow_columns_on_a_card_and_many_fill_its_width(session: Session) -> None:
    assert "scale(80.000 21.667)" in cards.session_svg(session)
    charts = [factories.create_chart(factories.create_song(number)) for number in range(100, 140)]
    start = int(session.time_ended) + factories.MINUTE
    rows = [factories.score_on(chart, timeAchieved=start + place) for place, chart in enumerate(charts)]
    factories.create_import(people.alice(), *rows)
    session.refresh_from_db()
    svg = cards.session_svg(session)
    scale = re.search(r"translate\(64 376\) scale\(([\d.]+) ", svg)
    assert scale is not None
    # The last column ends at the right edge.
    assert float(scale[1]) * (session.score_count - 1 + lamp_strip.COLUMN) == pytest.approx(cards.STRIP_WIDTH, abs=0.1)


def test_the_card_of_a_large_session_stays_below_the_size_limit(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    light = light_of("sdvx", "lamp", "CLEAR")
    plays = [Play(place, place, light, "S", "16", 16, 1, 1, place, place % 7 == 0) for place in range(2_000)]
    monkeypatch.setattr(cards, "session_plays", lambda *_: Plays(plays, {}))
    assert len(cards.session_svg(session)) < cards.MAX_SVG_LENGTH


def test_cards_use_the_light_colours_of_the_stylesheet() -> None:
    sheet = (Path(settings.BASE_DIR) / "static" / "css" / "site.css").read_text()
    assert {f"--light-{name}: {colour};" in sheet for name, colour in cards.LIGHTS.items()} == {True}
    shown = {light.color for ladders in TABLE.values() for ladder in ladders.values() for light in ladder.values()}
    assert shown <= {*cards.LIGHTS}


def test_a_session_page_has_preview_tags_with_its_changes(session: Session, settings: Settings) -> None:
    settings.TACHI_PUBLIC_URL = "https://scores.example.org"
    page = people.guest().get(f"/sessions/{session.session_id}/").content.decode()
    assert f'content="https://scores.example.org/sessions/{session.session_id}/card.png"' in page
    assert 'property="og:title" content="VOLFORCE 0.' in page
    assert 'content="3 scores, 1 new best by Alice, SOUND VOLTEX"' in page


# --- letters ---------------------------------------------------------------------------------------------

CELL, PER_LINE = 24, 100
NOT_LISTED = "🐾✪枪"


def cells(letters: str) -> list[bytes]:
    """Returns the drawn pixels of each letter."""
    places = [(letter, place % PER_LINE * CELL, place // PER_LINE * CELL) for place, letter in enumerate(letters)]
    texts = "".join(
        f'<text x="{x + 6}" y="{y + 18}" font-family="Public Sans" font-size="12">{escape(letter)}</text>'
        for letter, x, y in places
    )
    width, height = PER_LINE * CELL, -(-len(letters) // PER_LINE) * CELL
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{texts}</svg>'
    drawn = resvg_py.svg_to_bytes(svg_string=svg, font_files=cards.FONTS, skip_system_fonts=True)
    picture = Image.open(BytesIO(bytes(drawn))).getchannel("A")
    return [picture.crop((x, y, x + CELL, y + CELL)).tobytes() for _, x, y in places]


@pytest.mark.slow
def test_the_fonts_have_all_listed_letters_and_draw_boxes_for_others() -> None:
    listed = "".join(map(chr, sorted(cards._letters())))[::11]  # some from each part: all of them take long to draw
    *drawn, box, second_box, third_box = cells(listed + NOT_LISTED)
    assert box == second_box == third_box
    assert [letter for letter, cell in zip(listed, drawn, strict=True) if cell == box] == []


@pytest.mark.parametrize("text", ["終電後のプラネタリウム", "ŽťŁő", "Ελλάδα", "Привет", "♥★→", "Žť♥ΕλλάδαПривет終電"])
def test_titles_of_other_and_mixed_scripts_are_drawn_completely(text: str) -> None:
    """They are drawn in the font that has all their letters, even if the card names another font."""
    drawn = [
        resvg_py.svg_to_bytes(
            svg_string=f'<svg xmlns="http://www.w3.org/2000/svg" width="600" height="60">'
            f'<text x="9" y="40" font-family="{family}" font-size="30">{text}</text></svg>',
            font_files=cards.FONTS,
            skip_system_fonts=True,
        )
        for family in ("Public Sans", "Noto Sans JP Medium")
    ]
    assert cards._drawable(text) == text
    assert drawn[0] == drawn[1]


def test_a_letter_without_a_font_is_left_out() -> None:
    assert cards._drawable("Paw 🐾 up") == "Paw up"


def test_sample_titles_lose_no_letter() -> None:
    seeds = Path(settings.BASE_DIR) / "imports" / "sample" / "seeds"
    titles = [row["title"] for path in seeds.glob("songs-*.json") for row in json.loads(path.read_bytes())]
    assert [title for title in titles if cards._drawable(title) != title] == []


def raised(title: str) -> Import:
    """Returns an import that improved a best, on a song of this title."""
    chart = factories.create_chart(factories.create_song(1, title))
    for day, points in enumerate((9_000_000, 9_600_000)):
        row = factories.score_on(chart, points, timeAchieved=factories.NOON + day * 24 * factories.HOUR)
        job = factories.create_import(people.alice(), row)
    return job


def test_a_card_shows_the_songs_with_the_biggest_gains() -> None:
    svg = cards.card_svg(raised("終電後のプラネタリウム"))
    assert "終電後のプラネタリウム" in svg
    assert "EXH 16" in svg
    assert "9,000,000 → 9,600,000" in svg
    assert "Alice</tspan>  ·  SOUND VOLTEX  ·  1 new score, 1 new best<" in svg
    assert cards.LIGHTS["green"] in svg


def test_the_text_of_a_card_names_the_same_songs() -> None:
    text = cards.import_card_text(raised("終電後のプラネタリウム"))
    assert text.endswith("Alice, SOUND VOLTEX. Biggest gains: 終電後のプラネタリウム EXH 16.")


@pytest.mark.parametrize(
    ("title", "size", "lines"),
    [
        ("Short", 30, ["Short"]),
        ("あの日きみと見た観覧車のいちばん高い", 30, ["あの日きみと見た観覧車のいちばん高い"]),
        ("あの日きみと見た観覧車のいちばん高いところで止", 26, ["あの日きみと見た観覧車のいちばん高いところで止"]),
        ("ab " * 20, 22, ["ab ab ab ab ab ab ab ab ab ab", "ab ab ab ab ab ab ab ab ab ab"]),
        ("月" * 80, 22, ["月" * 27 + "…", "月" * 27 + "…"]),
    ],
)
def test_a_long_title_is_set_smaller_and_then_on_two_lines(title: str, size: int, lines: list[str]) -> None:
    light = light_of("sdvx", "lamp", "CLEAR")
    gain = cards._gain(DiffRow(SongName(title), ChartName("EXH", "17"), light, (("", "1"),)), 0)
    assert (gain.size, list(gain.lines)) == (size, lines)


# --- the share page --------------------------------------------------------------------------------------


def test_the_card_of_an_import_has_the_classes_of_its_rail(job: Import) -> None:
    change = cards._import_change(job)
    assert change
    assert change.class_rail
    svg = cards.card_svg(job)
    for threshold, name in change.class_rail.marks:
        assert f'{threshold} <tspan fill="#ebf1f4">{name}</tspan>' in svg


@pytest.mark.parametrize("shared", ["import", "session"])
def test_the_share_page_offers_card_and_link_without_scripts(shared: str, session: Session, settings: Settings) -> None:
    settings.TACHI_PUBLIC_URL = "https://scores.example.org"
    address = url_of(Import.objects.latest("pk")) if shared == "import" else f"/sessions/{session.session_id}/"
    assert f'href="{address}share/" data-dialog' in people.guest().get(address).content.decode()
    page = people.guest().get(f"{address}share/")
    body = page.content.decode()
    assert heading_of(page) == f"Share this {shared}"
    assert f"https://scores.example.org{address}" in text_of(page)
    assert f'src="{address}card.png"' in body
    assert f'href="{address}card.png" download="{shared}-' in body
    assert "Alice, SOUND VOLTEX." in body
    assert "Anyone with the link can see" in text_of(page)


def test_a_reverted_import_and_an_unknown_session_cannot_be_shared() -> None:
    hers = in_state(people.alice(), State.REVERTED)
    assert people.session_of(people.alice()).get(url_of(hers, "share/")).status_code == 404
    assert people.guest().get(f"/sessions/{'Q' + '0' * 40}/share/").status_code == 404


# --- files that a phone shares ---------------------------------------------------------------------------


def test_a_shared_file_is_checked_and_not_imported(redis_clean: Redis) -> None:
    strict = Client(enforce_csrf_checks=True)  # a share sheet has no token
    strict.force_login(people.alice())
    content = json.dumps(factories.batch_manual(factories.score_on(factories.charts(1)[0]))).encode()
    answer = strict.post(
        "/import/share/", {"scoreData": SimpleUploadedFile("night.json", content)}, headers={"Sec-Fetch-Site": "none"}
    )
    assert answer["Location"].startswith("/import/checked/")
    assert heading_of(strict.get(answer["Location"])) == "1 score ready to import"
    assert not Import.objects.exists()


def test_a_shared_file_of_an_unknown_format_is_refused() -> None:
    answer = people.session_of(people.alice()).post(
        "/import/share/", {"scoreData": SimpleUploadedFile("cat.json", b"meow")}
    )
    assert answer.status_code == 400
    assert "Nothing was imported" in text_of(answer)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_share_a_file(site: str) -> None:
    client = people.session_of(people.alice())
    file = SimpleUploadedFile("night.json", b"{}")
    assert client.post("/import/share/", {"scoreData": file}, headers={"Sec-Fetch-Site": site}).status_code == 403


def test_a_guest_who_shares_a_file_is_redirected_to_sign_in() -> None:
    client = people.guest()
    page = client.post("/import/share/", {"scoreData": SimpleUploadedFile("night.json", b"{}")}, follow=True)
    assert page.redirect_chain == [("/login/?next=/import/", 302)]
    assert "Sign in, then share the file again." in messages_of(page)


def test_a_banned_player_cannot_share_a_file() -> None:
    file = SimpleUploadedFile("night.json", b"{}")
    assert people.session_of(people.eve()).post("/import/share/", {"scoreData": file}).status_code == 403


def test_the_share_target_refuses_get_requests() -> None:
    assert people.session_of(people.alice()).get("/import/share/").status_code == 405
