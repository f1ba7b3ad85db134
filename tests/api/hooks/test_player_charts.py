"""Unknown charts of BMS and PMS are created once enough players have played them, and can be removed again."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from imports import jobs
from imports.models import Chart, Import, OrphanRetry, OrphanScore, PlayerChart, Score, Song, State, User, WaitingChart
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import people
from tests.factories import run_job
from tests.hashed_charts import OTHER, SHA256, beatoraja, bms_chart, program, send

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("worked_on_while_waiting")]

CURRENTLY = "This chart will be un-orphaned when 3 players have played the chart (Currently: {}).".format


@pytest.fixture
def players() -> list[User]:
    return [User.objects.create_user(f"player{number}") for number in range(1, 6)]


def play(user: User, **body: Any) -> Any:
    return send(program(user), "beatoraja/submit-score", beatoraja(**body))


def response_of(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["description"]


@pytest.mark.parametrize(("mode", "game", "playtype"), [("BEAT_14K", "bms", "14K"), ("POPN_9K", "pms", "Keyboard")])
def test_the_score_of_a_third_player_creates_the_chart(
    players: list[User], mode: str, game: str, playtype: str
) -> None:
    first = play(players[0], mode=mode, chart={"title": "As it was", "notes": 1200})
    play(players[1], mode=mode)
    third = play(players[2], mode=mode)
    assert response_of(first)[0] == 202
    assert CURRENTLY(1) in response_of(first)[1]
    assert response_of(third) == (200, "Imported score.")
    chart = Chart.objects.get()
    assert (chart.game, chart.playtype, chart.level, chart.level_num) == (game, playtype, "?", 0)
    assert (chart.song.title, chart.data["notecount"], chart.data["hashSHA256"]) == ("As it was", 1200, SHA256)
    assert PlayerChart.objects.get().chart == chart


def test_repeated_scores_of_a_player_count_once_for_a_chart(players: list[User]) -> None:
    for points in (1170, 1168, 1166, 1164):
        response = play(players[0], exscore=points, epg=300 - (1170 - points) // 2)
    assert CURRENTLY(1) in response_of(response)[1]
    assert not Chart.objects.exists()


def test_the_number_of_players_for_a_chart_is_a_setting(players: list[User], settings: Settings) -> None:
    settings.TACHI_ORPHAN_CHART_PLAYERS = 1
    assert response_of(play(players[0])) == (200, "Imported score.")


def test_a_created_chart_retries_the_orphans_of_earlier_players(
    players: list[User], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    for player in players[:2]:
        play(player)
    with django_capture_on_commit_callbacks(execute=True):
        play(players[2])
    assert set(OrphanRetry.objects.values_list("user", flat=True)) == {players[0].pk, players[1].pk}
    for player in players[:2]:
        jobs.retry_orphans(player, by=None)
    assert Score.objects.count() == 3
    assert not OrphanScore.objects.exists()


def test_a_reverted_score_does_not_count_for_a_chart_and_a_restored_one_does(players: list[User]) -> None:
    play(players[0])
    job = Import.objects.get()
    revert(job, RevertRequest(by=players[0]))
    play(players[1])
    assert CURRENTLY(2) in response_of(play(players[2]))[1]
    jobs.restore(Import.objects.get(pk=job.pk), by=players[0])
    assert run_job(job).score_count == 1  # the third player
    assert Chart.objects.count() == 1


def test_a_revert_of_the_score_that_created_a_chart_keeps_the_chart(
    players: list[User],
) -> None:
    for player in players[:3]:
        play(player)
    job, score = Import.objects.get(user=players[2]), Score.objects.get()
    revert(job, RevertRequest(by=players[2]))
    assert not Score.objects.exists()
    jobs.restore(Import.objects.get(pk=job.pk), by=players[2])
    assert run_job(job).state == State.COMPLETED
    restored = Score.objects.get()
    assert (restored.score_id, restored.time_achieved) == (score.score_id, score.time_achieved)
    assert Chart.objects.count() == Song.objects.count() == 1


def test_a_score_with_another_sha256_is_imported_and_restored_on_the_created_chart(players: list[User]) -> None:
    for player in players[:3]:
        play(player, chart={"sha256": OTHER})
    job = Import.objects.get(user=players[2])
    assert Score.objects.get().chart.data["hashSHA256"] == OTHER
    revert(job, RevertRequest(by=players[2]))
    jobs.restore(Import.objects.get(pk=job.pk), by=players[2])
    assert run_job(job).score_count == 1


def test_a_title_too_long_for_an_index_is_cut(players: list[User], settings: Settings) -> None:
    settings.TACHI_ORPHAN_CHART_PLAYERS = 1
    assert response_of(play(players[0], chart={"title": "長" * 100_000}))[0] == 200
    assert len(Song.objects.get().title) == 500


# --- moderators ---------------------------------------------------------------------------------------------


def act(action: str, model: str, rows: list[int], **fields: str) -> str:
    address = reverse(f"admin:imports_{model}_changelist")
    data = {"action": action, "_selected_action": rows, **fields}
    return str(people.session_of(people.mo()).post(address, data, follow=True).content.decode())


def test_moderators_see_the_waiting_charts(players: list[User]) -> None:
    play(players[0])
    play(players[1])
    page = people.session_of(people.mo()).get(reverse("admin:imports_waitingchart_changelist")).content.decode()
    assert SHA256 in page
    assert WaitingChart.objects.get().player_count == 2


def test_a_removed_chart_is_not_created_again_and_its_scores_become_orphans(players: list[User]) -> None:
    for player in players[:3]:
        play(player)
    act("remove", "playerchart", [PlayerChart.objects.get().pk])
    assert not Chart.objects.exists()
    assert not Song.objects.exists()
    assert run_job(Import.objects.get(user=players[2])).problem_count == 1
    assert response_of(play(players[3]))[0] == 202
    assert not Chart.objects.exists()
    assert OrphanScore.objects.count() == 4


def test_a_reopened_chart_is_created_again(players: list[User]) -> None:
    for player in players[:3]:
        play(player)
    created = PlayerChart.objects.get()
    act("remove", "playerchart", [created.pk])
    act("reopen", "playerchart", [created.pk])
    assert response_of(play(players[3]))[0] == 200
    assert PlayerChart.objects.get().chart == Chart.objects.get()


def test_the_scores_of_a_merged_chart_move_to_the_target_chart(players: list[User]) -> None:
    for player in players[:3]:
        play(player)
    other = bms_chart(sha256=OTHER, song_id=99)
    act("merge", "playerchart", [PlayerChart.objects.get().pk], target=other.chart_id)
    assert run_job(Import.objects.get(user=players[2])).score_count == 1
    assert response_of(play(players[3]))[0] == 200
    jobs.retry_orphans(players[0], by=players[0])
    assert {(score.chart_id, score.user_id) for score in Score.objects.all()} == {
        (other.pk, players[n].pk) for n in (0, 2, 3)
    }
    assert Chart.objects.get() == other


def test_a_waiting_chart_can_be_merged(players: list[User]) -> None:
    play(players[0])
    other = bms_chart(sha256=OTHER, song_id=99)
    act("merge", "waitingchart", [WaitingChart.objects.get().pk], target=other.chart_id)
    assert response_of(play(players[1]))[0] == 200
    assert Score.objects.get().chart == other


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize("target", ["", "nothing", "another playtype"])
def test_a_chart_cannot_be_merged_with_a_chart_of_another_playtype(players: list[User], target: str) -> None:
    for player in players[:3]:
        play(player)
    foreign = bms_chart(sha256=OTHER, song_id=99)
    Chart.objects.filter(pk=foreign.pk).update(playtype="14K")
    chart_id = foreign.chart_id if target == "another playtype" else target
    page = act("merge", "playerchart", [PlayerChart.objects.get().pk], target=chart_id)
    assert "There is no chart with the ID" in page or "is no chart of bms 7K" in page
    assert PlayerChart.objects.get().closed_at is None


def test_players_may_not_see_the_waiting_charts(players: list[User]) -> None:
    for model in ("waitingchart", "playerchart"):
        response = people.session_of(people.bob()).get(reverse(f"admin:imports_{model}_changelist"))
        assert response.status_code == 302
