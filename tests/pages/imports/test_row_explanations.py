"""Explanations of rows that were left out: their song, its charts, and suggested titles."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from imports.models import Chart, Import, Score
from imports.pages.texts.failures import failure_line, row_violation
from tests import factories, people
from tests.pages.html_parsing import text_of, url_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

IN_SECONDS = (
    "Invalid BATCH-MANUAL: scores[11].timeAchieved | Expected a number greater than 1 Trillion - did you pass unix "
    "seconds instead of milliseconds? | Received 1795355460 [type: number]."
)
TOO_HIGH = (
    "Invalid BATCH-MANUAL: scores[9].score | Expected a number between 0 and 10000000. "
    "| Received 10020000 [type: number]."
)
NO_LAMP = "Invalid BATCH-MANUAL: scores[9].lamp | Expected string. | Received undefined [type: undefined]."
NO_SERVICE = (
    "Invalid BATCH-MANUAL: meta.service | Expected a string with length between 3 and 60. "
    "| Received undefined [type: undefined]."
)


@pytest.fixture
def client() -> Client:
    return people.session_of(people.alice())


@pytest.fixture
def snowfall() -> Chart:
    song = factories.create_song(7, "Tactile Snowfall")
    factories.create_chart(song, "NOV", level=5)
    factories.create_chart(song, "EXH", level=14)
    return factories.create_chart(song, "MXM", level=17)


def row(match_type: str, identifier: str, difficulty: str = "MXM", **fields: Any) -> dict[str, Any]:
    return factories.unknown_score(matchType=match_type, identifier=identifier, difficulty=difficulty, **fields)


CASES = [
    (row("songTitle", "tactile snowfall", "GRV"), "Unknown chart Tactile Snowfall has no GRV chart. It has NOV, EXH"),
    (row("sdvxInGameID", "7", "GRV"), "Unknown chart Tactile Snowfall Tactile Snowfall has no GRV chart. It has NOV"),
    (row("tachiSongID", "7", "GRV"), "Unknown chart Tactile Snowfall Tactile Snowfall has no GRV chart. It has NOV"),
    (row("sdvxInGameID", "8"), "Unknown song or chart No known song or chart has this ID."),
    (row("songTitle", "Nothing"), "Unknown song No known song has this title."),
]  # fmt: skip


@pytest.mark.parametrize(("bad", "expected"), CASES)
def test_the_check_and_the_result_explain_a_row_by_its_song(
    bad: dict[str, Any], expected: str, snowfall: Chart, client: Client
) -> None:
    checked = client.post("/import/", {"importType": "file/batch-manual", "pasted": document_of(bad)})
    assert expected in text_of(client.get(checked["Location"]))
    job = factories.create_import(people.alice(), bad)
    assert expected in text_of(client.get(url_of(job, "?tab=problems")))


def document_of(*rows: dict[str, Any]) -> str:
    return json.dumps(factories.batch_manual(*rows))


def test_only_the_wrong_value_of_a_row_is_marked(snowfall: Chart, client: Client) -> None:
    job = factories.create_import(people.alice(), CASES[0][0])
    markup = client.get(url_of(job, "?tab=problems")).content.decode()
    assert "<mark>&quot;GRV&quot;</mark>" in markup
    assert "<mark>&quot;tactile snowfall&quot;</mark>" not in markup
    assert "matchType" not in markup


def test_a_row_with_a_similar_title_can_be_imported_on_the_suggested_chart(snowfall: Chart, client: Client) -> None:
    job = factories.create_import(people.alice(), row("songTitle", "Tactile Snowfal"))
    page = client.get(url_of(job, "?tab=problems"))
    assert "Is it “Tactile Snowfall”? One letter differs." in text_of(page)
    assert f'name="chart" value="{snowfall.pk}"' in page.content.decode()
    client.post(url_of(job, "problems/0/"), {"chart": snowfall.pk})
    assert factories.run_job(Import.objects.latest("pk")).score_count == 1
    assert Score.objects.get().chart == snowfall


def test_other_users_see_tachi_s_message_without_a_button(snowfall: Chart) -> None:
    job = factories.create_import(people.alice(), row("songTitle", "Tactile Snowfal"))
    for reader in (people.session_of(people.bob()), people.guest()):
        page = reader.get(url_of(job, "?tab=problems"))
        assert "Cannot find chart songTitle:Tactile Snowfal." in text_of(page)
        assert 'name="chart"' not in page.content.decode()


def test_a_title_of_several_songs_is_explained_as_ambiguous(client: Client) -> None:
    for number in (8, 9):
        factories.create_chart(factories.create_song(number, "Twins"), "MXM")
    job = factories.create_import(people.alice(), row("songTitle", "Twins"))
    explanation = "Ambiguous title More than one song has this title. Pick the one you played."
    assert explanation in text_of(client.get(url_of(job, "?tab=problems")))


def test_an_unmatched_score_with_a_song_number_shows_the_title(snowfall: Chart, client: Client) -> None:
    factories.create_import(people.alice(), row("sdvxInGameID", "7", "GRV"), row("sdvxInGameID", "8"))
    text = text_of(client.get("/orphans/"))
    assert "Tactile Snowfall (In-game ID 7) GRV" in text
    assert "Tactile Snowfall has no GRV chart. It has NOV, EXH and MXM." in text
    assert "In-game ID 8 MXM" in text


@pytest.mark.parametrize("count", [2, 40])
def test_queries_of_the_problems_tab_do_not_grow_with_the_songs(
    count: int, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    charts = factories.charts(count)
    rows = [row("songTitle", chart.song.title, "GRV") for chart in charts]
    rows += [row("sdvxInGameID", str(chart.song.song_id), "GRV") for chart in charts]
    rows += [row("songTitle", f"{chart.song.title}x") for chart in charts]
    job = factories.create_import(people.alice(), *rows)
    with django_assert_num_queries(24):
        client.get(url_of(job, "?tab=problems"))


@pytest.mark.parametrize(
    ("message", "line", "of_row"),
    [
        (
            IN_SECONDS,
            "Row 11 has a date in seconds. Dates must be in milliseconds.",
            "The date is in seconds. Dates must be in milliseconds.",
        ),
        (
            TOO_HIGH,
            "Row 9 has a value in “score” that is not allowed. Expected: a number between 0 and 10000000.",
            "“score” has a value that is not allowed. Expected: a number between 0 and 10000000.",
        ),
        (NO_LAMP, "Row 9 has no “lamp”.", "“lamp” is missing."),
        (
            NO_SERVICE,
            "“meta.service” is missing.",
            "“meta.service” is missing.",
        ),
        ("Invalid JSON. (It ends too early.)", "The file ends too early. It was probably not downloaded", ""),
        ("Invalid JSON. (It is empty.)", "The file is not valid JSON.", ""),
        (
            "Invalid CSV provided. CSV does not have the correct number of headers.",
            "The columns of this CSV are not those of its kind of file.",
            "",
        ),
        ("Unknown firmware.\nMore of it.", "Unknown firmware.", ""),
    ],
)
def test_a_failure_is_explained_in_one_line(message: str, line: str, of_row: str) -> None:
    assert failure_line(message, 400).startswith(line)
    assert row_violation(message) == of_row


@pytest.mark.parametrize("status", [500, None])
def test_a_server_error_is_explained_as_a_server_error(status: int | None) -> None:
    assert failure_line("Traceback", status) == "Something went wrong on our side."


def test_the_list_of_imports_explains_a_failure_in_plain_words(client: Client) -> None:
    rows = [factories.score_on(chart, timeAchieved=1_795_355_460) for chart in factories.charts(1)]
    factories.create_import(people.alice(), *rows)
    text = text_of(client.get("/imports/"))
    assert "Row 0 has a date in seconds. Dates must be in milliseconds." in text
    assert "BATCH-MANUAL:" not in text
