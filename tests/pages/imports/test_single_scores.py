"""Imports of one score, as hooks send them, are shown by that score in lists and on their page."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from imports import jobs
from imports.models import Import, Replay, Score, User
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import hashed_charts, people
from tests.api.hooks import senders
from tests.factories import run_job
from tests.pages.html_parsing import heading_of, text_of, url_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def alices() -> Client:
    senders.charts()
    return people.session_of(people.alice())


def sent(user: User, body: dict[str, Any], *, import_type: str = "ir/barbatos", **fields: str) -> Import:
    upload = jobs.Upload(content=json.dumps(body).encode(), import_type=import_type, fields=fields, client="Tests/1")
    return run_job(jobs.submit(user, upload))


def play(score: int) -> Import:
    return sent(people.alice(), {**senders.BARBATOS.body, "score": score})


def test_the_list_groups_single_scores_and_shows_song_chart_score_and_grade(alices: Client) -> None:
    for score in (9_500_000, 9_600_000, 9_400_000):
        play(score)
    text = text_of(alices.get("/imports/"))
    lines = [
        "Barbatos (vivid) · 3 scores SOUND VOLTEX",
        "Song 1 EXH 16 9,400,000 AA −200,000",
        "Song 1 EXH 16 9,600,000 AA+ New best +100,000",
        "Song 1 EXH 16 9,500,000 AA+ First play",
    ]
    assert [line for line in lines if line not in text] == []
    assert sorted(lines, key=text.index) == lines


def test_a_lone_single_score_import_has_its_own_row_and_checkbox(alices: Client) -> None:
    play(9_500_000)
    text = text_of(alices.get("/imports/"))
    assert "Song 1 EXH 16 SOUND VOLTEX, Barbatos (vivid) Completed 9,500,000 AA+ CLEAR First play" in text
    assert "Select Song 1 EXH 16" in text


def test_other_players_and_guests_see_single_scores_in_the_list(alices: Client) -> None:
    play(9_500_000)
    for reader in (people.guest(), people.session_of(people.bob())):
        assert "Song 1 EXH 16 SOUND VOLTEX, Barbatos" in text_of(reader.get("/users/Alice/imports/"))


@pytest.mark.parametrize(
    ("score", "heading", "expected"),
    [
        (9_600_000, "New best: +100,000", "9,600,000 AA+ CLEAR New best Best 9,500,000 9,600,000 +100,000"),
        (9_400_000, "1 new score, no new best", "9,400,000 AA CLEAR #2 of 2 plays Your best 9,500,000 CLEAR −100,000"),
        (9_500_000, "Already imported", "You have this score already."),
    ],
)
def test_the_page_of_a_single_score_compares_it_with_the_best_before(
    score: int, heading: str, expected: str, alices: Client
) -> None:
    play(9_500_000)
    page = alices.get(url_of(play(score)))
    assert heading_of(page) == heading
    assert expected in text_of(page)


def test_the_page_of_a_first_play_links_to_score_and_chart(alices: Client) -> None:
    job = play(9_500_000)
    page = alices.get(url_of(job))
    assert heading_of(page) == "First play"
    assert "Song 1 Somebody EXH 16 9,500,000 AA+ CLEAR First play" in text_of(page)
    score = Score.objects.get()
    for address in (f"/scores/{score.score_id}/", f"/charts/{score.chart.chart_id}/"):
        assert f'href="{address}"' in page.content.decode()


def test_an_import_whose_score_was_deleted_shows_its_counts(alices: Client) -> None:
    job = play(9_500_000)
    Score.objects.all().delete()
    assert heading_of(alices.get(url_of(job))) == "1 new score"
    assert "Barbatos (vivid) SOUND VOLTEX" in text_of(alices.get("/imports/"))


def test_a_reverted_single_score_import_shows_its_counts(alices: Client) -> None:
    job = play(9_500_000)
    revert(job, RevertRequest(by=people.alice()))
    assert "1 score removed" in text_of(alices.get("/imports/"))
    assert "Barbatos" in text_of(alices.get(url_of(job)))


# --- replays ------------------------------------------------------------------------------------------


def test_only_the_player_can_download_a_stored_replay() -> None:
    hashed_charts.usc_chart()
    job = sent(people.alice(), hashed_charts.usc(), import_type="ir/usc", playtype="Controller")
    score = Score.objects.get()
    pages = (f"/scores/{score.score_id}/", url_of(job))
    address = f"/ir/usc/Controller/replays/{score.score_id}"
    alices = people.session_of(people.alice())
    for page in pages:
        assert address not in alices.get(page).content.decode()
    Replay.objects.store(people.alice(), score.score_id, b"replay")
    for page in pages:
        assert f'href="{address}"' in alices.get(page).content.decode()
        for other in (people.guest(), people.session_of(people.bob()), people.session_of(people.mo())):
            assert address not in other.get(page).content.decode()
    file = alices.get(address)
    assert (file.status_code, file.content, file["Content-Type"]) == (200, b"replay", "application/octet-stream")
    assert file["Content-Disposition"].startswith("attachment")
    assert [other.get(address).status_code for other in (people.guest(), people.session_of(people.bob()))] == [401, 404]
