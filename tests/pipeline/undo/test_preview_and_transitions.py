"""The operations around a revert: preview, retry, cancel, deleted scores, classes."""

from __future__ import annotations

from typing import Any

import pytest

from imports import jobs
from imports.models import AuditEntry, ClassAchievement, Import, ImportInput, Score, State, User
from imports.pipeline import run, states
from imports.pipeline.classes import ClassChange, NotProvided, roll_back_classes, set_class
from imports.pipeline.scores import delete_score, edit_score
from imports.pipeline.scoring import convert, reading
from imports.pipeline.states import NoLongerExists, PlayerLocked
from imports.pipeline.undo import preview as preview_module
from imports.pipeline.undo.preview import Changes, preview, revert_all
from imports.pipeline.undo.revert import RevertRequest
from tests.pipeline.factories import EVENING, EVENING_ROWS, HALF_HOUR, NOTHING, import_rows, player, sdvx_row, state_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogued")]
SDVX = "sdvx:Single"


# --- preview --------------------------------------------------------------------------------------


def test_a_preview_changes_nothing(user: User) -> None:
    job = import_rows(user, SDVX, EVENING_ROWS)
    before = state_of(user), job.state, AuditEntry.objects.count()

    preview([job], RevertRequest(by=user))

    job.refresh_from_db()
    assert (state_of(user), job.state, AuditEntry.objects.count()) == before


def test_a_preview_equals_the_result_of_the_revert(user: User) -> None:
    import_rows(user, SDVX, EVENING_ROWS[:5])
    job = import_rows(user, SDVX, [*EVENING_ROWS[3:], sdvx_row(difficulty="MXM")], classes={"dan": "DAN_3"})

    seen = preview([job], RevertRequest(by=user))
    done = revert_all([job], RevertRequest(by=user))

    assert seen == done
    assert (done.scores, done.sessions_gone, done.sessions_shrunk) == (8, 0, 1)
    assert (done.bests_gone, done.bests_changed, len(done.bests)) == (1, 1, 2)
    assert [(turn.name, turn.after is None) for turn in done.ratings] == [("VF6", False), ("VF7", False)]
    assert [delta["new"] for delta in done.classes_staying] == ["DAN_3"]


def test_a_preview_reports_the_split_of_a_session(user: User) -> None:
    ends = [sdvx_row(timeAchieved=EVENING), sdvx_row(score=9_100_000, timeAchieved=EVENING + 6 * HALF_HOUR)]
    import_rows(user, SDVX, ends)
    bridge = import_rows(user, SDVX, [sdvx_row(score=9_200_000, timeAchieved=EVENING + 3 * HALF_HOUR)])

    seen = preview([bridge], RevertRequest(by=user))

    assert (seen.sessions_split, [len(change.after) for change in seen.sessions]) == (1, [2])
    assert seen == revert_all([bridge], RevertRequest(by=user)), "the name of the other half is random"


def test_a_preview_counts_shared_scores_by_import(user: User) -> None:
    first = import_rows(user, SDVX, EVENING_ROWS[:4])
    second = import_rows(user, SDVX, EVENING_ROWS[2:6])

    assert preview([first], RevertRequest(by=user)).shared == {second.import_id: 2}
    assert preview([first], RevertRequest(by=user, keep_shared=True)).kept == 2


def test_several_imports_are_reverted_as_one_operation(user: User) -> None:
    kept = import_rows(user, SDVX, EVENING_ROWS[:3])
    wanted = state_of(user)
    chosen = [import_rows(user, SDVX, EVENING_ROWS[3:6]), import_rows(user, SDVX, EVENING_ROWS[6:9])]

    seen = preview(chosen, RevertRequest(by=user))
    done = revert_all(chosen, RevertRequest(by=user))

    assert seen == done
    assert (done.scores, state_of(user)) == (6, wanted)
    assert list(Import.objects.filter(user=user, state=State.COMPLETED)) == [kept]


def test_changed_bests_are_listed_in_order_of_their_charts(user: User) -> None:
    job = import_rows(user, SDVX, [sdvx_row(), sdvx_row(difficulty="NOV"), sdvx_row(difficulty="MXM")])
    edit_score(Score.objects.filter(user=user).earliest("chart_id"), {"highlight": True}, by=user)

    charts = [change.chart for change in preview([job], RevertRequest(by=user)).bests]

    assert charts == sorted(charts)


def test_changed_bests_are_counted_and_the_first_of_each_kind_listed(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_rows(user, SDVX, [sdvx_row(difficulty="NOV"), sdvx_row(difficulty="MXM")])
    better = [sdvx_row(difficulty=name, score=9_900_000) for name in ("NOV", "MXM", "EXH")]
    job = import_rows(user, SDVX, [*better, sdvx_row(identifier="2"), sdvx_row(identifier="3")])
    monkeypatch.setattr(preview_module, "MAX_LISTED", 1)

    seen = preview([job], RevertRequest(by=user))
    done = revert_all([job], RevertRequest(by=user))

    assert seen == done
    assert (done.bests_gone, done.bests_changed) == (3, 2)
    assert sorted(change.is_gone for change in done.bests) == [False, True]


def test_a_preview_does_not_refresh_history_rankings_and_snapshot(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    job = import_rows(user, SDVX, EVENING_ROWS)
    monkeypatch.setattr("imports.pipeline.derived.rating_history.refresh", _explode)
    monkeypatch.setattr("imports.pipeline.rankings.ranking_entries.refresh", _explode)
    monkeypatch.setattr("imports.pipeline.undo.revert_snapshot.save", _explode)

    assert preview([job], RevertRequest(by=user)).scores == len(EVENING_ROWS)


def test_a_revert_takes_no_snapshot_without_the_player_lock(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    job = import_rows(user, SDVX, [sdvx_row()])
    monkeypatch.setattr(states, "try_lock_player", lambda _user: False)
    monkeypatch.setattr(preview_module, "take_snapshot", _explode)

    with pytest.raises(PlayerLocked):
        revert_all([job], RevertRequest(by=user))


def test_a_revert_of_no_imports_changes_nothing() -> None:
    assert revert_all([], RevertRequest()) == Changes()


# --- retry -----------------------------------------------------------------------------------------


def run_again(job: Import) -> None:
    jobs.run_import(job.import_id)
    job.refresh_from_db()


def test_a_failed_import_can_be_retried(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("imports.jobs.worker.run", _explode)
        job = import_rows(user, SDVX, EVENING_ROWS)
    assert job.state == State.FAILED

    jobs.retry(job, by=user)
    run_again(job)

    assert (job.state, job.attempts, job.error_message, job.score_count) == (State.COMPLETED, 1, "", 12)


def test_inputs_are_pruned_by_age_except_those_of_queued_imports(user: User) -> None:
    done, waiting = (
        import_rows(user, SDVX, []),
        jobs.submit(user, jobs.Upload(content=b"{}", import_type="file/batch-manual")),
    )

    assert jobs.prune_inputs(older_than_days=1) == 0
    assert jobs.prune_inputs(older_than_days=0) == 1

    assert list(ImportInput.objects.values_list("job_id", flat=True)) == [waiting.pk]
    assert not ImportInput.objects.filter(job=done).exists()


# --- cancel ---------------------------------------------------------------------------------------


def test_a_cancelled_queued_import_never_runs(user: User) -> None:
    job = jobs.submit(user, jobs.Upload(content=b"{}", import_type="file/batch-manual"))

    jobs.cancel(job, by=user)
    run_again(job)

    assert job.state == State.CANCELLED


@pytest.mark.parametrize("moment", ["while its rows are judged", "inside its transaction"])
def test_a_cancelled_running_import_stores_nothing(user: User, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    def cancel_then(original: Any) -> Any:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            jobs.cancel(Import.objects.get(user=user), by=user)
            return original(*args, **kwargs)

        return wrapped

    where, name = (reading, "load_catalogue") if moment.startswith("while") else (run, "completion_fields")
    monkeypatch.setattr(where, name, cancel_then(getattr(where, name)))

    job = import_rows(user, SDVX, EVENING_ROWS)

    # Inside the transaction, this test's cancellation is rolled back as well, so the state may still be "running".
    assert job.state in {State.CANCELLED, State.RUNNING}
    assert state_of(user) == NOTHING


def test_a_completed_import_cannot_be_cancelled(user: User) -> None:
    with pytest.raises(jobs.InvalidTransition):
        jobs.cancel(import_rows(user, SDVX, []), by=user)


# --- single scores --------------------------------------------------------------------------------


def test_a_deletion_leaves_the_state_of_the_other_scores(user: User) -> None:
    import_rows(user, SDVX, EVENING_ROWS[:11])
    wanted = _without_parts(state_of(user))
    last = import_rows(user, SDVX, EVENING_ROWS[11:])

    delete_score(Score.objects.get(from_import=last), by=user)

    last.refresh_from_db()
    assert (_without_parts(state_of(user)), last.score_count) == (wanted, 0)


def test_a_blacklisted_score_is_not_imported_again(user: User) -> None:
    import_rows(user, SDVX, EVENING_ROWS[:1])
    delete_score(Score.objects.get(user=user), by=user, blacklist=True)

    assert import_rows(user, SDVX, EVENING_ROWS[:1]).score_count == 0


def test_a_second_deletion_of_a_score_is_refused(user: User) -> None:
    import_rows(user, SDVX, EVENING_ROWS[:1])
    score = Score.objects.get(user=user)

    delete_score(score, by=user)
    with pytest.raises(NoLongerExists):
        delete_score(score, by=user)


def test_highlighting_a_score_highlights_the_best(user: User) -> None:
    import_rows(user, SDVX, EVENING_ROWS[:1])

    edit_score(Score.objects.get(user=user), {"highlight": True}, by=user)

    assert user.bests.get().highlight


# --- classes --------------------------------------------------------------------------------------


def test_a_moderator_rolls_back_the_classes_of_an_import(user: User) -> None:
    moderator = player()
    import_rows(user, SDVX, [], classes={"dan": "DAN_3"})
    job = import_rows(user, SDVX, EVENING_ROWS, classes={"dan": "DAN_9"})

    assert roll_back_classes(job, by=moderator, reason="not theirs") == 1

    assert user.game_stats.get().classes["dan"] == "DAN_3"
    assert list(ClassAchievement.objects.filter(class_set="dan").values_list("new_value", flat=True)) == ["DAN_3"]
    entry = AuditEntry.objects.get(verb=AuditEntry.Verb.CLASS_SET)
    assert (entry.actor, entry.subject, entry.reason, entry.job) == (moderator, user, "not theirs", job)


def test_removing_the_only_class_deletes_the_stats(user: User) -> None:
    import_rows(user, SDVX, [], classes={"dan": "DAN_3"})

    set_class(user, ClassChange("sdvx", "Single", "dan", None), by=player(), reason="mistake")

    assert not user.game_stats.exists()


@pytest.mark.parametrize(("name", "value"), [("vfClass", "IMPERIAL_I"), ("dan", "DAN_99"), ("nonsense", None)])
def test_only_provided_classes_can_be_set(user: User, name: str, value: str | None) -> None:
    with pytest.raises(NotProvided):
        set_class(user, ClassChange("sdvx", "Single", name, value), by=player(), reason="")


def _explode(*_: object, **__: object) -> None:
    raise RuntimeError


def _without_parts(state: dict[str, Any]) -> dict[str, Any]:
    return {**state, "sessions": [session[:-1] for session in state["sessions"]]}


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convert, "CHUNK_ROWS", 4)
