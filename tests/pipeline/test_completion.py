"""Imports store counts, problems, orphans, classes and stats besides scores; a failed import stores none of it."""

from __future__ import annotations

import pytest

from imports import jobs
from imports.errors import ProblemType
from imports.models import (
    AuditEntry,
    ClassAchievement,
    GameStats,
    Import,
    ImportProblem,
    OrphanScore,
    PersonalBest,
    Score,
    ScoreBlacklist,
    Session,
    State,
    User,
)
from imports.models.results.carried_scores import unpack_score_ids
from imports.pipeline.undo.revert import NotRevertible, PlayerLocked, RevertRequest, revert
from tests.pipeline.factories import EVENING, import_rows, player, revert_import, sdvx_row, state_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogued")]
SDVX = "sdvx:Single"


GOOD = sdvx_row(timeAchieved=EVENING)
UNKNOWN = sdvx_row(identifier="99")
FUTURE = sdvx_row(score=9_050_000, timeAchieved=9_999_999_999_999)
IMPOSSIBLE = sdvx_row(lamp="PERFECT ULTIMATE CHAIN")


def test_counts_problems_and_duplicates_of_a_mixed_import(user: User) -> None:
    job = import_rows(user, SDVX, [UNKNOWN, GOOD, GOOD, FUTURE, UNKNOWN, IMPOSSIBLE])

    assert (job.state, job.row_count, job.score_count, job.duplicate_count, job.problem_count) == (
        State.COMPLETED, 6, 1, 1, 4,
    )  # fmt: skip
    assert list(ImportProblem.objects.filter(job=job).values_list("row", "type", "message")) == [
        (0, "SongOrChartNotFound", "Cannot find chart tachiSongID:99."),
        (3, "InvalidDatapoint", "Invalid timestamp: score happens in the future."),
        (4, "OrphanExists", "Cannot find chart tachiSongID:99."),
        (
            5,
            "InvalidDatapoint",
            "Got 1 error when validating score:\nCannot have a PERFECT ULTIMATE CHAIN without a perfect score.",
        ),
    ]


def test_a_problem_stores_its_row_unchanged(user: User) -> None:
    job = import_rows(user, SDVX, [UNKNOWN])

    assert ImportProblem.objects.get(job=job).datapoint == UNKNOWN


def test_duplicates_are_counted_and_stored_as_carried_scores(user: User) -> None:
    import_rows(user, SDVX, [GOOD])

    again = import_rows(user, SDVX, [GOOD, sdvx_row(score=9_100_000)])

    duplicate = Score.objects.get(score_data__score=9_000_000).score_id
    assert (again.score_count, again.duplicate_count) == (1, 1)
    assert unpack_score_ids(again.carried.score_ids) == {duplicate}


def test_a_blacklisted_score_is_not_counted(user: User) -> None:
    first = import_rows(user, SDVX, [GOOD])
    identity = Score.objects.get(user=user).score_id
    revert_import(first)
    ScoreBlacklist.objects.create(user=user, score_id=identity, score={})

    job = import_rows(user, SDVX, [GOOD])

    assert (job.score_count, job.duplicate_count, job.problem_count) == (0, 0, 0)


def test_an_unknown_song_becomes_one_orphan(user: User) -> None:
    first = import_rows(user, SDVX, [UNKNOWN, UNKNOWN])
    import_rows(user, SDVX, [UNKNOWN])

    orphan = OrphanScore.objects.get(user=user)
    assert orphan.from_import == first
    assert orphan.data == UNKNOWN
    assert orphan.context == {"game": "sdvx", "playtype": "Single", "service": "World", "version": None}


def test_a_revert_passes_an_orphan_to_another_import_with_its_row(user: User) -> None:
    first, second = import_rows(user, SDVX, [UNKNOWN]), import_rows(user, SDVX, [UNKNOWN])

    revert_import(first)
    assert OrphanScore.objects.get(user=user).from_import == second

    revert_import(second)
    assert not OrphanScore.objects.filter(user=user).exists()


@pytest.mark.parametrize(
    ("content", "status", "message"),
    [
        (b"hello", 400, "Invalid JSON."),
        (b"", 400, "Invalid JSON."),
        (b"[]", 400, "Could not retrieve meta.game - is this valid BATCH-MANUAL?"),
        (b'{"meta": {"game": "osu"}}', 400, "Invalid game 'osu'. It must be one of iidx-sp, iidx-dp, museca, "),
        (b'{"meta": {"game": "osu", "playtype": "x"}}', 400, "Invalid game group 'osu'"),
    ],
)
def test_an_unreadable_file_fails_with_a_reason_and_stores_nothing(
    user: User, content: bytes, status: int, message: str
) -> None:
    job = jobs.submit(user, jobs.Upload(content=content, import_type="file/batch-manual"))

    jobs.run_import(job.import_id)

    job.refresh_from_db()
    assert (job.state, job.status_code) == (State.FAILED, status)
    assert job.error_message.startswith(message)
    assert not Score.objects.filter(user=user).exists()


def test_an_unexpected_error_does_not_show_its_message(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("imports.jobs.worker.run", explode)

    job = import_rows(user, SDVX, [GOOD])

    assert (job.state, job.status_code, job.error_message) == (State.FAILED, 500, jobs.CRASHED)


def test_an_import_fails_after_too_many_attempts(user: User) -> None:
    job = jobs.submit(user, jobs.Upload(content=b"{}", import_type="file/batch-manual"))
    Import.objects.filter(pk=job.pk).update(state=State.RUNNING, attempts=jobs.MAX_ATTEMPTS)

    jobs.run_import(job.import_id)

    job.refresh_from_db()
    assert (job.state, job.error_message) == (State.FAILED, jobs.CRASHED)


# --- classes and stats ----------------------------------------------------------------------------


def test_provided_classes_only_rise(user: User) -> None:
    deltas = [
        import_rows(user, SDVX, [], classes={"dan": dan}).class_deltas
        for dan in ("DAN_5", "DAN_3", "DAN_5", "DAN_7", None)
    ]

    delta = {"game": "sdvx", "playtype": "Single", "set": "dan"}
    assert deltas == [[delta | {"old": None, "new": "DAN_5"}], [], [], [delta | {"old": "DAN_5", "new": "DAN_7"}], []]
    assert list(ClassAchievement.objects.filter(user=user).values_list("old_value", "new_value")) == [
        (None, "DAN_5"),
        ("DAN_5", "DAN_7"),
    ]


def test_a_revert_keeps_provided_classes_and_removes_derived_ones(user: User) -> None:
    job = import_rows(user, SDVX, [GOOD], classes={"dan": "DAN_5"})
    assert GameStats.objects.get(user=user).classes == {"dan": "DAN_5", "vfClass": "SIENNA_I"}

    revert_import(job)

    stats = GameStats.objects.get(user=user)
    assert (stats.ratings, stats.classes) == ({"VF6": None, "VF7": None}, {"dan": "DAN_5"})
    assert list(ClassAchievement.objects.filter(user=user).values_list("class_set", flat=True)) == ["dan"]


def test_stats_without_scores_and_provided_classes_are_deleted(user: User) -> None:
    revert_import(import_rows(user, SDVX, [GOOD]))

    assert not GameStats.objects.filter(user=user).exists()


def test_an_import_stores_its_changes_to_ratings_and_bests(user: User) -> None:
    import_rows(user, SDVX, [GOOD])

    job = import_rows(user, SDVX, [sdvx_row(score=9_900_000), sdvx_row(difficulty="MXM"), sdvx_row(score=8_000_000)])

    before, after = job.rating_changes["Single"]["VF6"]
    assert before < after
    assert (job.best_count, job.first_play_count) == (1, 1)


# --- revert ---------------------------------------------------------------------------------------


def test_a_revert_records_actor_time_and_reason(user: User) -> None:
    job = import_rows(user, SDVX, [GOOD])

    revert(job, RevertRequest(by=user, reason="wrong account"))

    job.refresh_from_db()
    assert (job.state, job.reverted_by, job.revert_reason) == (State.REVERTED, user, "wrong account")
    assert job.reverted_at is not None
    entry = AuditEntry.objects.get(job=job, verb=AuditEntry.Verb.REVERTED)
    assert (entry.actor, entry.subject, entry.reason, entry.counts) == (
        user, user, "wrong account", {"scores": 1, "kept": 0},
    )  # fmt: skip


def test_a_second_revert_is_refused_and_changes_nothing(user: User) -> None:
    job = import_rows(user, SDVX, [GOOD])
    revert(job, RevertRequest(by=user))
    import_rows(user, SDVX, [GOOD])
    before = state_of(user)

    with pytest.raises(NotRevertible):
        revert(job, RevertRequest(by=user))

    assert state_of(user) == before


def test_a_revert_while_an_import_of_the_player_runs_is_refused(user: User) -> None:
    job = import_rows(user, SDVX, [GOOD])
    running = jobs.submit(user, jobs.Upload(content=b"{}", import_type="file/batch-manual"))
    Import.objects.filter(pk=running.pk).update(state=State.RUNNING)

    with pytest.raises(PlayerLocked):
        revert(job, RevertRequest(by=user))

    job.refresh_from_db()
    assert job.state == State.COMPLETED


def test_a_plain_revert_removes_shared_scores(user: User) -> None:
    first = import_rows(user, SDVX, [GOOD])
    import_rows(user, SDVX, [GOOD])

    revert_import(first)

    assert not Score.objects.filter(user=user).exists()


def test_a_revert_that_keeps_shared_scores_passes_them_to_the_earliest_import(user: User) -> None:
    first = import_rows(user, SDVX, [GOOD, sdvx_row(score=9_100_000)])
    second = import_rows(user, SDVX, [GOOD])
    import_rows(user, SDVX, [GOOD])

    revert_import(first, keep_shared=True)

    score = Score.objects.get(user=user)
    second.refresh_from_db()
    assert score.from_import == second
    assert (second.score_count, second.duplicate_count) == (1, 0)


def test_sessions_of_kept_scores_belong_to_the_new_owner(user: User) -> None:
    first, second = import_rows(user, SDVX, [GOOD]), import_rows(user, SDVX, [GOOD])

    revert_import(first, keep_shared=True)

    part = Session.objects.get(user=user).parts.get()
    assert (part.job, part.created, part.score_count) == (second, True, 1)


def test_a_revert_never_changes_another_player(user: User) -> None:
    other = player()
    import_rows(other, SDVX, [GOOD])
    before = state_of(other)

    revert_import(import_rows(user, SDVX, [GOOD]))

    assert state_of(other) == before
    assert not Score.objects.filter(user=user).exists()
    assert not Session.objects.filter(user=user).exists()
    assert not PersonalBest.objects.filter(user=user).exists()


def test_every_problem_type_fits_its_column() -> None:
    column = ImportProblem._meta.get_field("type")
    assert all(len(kind.value) <= (column.max_length or 0) for kind in ProblemType)
