"""Rows with unknown songs are stored as orphans, retried, and belong to the import of the row."""

from __future__ import annotations

from typing import Any

import pytest

from imports import jobs
from imports.formats.match_keys import chart_keys, song_keys
from imports.games.sdvx import GAME as SDVX_GAME
from imports.models import AuditEntry, Chart, Import, ImportProblem, OrphanScore, Score, Song, User
from imports.pipeline.orphans import ReprocessResult, delete_orphan, reprocess
from imports.pipeline.scores import delete_score
from tests.pipeline.factories import EVENING, HALF_HOUR, import_rows, player, revert_import, state_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogued")]
SDVX = "sdvx:Single"


def row(number: int = 99, **changes: Any) -> dict[str, Any]:
    base = {
        "matchType": "tachiSongID", "identifier": str(number), "difficulty": "EXH", "score": 9_000_000, "lamp": "CLEAR",
    }  # fmt: skip
    return {**base, **changes}


def release(number: int = 99) -> None:
    """Creates the song that was unknown."""
    fields = {"id": number, "title": f"Song {number}", "altTitles": [], "data": {}}
    song = Song.objects.create(game="sdvx", song_id=number, title=f"Song {number}", match_keys=song_keys(fields))
    data = {"inGameID": number}
    Chart.objects.create(
        chart_id=f"new-{number}", game="sdvx", song=song, playtype="Single", difficulty="EXH", level="15", level_num=15,
        data=data, match_keys=chart_keys({"data": data}),
    )  # fmt: skip


def test_the_score_of_a_matched_orphan_belongs_to_the_import_of_its_row(user: User) -> None:
    job = import_rows(user, SDVX, [row(1), row(timeAchieved=EVENING), row(98)])
    release()

    rescue = reprocess(user, jobs.enabled_games(), by=user)

    job.refresh_from_db()
    assert rescue == ReprocessResult(processed=2, rescued=1, kept=1, removed=0)
    assert (job.score_count, job.problem_count, Score.objects.filter(from_import=job).count()) == (2, 1, 2)
    assert list(ImportProblem.objects.filter(job=job).values_list("row", flat=True)) == [2]
    assert OrphanScore.objects.get(user=user).data["identifier"] == "98"
    assert user.bests.count() == 2
    assert user.sessions.count() == 1


def test_a_retry_leaves_the_state_of_an_import_with_the_song_known(user: User) -> None:
    rows = [
        row(1, timeAchieved=EVENING),
        row(timeAchieved=EVENING + HALF_HOUR),
        row(2, timeAchieved=EVENING + HALF_HOUR),
    ]
    late = import_rows(user, SDVX, rows)
    release()
    reprocess(user, jobs.enabled_games())
    rescued = state_of(user)

    revert_import(late)
    assert state_of(user)["scores"] == []
    import_rows(user, SDVX, rows)

    assert _without_creators(state_of(user)) == _without_creators(rescued)


def test_orphans_of_several_imports_are_matched_together(user: User) -> None:
    first, second = import_rows(user, SDVX, [row()]), import_rows(user, SDVX, [row(score=9_500_000), row(1)])
    release()

    assert reprocess(user, jobs.enabled_games()).rescued == 2

    assert [Score.objects.filter(from_import=job).count() for job in (first, second)] == [1, 2]
    assert len(state_of(user)["bests"]) == 2


def test_the_score_of_a_matched_orphan_is_carried_by_every_import_of_its_row(user: User) -> None:
    first, second = import_rows(user, SDVX, [row(), row()]), import_rows(user, SDVX, [row(), row(1)])
    release()

    assert reprocess(user, jobs.enabled_games()) == ReprocessResult(processed=1, rescued=1, kept=0, removed=0)

    assert [_counts(job) for job in (first, second)] == [(1, 1, 0), (1, 1, 0)]
    revert_import(first, keep_shared=True)
    assert (_counts(second), Score.objects.filter(from_import=second).count()) == ((2, 0, 0), 2)


def test_a_retry_does_not_count_a_blacklisted_score(user: User) -> None:
    job = import_rows(user, SDVX, [row()])
    release()
    other = import_rows(user, SDVX, [row()])
    delete_score(Score.objects.get(), by=user, blacklist=True)

    assert reprocess(user, jobs.enabled_games()).removed == 1

    assert (_counts(job), _counts(other)) == ((0, 0, 0), (0, 0, 0))


def _counts(job: Import) -> tuple[int, int, int]:
    """Returns the numbers of new scores, duplicates and problems."""
    job.refresh_from_db()
    return job.score_count, job.duplicate_count, job.problem_count


def test_an_invalid_orphan_is_kept_with_the_reason(user: User) -> None:
    import_rows(user, SDVX, [row(lamp="PERFECT ULTIMATE CHAIN")])
    release()

    assert reprocess(user, jobs.enabled_games()) == ReprocessResult(processed=1, rescued=0, kept=1, removed=0)

    assert "Cannot have a PERFECT ULTIMATE CHAIN" in OrphanScore.objects.get(user=user).error_message


def test_an_orphan_whose_score_is_already_stored_is_removed(user: User) -> None:
    import_rows(user, SDVX, [row()])
    release()
    import_rows(user, SDVX, [row()])

    assert reprocess(user, jobs.enabled_games()) == ReprocessResult(processed=1, rescued=0, kept=0, removed=1)

    assert Score.objects.filter(user=user).count() == 1


def test_orphans_of_a_disabled_game_are_kept(user: User) -> None:
    import_rows(user, SDVX, [row()])
    release()
    others = [game for game in jobs.enabled_games() if game is not SDVX_GAME]

    assert reprocess(user, others).kept == 1

    assert OrphanScore.objects.get(user=user).error_message.startswith("Invalid game group 'sdvx'")


def test_a_retry_without_orphans_does_nothing(user: User) -> None:
    assert reprocess(user, jobs.enabled_games()) == ReprocessResult()


def test_orphans_of_other_players_are_not_retried(user: User) -> None:
    other = player()
    import_rows(other, SDVX, [row()])
    release()

    reprocess(user, jobs.enabled_games())

    assert OrphanScore.objects.filter(user=other).count() == 1


def test_the_deletion_of_an_orphan_is_audited(user: User) -> None:
    job = import_rows(user, SDVX, [row()])

    delete_orphan(OrphanScore.objects.get(user=user), by=user)

    assert not OrphanScore.objects.exists()
    assert AuditEntry.objects.filter(verb=AuditEntry.Verb.ORPHAN_DELETED, job=job, actor=user).exists()
    assert Import.objects.get(pk=job.pk).problem_count == 1


def _without_creators(state: dict[str, Any]) -> dict[str, Any]:
    return {**state, "sessions": [session[:-1] for session in state["sessions"]]}
