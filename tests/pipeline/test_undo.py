"""Preview, restore, retry, cancel: the deeds around a revert."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from imports import jobs
from imports.models import AuditEntry, ClassAchievement, Import, ImportInput, Score, Session, State, User
from imports.pipeline import convert, run
from imports.pipeline.classes import ClassChange, NotProvided, roll_back_classes, set_class
from imports.pipeline.preview import Changes, preview, revert_all
from imports.pipeline.revert import Deed
from imports.pipeline.scores import delete_score, edit_score, edit_session
from imports.pipeline.states import Gone
from tests.pipeline.world import EVENING, HALF_HOUR, bring, catalogue, player, state_of, take_back

pytestmark = pytest.mark.django_db
SDVX = "sdvx:Single"


@pytest.fixture(autouse=True)
def _catalogue(db: None) -> None:
    catalogue()


@pytest.fixture
def user() -> User:
    return player()


def row(**changes: Any) -> dict[str, Any]:
    base = {"matchType": "tachiSongID", "identifier": "1", "difficulty": "EXH", "score": 9_000_000, "lamp": "CLEAR"}
    return {**base, **changes}


EVENING_ROWS = [row(score=9_000_000 + i, timeAchieved=EVENING + i * HALF_HOUR) for i in range(12)]


# --- preview --------------------------------------------------------------------------------------


def test_a_preview_changes_nothing(user: User) -> None:
    job = bring(user, SDVX, EVENING_ROWS)
    before = state_of(user), job.state, AuditEntry.objects.count()

    preview([job], Deed(by=user))

    job.refresh_from_db()
    assert (state_of(user), job.state, AuditEntry.objects.count()) == before


def test_a_preview_says_what_the_revert_then_does(user: User) -> None:
    bring(user, SDVX, EVENING_ROWS[:5])
    job = bring(user, SDVX, [*EVENING_ROWS[3:], row(difficulty="MXM")], classes={"dan": "DAN_3"})

    seen = preview([job], Deed(by=user))
    done = revert_all([job], Deed(by=user))

    assert seen == done
    assert (done.scores, done.sessions_gone, done.sessions_shrunk, done.bests_gone, len(done.bests)) == (8, 0, 1, 1, 2)
    assert [(turn.name, turn.after is None) for turn in done.ratings] == [("VF6", False)]
    assert [delta["new"] for delta in done.classes_staying] == ["DAN_3"]


def test_taking_the_bridge_away_is_told_as_a_split(user: User) -> None:
    ends = [row(timeAchieved=EVENING), row(score=9_100_000, timeAchieved=EVENING + 6 * HALF_HOUR)]
    bring(user, SDVX, ends)
    bridge = bring(user, SDVX, [row(score=9_200_000, timeAchieved=EVENING + 3 * HALF_HOUR)])

    seen = preview([bridge], Deed(by=user))

    assert (seen.sessions_split, [len(change.after) for change in seen.sessions]) == (1, [2])
    assert seen == revert_all([bridge], Deed(by=user)), "the name that the other half will get is chance"


def test_a_preview_names_the_imports_that_also_carried_scores(user: User) -> None:
    first = bring(user, SDVX, EVENING_ROWS[:4])
    second = bring(user, SDVX, EVENING_ROWS[2:6])

    assert preview([first], Deed(by=user)).shared == {second.import_id: 2}
    assert preview([first], Deed(by=user, keep_shared=True)).kept == 2


def test_several_imports_are_reverted_as_one_deed(user: User) -> None:
    kept = bring(user, SDVX, EVENING_ROWS[:3])
    wanted = state_of(user)
    chosen = [bring(user, SDVX, EVENING_ROWS[3:6]), bring(user, SDVX, EVENING_ROWS[6:9])]

    seen = preview(chosen, Deed(by=user))
    done = revert_all(chosen, Deed(by=user))

    assert seen == done
    assert (done.scores, state_of(user)) == (6, wanted)
    assert list(Import.objects.filter(user=user, state=State.COMPLETED)) == [kept]


def test_nothing_to_revert_changes_nothing() -> None:
    assert revert_all([], Deed()) == Changes()


# --- restore --------------------------------------------------------------------------------------


def again(job: Import) -> None:
    jobs.run_import(job.import_id)
    job.refresh_from_db()


def named(user: User) -> list[tuple[Any, ...]]:
    return list(Session.objects.filter(user=user).values_list("session_id", "name", "desc", "highlight"))


def test_a_restore_brings_back_the_same_documents(user: User) -> None:
    job = bring(user, SDVX, EVENING_ROWS, classes={"dan": "DAN_3"})
    score = Score.objects.filter(user=user).earliest("pk")
    edit_score(score, {"comment": "at last", "highlight": True}, by=user)
    edit_session(Session.objects.get(user=user), {"name": "The long night", "desc": "with friends"}, by=user)
    documents = state_of(user), named(user), job.class_deltas
    achievements = list(ClassAchievement.objects.filter(user=user).values_list("class_set", "new_value").order_by("pk"))

    take_back(job)
    jobs.restore(job, by=user)
    again(job)

    assert job.state == State.COMPLETED
    assert (state_of(user), named(user)) == documents[:2]
    assert sorted(job.class_deltas, key=str) == sorted(documents[2], key=str)
    assert sorted(ClassAchievement.objects.filter(user=user).values_list("class_set", "new_value")) == sorted(
        achievements
    )
    assert Score.objects.get(user=user, highlight=True).comment == "at last"


def test_after_a_restore_others_still_know_what_they_also_carried(user: User) -> None:
    first = bring(user, SDVX, EVENING_ROWS[:4])
    second = bring(user, SDVX, EVENING_ROWS[2:6])
    take_back(first)
    jobs.restore(first, by=user)
    again(first)

    assert preview([first], Deed(by=user)).shared == {second.import_id: 2}
    take_back(first, keep_shared=True)
    second.refresh_from_db()
    assert (second.score_count, second.duplicate_count) == (4, 0)


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.COMPLETED, State.FAILED, State.CANCELLED])
def test_only_a_reverted_import_can_be_restored(user: User, state: State) -> None:
    job = jobs.submit(user, jobs.Upload(content=b"{}", import_type="file/batch-manual"))
    _put_into(job, state)

    with pytest.raises(jobs.NotPossible):
        jobs.restore(job, by=user)


def test_without_its_input_nothing_can_be_run_again(user: User) -> None:
    job = bring(user, SDVX, EVENING_ROWS)
    take_back(job)
    ImportInput.objects.filter(job=job).delete()

    with pytest.raises(jobs.NotPossible, match="no longer stored"):
        jobs.restore(job, by=user)


def test_a_failed_import_can_be_tried_again_once_its_reason_is_gone(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("imports.jobs.working.run", _explode)
        job = bring(user, SDVX, EVENING_ROWS)
    assert job.state == State.FAILED

    jobs.retry(job, by=user)
    again(job)

    assert (job.state, job.attempts, job.error_message, job.score_count) == (State.COMPLETED, 1, "", 12)


def test_inputs_are_pruned_by_age_and_never_under_a_waiting_import(user: User) -> None:
    done, waiting = (
        bring(user, SDVX, []),
        jobs.submit(user, jobs.Upload(content=b"{}", import_type="file/batch-manual")),
    )

    assert jobs.prune_inputs(older_than_days=1) == 0
    assert jobs.prune_inputs(older_than_days=0) == 1

    assert list(ImportInput.objects.values_list("job_id", flat=True)) == [waiting.pk]
    assert not ImportInput.objects.filter(job=done).exists()


# --- cancel ---------------------------------------------------------------------------------------


def test_a_queued_import_that_is_cancelled_never_runs(user: User) -> None:
    job = jobs.submit(user, jobs.Upload(content=b"{}", import_type="file/batch-manual"))

    jobs.cancel(job, by=user)
    again(job)

    assert job.state == State.CANCELLED


@pytest.mark.parametrize("moment", ["while its rows are judged", "inside its transaction"])
def test_of_a_running_import_that_is_cancelled_nothing_stays(
    user: User, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    def cancel_then(original: Any) -> Any:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            jobs.cancel(Import.objects.get(user=user), by=user)
            return original(*args, **kwargs)

        return wrapped

    where, name = (run, "catalogue_for") if moment.startswith("while") else (run, "outcome")
    monkeypatch.setattr(where, name, cancel_then(getattr(where, name)))

    job = bring(user, SDVX, EVENING_ROWS)

    # Inside the transaction the cancellation of this test is rolled back with it; what matters is that nothing stays.
    assert job.state in {State.CANCELLED, State.RUNNING}
    assert state_of(user) == {"scores": [], "rated": [], "sessions": [], "bests": [], "stats": []}


def test_a_completed_import_cannot_be_cancelled(user: User) -> None:
    with pytest.raises(jobs.NotPossible):
        jobs.cancel(bring(user, SDVX, []), by=user)


# --- single scores --------------------------------------------------------------------------------


def test_deleting_a_score_leaves_the_state_of_the_others(user: User) -> None:
    bring(user, SDVX, EVENING_ROWS[:11])
    wanted = _without_parts(state_of(user))
    last = bring(user, SDVX, EVENING_ROWS[11:])

    delete_score(Score.objects.get(from_import=last), by=user)

    last.refresh_from_db()
    assert (_without_parts(state_of(user)), last.score_count) == (wanted, 0)


def test_a_blacklisted_score_does_not_come_back(user: User) -> None:
    bring(user, SDVX, EVENING_ROWS[:1])
    delete_score(Score.objects.get(user=user), by=user, blacklist=True)

    assert bring(user, SDVX, EVENING_ROWS[:1]).score_count == 0


def test_a_score_is_deleted_once(user: User) -> None:
    bring(user, SDVX, EVENING_ROWS[:1])
    score = Score.objects.get(user=user)

    delete_score(score, by=user)
    with pytest.raises(Gone):
        delete_score(score, by=user)


def test_a_highlight_reaches_the_best(user: User) -> None:
    bring(user, SDVX, EVENING_ROWS[:1])

    edit_score(Score.objects.get(user=user), {"highlight": True}, by=user)

    assert user.bests.get().highlight


# --- classes --------------------------------------------------------------------------------------


def test_a_moderator_takes_back_the_classes_an_import_gave(user: User) -> None:
    moderator = player()
    bring(user, SDVX, [], classes={"dan": "DAN_3"})
    job = bring(user, SDVX, EVENING_ROWS, classes={"dan": "DAN_9"})

    assert roll_back_classes(job, by=moderator, reason="not theirs") == 1

    assert user.game_stats.get().classes["dan"] == "DAN_3"
    assert list(ClassAchievement.objects.filter(class_set="dan").values_list("new_value", flat=True)) == ["DAN_3"]
    entry = AuditEntry.objects.get(verb=AuditEntry.Verb.CLASS_SET)
    assert (entry.actor, entry.subject, entry.reason, entry.job) == (moderator, user, "not theirs", job)


def test_taking_the_only_class_away_leaves_no_stats(user: User) -> None:
    bring(user, SDVX, [], classes={"dan": "DAN_3"})

    set_class(user, ClassChange("sdvx", "Single", "dan", None), by=player(), reason="mistake")

    assert not user.game_stats.exists()


@pytest.mark.parametrize(("name", "value"), [("vfClass", "IMPERIAL_I"), ("dan", "DAN_99"), ("nonsense", None)])
def test_only_provided_classes_can_be_set(user: User, name: str, value: str | None) -> None:
    with pytest.raises(NotProvided):
        set_class(user, ClassChange("sdvx", "Single", name, value), by=player(), reason="")


def _explode(*_: object) -> None:
    raise RuntimeError


def _put_into(job: Import, state: State) -> None:
    now = timezone.now()
    Import.objects.filter(pk=job.pk).update(state=state, error_message="x", status_code=400, time_finished=now)


def _without_parts(state: dict[str, Any]) -> dict[str, Any]:
    return {**state, "sessions": [session[:-1] for session in state["sessions"]]}


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convert, "CHUNK", 4)
