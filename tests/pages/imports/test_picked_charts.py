"""Charts that a player picks in the check of a file: the import stores the rows on these charts."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from imports.models import Chart, Import, OrphanScore, Score
from tests import factories, people
from tests.pages.html_parsing import heading_of, messages_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

Row = dict[str, Any]


@pytest.fixture
def client() -> Client:
    return people.session_of(people.alice())


@pytest.fixture
def snowfall() -> Chart:
    return factories.create_chart(factories.create_song(7, "Tactile Snowfall"), "MXM")


def named(title: str, points: int = 9_100_000, **fields: Any) -> Row:
    row = {"matchType": "songTitle", "identifier": title, "difficulty": "MXM", "lamp": "CLEAR", "score": points}
    return {**row, **fields}


def check_of(client: Client, *rows: Row, **parts: Any) -> str:
    """Uploads a file of these rows and returns the address of the check."""
    content = json.dumps(factories.batch_manual(*rows, **parts))
    return str(client.post("/import/", {"importType": "file/batch-manual", "pasted": content})["Location"])


def picked(client: Client, check: str, row: int, chart: Chart) -> str:
    """Picks this chart for a row and returns the address of the updated check."""
    response = client.post(f"{check}rows/{row}/", {"chart": chart.pk})
    assert response.status_code == 302, text_of(response)
    return str(response["Location"])


def imported(client: Client, check: str, *, do: str = "whole") -> Import:
    client.post(check, {"do": do})
    return factories.run_job(Import.objects.latest("pk"))


def test_a_chart_can_be_picked_for_a_title_without_a_suggestion(snowfall: Chart, client: Client) -> None:
    check = check_of(client, named("Yuki"))
    assert f'href="{check}rows/0/"' in client.get(check).content.decode()
    assert heading_of(client.get(f"{check}rows/0/")) == "Which chart did you play for “Yuki”?"
    found = text_of(client.get(f"{check}rows/0/?q=snow"))
    assert "Tactile Snowfall Somebody MXM 16" in found
    assert "Nothing is saved yet." in found
    again = picked(client, check, 0, snowfall)
    page = client.get(again)
    assert heading_of(page) == "1 score ready to import"
    assert "All titles are matched Yuki Row 0 Tactile Snowfall MXM 16 · Counts as a first play, " in text_of(page)
    assert not Score.objects.exists()
    job = imported(client, again)
    assert (job.score_count, job.problem_count) == (1, 0)
    assert Score.objects.get().chart == snowfall


def test_a_picked_chart_takes_precedence_over_the_suggestion(snowfall: Chart, client: Client) -> None:
    other = factories.create_chart(factories.create_song(8, "Obsidian Waltz"), "MXM")
    check = check_of(client, named("Tactile Snowfal"))
    page = client.get(check)
    assert "likely: one letter differs Use it (Tactile Snowfall for Tactile Snowfal) Pick the chart…" in text_of(page)
    imported(client, picked(client, check, 0, other))
    assert Score.objects.get().chart == other


def test_a_pick_applies_to_all_rows_with_the_same_title_and_difficulty(snowfall: Chart, client: Client) -> None:
    rows = [named("Yuki", 9_000_000), named("Yuki", 9_200_000), named("Yuki", difficulty="EXH"), named("Kaze")]
    check = check_of(client, *rows)
    assert "Applies to all 2 rows with this title." in text_of(client.get(f"{check}rows/1/"))
    assert "Use this chart for 2 rows" in text_of(client.get(f"{check}rows/1/?q=snow"))
    again = picked(client, check, 1, snowfall)
    assert "2 rows can't be imported" in text_of(client.get(again))
    job = imported(client, again, do="skip")
    assert (job.score_count, job.problem_count) == (2, 2)
    assert {score.score_data["score"] for score in Score.objects.all()} == {9_000_000, 9_200_000}
    assert {orphan.data["identifier"] for orphan in OrphanScore.objects.all()} == {"Yuki", "Kaze"}


def test_each_pick_can_be_undone_separately(snowfall: Chart, client: Client) -> None:
    check = check_of(client, named("Yuki"), named("Kaze"))
    check = picked(client, picked(client, check, 0, snowfall), 1, snowfall)
    assert "All titles are matched" in text_of(client.get(check))
    undone = client.post(check, {"do": "unuse", "title": "0"}, follow=True)
    assert "Matched titles Kaze Row 1 Tactile Snowfall MXM 16" in text_of(undone)
    assert "Row 0 Unknown song No known song has this title." in text_of(undone)
    job = imported(client, undone.redirect_chain[-1][0], do="skip")
    assert (job.score_count, job.problem_count) == (1, 1)


def test_a_pick_stays_when_another_title_uses_its_suggestion(snowfall: Chart, client: Client) -> None:
    check = picked(client, check_of(client, named("Yuki"), named("Tactile Snowfal", 9_300_000)), 0, snowfall)
    used = client.post(check, {"do": "use", "title": "0"}, follow=True)
    assert heading_of(used) == "2 scores ready to import"
    assert imported(client, used.redirect_chain[-1][0]).score_count == 2


def test_a_pick_resolves_an_ambiguous_title(client: Client) -> None:
    twins = [factories.create_chart(factories.create_song(number, "Twins"), "MXM") for number in (8, 9)]
    imported(client, picked(client, check_of(client, named("Twins")), 0, twins[1]))
    assert Score.objects.get().chart == twins[1]


def test_a_picked_row_without_a_title_is_named_by_its_song_number(snowfall: Chart, client: Client) -> None:
    check = check_of(client, named("901", matchType="tachiSongID"))
    assert "This row has no title." in text_of(client.get(f"{check}rows/0/"))
    assert "Song number 901 Row 0 Tactile Snowfall" in text_of(client.get(picked(client, check, 0, snowfall)))


@pytest.mark.parametrize("chart", ["", "nonsense", "999999", "-1", "9" * 40])
def test_a_pick_without_a_valid_chart_is_refused(chart: str, snowfall: Chart, client: Client) -> None:
    check = check_of(client, named("Yuki"))
    response = client.post(f"{check}rows/0/", {"chart": chart, "q": "snow"})
    assert (response.status_code, "Pick the chart you played." in text_of(response)) == (400, True)
    assert "1 row can't be imported" in text_of(client.get(check))


def test_charts_of_other_games_cannot_be_picked(client: Client) -> None:
    other = factories.create_chart(factories.create_song(3, "Tactile Snowfall", game="usc"))
    check = check_of(client, named("Tactile Snowfal"))
    assert "Somebody" not in text_of(client.get(f"{check}rows/0/"))
    assert client.post(f"{check}rows/0/", {"chart": other.pk}).status_code == 400


def test_picking_for_a_row_that_needs_no_chart_returns_to_the_check(snowfall: Chart, client: Client) -> None:
    check = check_of(client, factories.score_on(snowfall))
    for row in (0, 99):
        response = client.post(f"{check}rows/{row}/", {"chart": snowfall.pk}, follow=True)
        assert messages_of(response) == "This row doesn't need a chart."
        assert response.redirect_chain[-1][0] == check


def test_only_the_uploader_picks_charts_in_a_check(snowfall: Chart, client: Client) -> None:
    check = check_of(client, named("Yuki"))
    for person in (people.bob(), people.mo(), people.ada()):
        session = people.session_of(person)
        assert session.get(f"{check}rows/0/").status_code == 410
        assert session.post(f"{check}rows/0/", {"chart": snowfall.pk}).status_code == 410
    assert "1 row can't be imported" in text_of(client.get(check))


def test_a_pick_applies_to_its_import_only(snowfall: Chart, client: Client) -> None:
    imported(client, picked(client, check_of(client, named("Yuki")), 0, snowfall))
    assert re.search("1 row can't be imported", text_of(client.get(check_of(client, named("Yuki", 9_200_000)))))


def test_queries_of_a_check_do_not_grow_with_its_rows(
    snowfall: Chart, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    check = check_of(client, *(named(f"Yuki {number}") for number in range(40)))
    with django_assert_num_queries(3):
        client.get(check)
    with django_assert_num_queries(8):
        client.get(f"{check}rows/3/?q=snow")
