"""Imports of one score, as hooks send them: told by that score, in lists and on their own page."""

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
from tests.factories import process
from tests.pages.html_parsing import heading_of, text_of, url_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def alices() -> Client:
    senders.charts()
    return people.session_of(people.alice())


def sent(user: User, body: dict[str, Any], *, import_type: str = "ir/barbatos", **fields: str) -> Import:
    upload = jobs.Upload(content=json.dumps(body).encode(), import_type=import_type, fields=fields, client="Tests/1")
    return process(jobs.submit(user, upload))


def play(score: int) -> Import:
    return sent(people.alice(), {**senders.BARBATOS.body, "score": score})


def test_the_list_folds_them_and_tells_each_by_its_song_chart_score_and_grade(alices: Client) -> None:
    for score in (9_500_000, 9_600_000, 9_400_000):
        play(score)
    said = text_of(alices.get("/imports/"))
    lines = [
        "Barbatos (vivid) · 3 scores SOUND VOLTEX",
        "Song 1 EXH 16 9,400,000 AA −200,000",
        "Song 1 EXH 16 9,600,000 AA+ New best +100,000",
        "Song 1 EXH 16 9,500,000 AA+ First play",
    ]
    assert [line for line in lines if line not in said] == []
    assert sorted(lines, key=said.index) == lines


def test_one_alone_has_its_own_row_and_box(alices: Client) -> None:
    play(9_500_000)
    said = text_of(alices.get("/imports/"))
    assert "Song 1 EXH 16 SOUND VOLTEX, Barbatos (vivid) Completed 9,500,000 AA+ CLEAR First play" in said
    assert "Select Song 1 EXH 16" in said


def test_others_and_guests_read_the_same(alices: Client) -> None:
    play(9_500_000)
    for reader in (people.guest(), people.session_of(people.bob())):
        assert "Song 1 EXH 16 SOUND VOLTEX, Barbatos" in text_of(reader.get("/users/Alice/imports/"))


@pytest.mark.parametrize(
    ("score", "heading", "said"),
    [
        (9_600_000, "New best: +100,000", "9,600,000 AA+ CLEAR New best Best 9,500,000 9,600,000 +100,000"),
        (9_400_000, "1 new score, no new best", "9,400,000 AA CLEAR Your best 9,500,000 CLEAR −100,000"),
        (9_500_000, "Already imported", "You have this score already."),
    ],
)
def test_the_page_says_what_it_was_against_the_best_before(score: int, heading: str, said: str, alices: Client) -> None:
    play(9_500_000)
    page = alices.get(url_of(play(score)))
    assert heading_of(page) == heading
    assert said in text_of(page)


def test_a_first_play_has_its_song_and_its_whole_chart(alices: Client) -> None:
    job = play(9_500_000)
    page = alices.get(url_of(job))
    assert heading_of(page) == "First play"
    assert "Song 1 Somebody EXH 16 9,500,000 AA+ CLEAR First play" in text_of(page)
    score = Score.objects.get()
    for address in (f"/scores/{score.score_id}/", f"/charts/{score.chart.chart_id}/"):
        assert f'href="{address}"' in page.content.decode()


def test_an_import_whose_score_is_gone_is_told_by_its_counts(alices: Client) -> None:
    job = play(9_500_000)
    Score.objects.all().delete()
    assert heading_of(alices.get(url_of(job))) == "1 new score"
    assert "Barbatos (vivid) SOUND VOLTEX" in text_of(alices.get("/imports/"))


def test_a_reverted_one_is_told_as_every_other(alices: Client) -> None:
    job = play(9_500_000)
    revert(job, RevertRequest(by=people.alice()))
    assert "1 score removed" in text_of(alices.get("/imports/"))
    assert "Barbatos" in text_of(alices.get(url_of(job)))


# --- replays ------------------------------------------------------------------------------------------


def test_a_stored_replay_is_offered_to_its_player_alone() -> None:
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
