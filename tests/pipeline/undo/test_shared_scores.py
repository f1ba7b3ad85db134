"""Scores that several imports carry: their owner and values after reverts and restores."""

from __future__ import annotations

import json
from typing import Any

import pytest

from imports import jobs
from imports.models import CarriedScores, Import, ImportInput, PersonalBest, Score, Session, State, User
from imports.pipeline.derived.integrity import check_player
from imports.pipeline.scores import edit_score
from imports.pipeline.scoring import convert
from imports.pipeline.undo.carried_scores import carriers
from imports.pipeline.undo.preview import preview, revert_all
from imports.pipeline.undo.revert import RevertRequest
from tests.pipeline.factories import EVENING, EVENING_ROWS, HALF_HOUR, import_rows, revert_import, sdvx_row, state_of

pytestmark = pytest.mark.django_db
SDVX = "sdvx:Single"
KEEP = RevertRequest(keep_shared=True)


@pytest.fixture(autouse=True)
def _catalogue(catalogued: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convert, "CHUNK_ROWS", 4)


def restore(job: Import) -> None:
    job.refresh_from_db()
    jobs.restore(job, by=job.user)
    jobs.run_import(job.import_id)
    job.refresh_from_db()
    assert job.state == State.COMPLETED


def owned_by(job: Import) -> int:
    job.refresh_from_db()
    assert job.score_count == Score.objects.filter(from_import=job).count()
    return job.score_count


def score_values(user: User) -> list[dict[str, Any]]:
    names = ("service", "import_type", "time_achieved", "comment", "score_data", "score_meta", "from_import")
    return list(Score.objects.filter(user=user).order_by("score_id").values(*names))


PLAIN = sdvx_row(comment="from the first")
RICH = sdvx_row(
    timeAchieved=EVENING, comment="from the second", judgements={"critical": 1_000, "near": 20, "miss": 3},
    optional={"fast": 12, "slow": 8},
)  # fmt: skip


def import_from(user: User, service: str, *rows: dict[str, Any]) -> Import:
    meta = {"game": "sdvx", "playtype": "Single", "service": service}
    content = json.dumps({"meta": meta, "scores": rows}).encode()
    job = jobs.submit(user, jobs.Upload(content=content, import_type="file/batch-manual"))
    jobs.run_import(job.import_id)
    job.refresh_from_db()
    assert job.state == State.COMPLETED, job.error_message
    return job


# --- values of passed scores ------------------------------------------------------------------------


def test_a_kept_score_takes_the_values_of_its_new_owner(user: User) -> None:
    first = import_from(user, "First", PLAIN)
    second = import_from(user, "Second", RICH)

    done = revert_all([first], KEEP)

    assert (done.kept, done.scores, owned_by(second)) == (1, 0, 1)
    score = Score.objects.get(user=user)
    assert (score.service, score.time_achieved, score.comment) == ("Second (BATCH-MANUAL)", EVENING, "from the second")
    assert score.score_data["judgements"] == {"critical": 1_000, "near": 20, "miss": 3}
    assert score.score_data["optional"]["fast"] == 12
    assert (Session.objects.get(user=user).time_started, user.bests.get().time_achieved) == (EVENING, EVENING)
    assert check_player(user) == []


def test_a_revert_that_keeps_shared_scores_leaves_the_state_of_the_other_import(user: User) -> None:
    first = import_rows(user, SDVX, [*EVENING_ROWS[:3], PLAIN])
    moved = [{**row, "timeAchieved": EVENING + 40 * HALF_HOUR, "comment": "later"} for row in EVENING_ROWS[:2]]
    second = import_rows(user, SDVX, [*moved, RICH])
    revert_import(first, keep_shared=True)
    kept = state_of(user)

    revert_import(second)
    import_rows(user, SDVX, [*moved, RICH])

    assert kept == state_of(user)


@pytest.mark.slow
def test_a_session_is_removed_if_its_scores_have_no_time_in_the_other_import(user: User) -> None:
    first = import_from(user, "First", RICH)
    import_from(user, "Second", PLAIN)
    seen = preview([first], KEEP)

    assert seen == revert_all([first], KEEP)

    assert (seen.sessions_gone, Session.objects.filter(user=user).count()) == (1, 0)
    assert Score.objects.get(user=user).time_achieved is None


def test_a_preview_counts_new_and_moved_sessions(user: User) -> None:
    untimed = sdvx_row(score=8_000_000)
    first = import_rows(user, SDVX, [EVENING_ROWS[0], untimed])
    import_rows(user, SDVX, [EVENING_ROWS[1], {**EVENING_ROWS[0], "timeAchieved": EVENING + 3 * HALF_HOUR}])
    import_rows(user, SDVX, [{**untimed, "timeAchieved": EVENING + 100 * HALF_HOUR}])

    seen = preview([first], KEEP)
    done = revert_all([first], KEEP)

    assert seen == done
    assert check_player(user) == []
    kinds = (seen.sessions_gone, seen.sessions_shrunk, seen.sessions_moved, len(seen.sessions_made))
    assert kinds == (0, 0, 1, 1)
    [totals] = seen.totals.values()
    assert totals["after"]["sessions"] == totals["before"]["sessions"] + 1


def test_a_player_s_comment_stays_with_a_passed_score(user: User) -> None:
    first, second = import_from(user, "First", PLAIN), import_from(user, "Second", RICH)
    edit_score(Score.objects.get(user=user), {"comment": "mine", "highlight": True}, by=user)
    before = score_values(user), state_of(user)

    revert_all([first], KEEP)
    score = Score.objects.get(user=user)
    assert (score.comment, score.highlight, score.edited, owned_by(second)) == ("mine", True, True, 1)

    restore(first)
    assert (score_values(user), state_of(user)) == before


def test_a_passed_score_keeps_its_values_if_the_other_input_is_gone(user: User) -> None:
    first, second = import_from(user, "First", PLAIN), import_from(user, "Second", RICH)
    ImportInput.objects.filter(job=second).delete()

    assert revert_all([first], KEEP).kept == 1

    score = Score.objects.get(user=user)
    assert (owned_by(second), score.comment, score.time_achieved) == (1, "from the first", None)
    assert check_player(user) == []


@pytest.mark.slow
def test_an_import_with_input_is_preferred_as_new_owner(user: User) -> None:
    first, second, third = (
        import_from(user, name, row) for name, row in (("One", PLAIN), ("Two", PLAIN), ("Three", RICH))
    )
    ImportInput.objects.filter(job=second).delete()

    revert_all([first], KEEP)

    assert (owned_by(second), owned_by(third), Score.objects.get(user=user).time_achieved) == (0, 1, EVENING)


def test_a_passed_score_takes_no_values_from_an_invalid_row(user: User) -> None:
    """The row was a duplicate and never judged, so the score keeps its values."""
    first = import_from(user, "First", PLAIN)
    second = import_from(user, "Second", {**PLAIN, "timeAchieved": 9_999_999_999_999_999, "comment": "impossible"})

    revert_all([first], KEEP)

    assert (owned_by(second), Score.objects.get(user=user).comment) == (1, "from the first")


# --- new owners of passed scores --------------------------------------------------------------------


@pytest.mark.slow
def test_imports_keep_their_carried_scores_while_these_are_deleted(user: User) -> None:
    first, second = import_rows(user, SDVX, EVENING_ROWS[:5]), import_rows(user, SDVX, EVENING_ROWS[:5])
    revert_import(first)
    third = import_rows(user, SDVX, EVENING_ROWS[:5])

    seen = preview([third], KEEP)
    done = revert_all([third], KEEP)

    assert seen == done
    assert (done.kept, done.shared, owned_by(second)) == (5, {second.import_id: 5}, 5)
    assert check_player(user) == []


@pytest.mark.slow
def test_a_restored_import_passes_its_scores_to_an_import_that_carried_them(user: User) -> None:
    first, second, third = (import_rows(user, SDVX, EVENING_ROWS[:5]) for _ in range(3))
    revert_import(first)
    revert_import(second)
    restore(second)

    done = revert_all([second], KEEP)

    assert (done.kept, owned_by(third)) == (5, 5)
    assert check_player(user) == []


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize("chosen", [(0,), (0, 1), (1, 0)])
def test_a_restore_undoes_a_revert_that_kept_shared_scores(user: User, chosen: tuple[int, ...]) -> None:
    rows = [[{**row, "comment": f"by {n}"} for row in EVENING_ROWS[:4]] for n in range(3)]
    imports = [import_from(user, f"Service {n}", *rows[n], *EVENING_ROWS[5 + n : 6 + n]) for n in range(3)]
    before = score_values(user), state_of(user), documents(user)

    for place in chosen:
        revert_import(imports[place], keep_shared=True)
    assert score_values(user) != before[0]
    for place in reversed(chosen):
        restore(imports[place])

    assert (score_values(user), state_of(user), documents(user)) == before
    assert check_player(user) == []


@pytest.mark.slow
def test_passed_scores_return_in_any_order_of_restores(user: User) -> None:
    imports = [import_from(user, f"Service {n}", {**PLAIN, "comment": f"by {n}"}) for n in range(3)]
    before = score_values(user), state_of(user), documents(user)

    revert_import(imports[0], keep_shared=True)
    revert_import(imports[1], keep_shared=True)
    restore(imports[0])
    restore(imports[1])

    assert (score_values(user), state_of(user), documents(user)) == before


def documents(user: User) -> list[dict[str, Any]]:
    names = ("state", "playtypes", "row_count", "score_count", "duplicate_count", "problem_count")
    imports = Import.objects.filter(user=user).order_by("pk")
    return [
        {
            **{name: getattr(job, name) for name in names},
            "scores": [score.score_id for score in job.scores.order_by("pk")],
            "carried": carriers(user.pk, [score.score_id for score in Score.objects.filter(user=user)]).get(job.pk),
        }
        for job in imports
    ]


@pytest.mark.slow
def test_imports_reverted_together_pass_no_scores_to_each_other(user: User) -> None:
    first, second, third = (import_from(user, f"Service {n}", {**PLAIN, "comment": f"by {n}"}) for n in range(3))

    seen = preview([first, second], KEEP)
    done = revert_all([first, second], KEEP)

    assert seen == done
    assert (done.kept, owned_by(third), Score.objects.get(user=user).comment) == (1, 1, "by 2")
    assert check_player(user) == []


def test_bests_and_ratings_follow_a_passed_score(user: User) -> None:
    first = import_rows(user, SDVX, [sdvx_row(timeAchieved=EVENING), sdvx_row(lamp="EXCESSIVE CLEAR")])
    import_rows(user, SDVX, [sdvx_row(timeAchieved=EVENING + HALF_HOUR)])

    revert_import(first, keep_shared=True)

    assert PersonalBest.objects.get(user=user).time_achieved == EVENING + HALF_HOUR
    assert check_player(user) == []


# --- verified and repaired --------------------------------------------------------------------------


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize("damage", ["lost", "foreign"])
def test_the_integrity_check_repairs_carried_scores(user: User, damage: str) -> None:
    import_rows(user, SDVX, EVENING_ROWS[:3])
    second = import_rows(user, SDVX, EVENING_ROWS[:3])
    ids = [score.score_id for score in Score.objects.filter(user=user)]
    whole = carriers(user.pk, ids)
    assert whole == {second.pk: set(ids)}
    if damage == "lost":
        CarriedScores.objects.all().delete()
    else:
        other = import_rows(user, SDVX, EVENING_ROWS[4:5])
        foreign = Score.objects.get(from_import=other).score_id
        row = CarriedScores.objects.get(job=second)
        row.score_ids = bytes(row.score_ids) + bytes.fromhex(foreign[1:])
        row.save()

    found = check_player(user)
    assert [difference.what for difference in found] == ["scores carried by import"]
    assert check_player(user, repair=True) == found

    assert check_player(user) == []
    assert carriers(user.pk, Score.objects.filter(user=user).values_list("score_id", flat=True)) == whole


def test_the_integrity_check_ignores_carried_scores_without_input(user: User) -> None:
    import_rows(user, SDVX, EVENING_ROWS[:3])
    second = import_rows(user, SDVX, EVENING_ROWS[:3])
    ImportInput.objects.filter(job=second).delete()
    CarriedScores.objects.all().delete()

    assert check_player(user) == []
