"""The feed of classes agrees with the current classes after any reverts and restores."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from imports import jobs
from imports.games.chunithm import COLOUR
from imports.models import Chart, ClassAchievement, GameStats, Import, Score, State, User
from imports.pipeline.classes import ClassChange, set_class
from imports.pipeline.derived.class_history import Entry, chain
from imports.pipeline.derived.integrity import check_player
from imports.pipeline.orphans import reprocess
from imports.pipeline.scores import delete_score
from imports.pipeline.undo.revert import RevertRequest, revert
from imports.seeds import rerate
from tests.pipeline.factories import DIFFICULTIES, import_rows, player, release, revert_import

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogued")]
CHUNITHM, SDVX = "chunithm:Single", "sdvx:Single"
CHARTS = [(song, difficulty) for song in (1, 2, 3) for difficulty in DIFFICULTIES[CHUNITHM]]


def rows(first: int, last: int, score: int = 1_007_500) -> list[dict[str, Any]]:
    """Scores on charts by number; two or three of them make a class."""
    return [
        {
            "matchType": "tachiSongID", "identifier": str(song), "difficulty": difficulty, "score": score,
            "noteLamp": "NONE", "clearLamp": "CLEAR",
        }
        for song, difficulty in CHARTS[first:last]
    ]  # fmt: skip


def restore(job: Import) -> None:
    jobs.restore(job, by=job.user)
    jobs.run_import(job.import_id)
    job.refresh_from_db()
    assert job.state == State.COMPLETED, job.error_message


def feed(user: User) -> list[tuple[Any, ...]]:
    """The chain of each class set, oldest first."""
    columns = ("class_set", "old_value", "new_value", "time_achieved", "from_import")
    found = ClassAchievement.objects.filter(user=user).order_by("class_set", "time_achieved", "pk")
    return list(found.values_list(*columns))


def reached(user: User, class_set: str = "colour") -> list[str]:
    return [value for name, _, value, *_ in feed(user) if name == class_set]


def standing(user: User, class_set: str = "colour") -> str | None:
    stats = GameStats.objects.filter(user=user).first()
    return stats.classes.get(class_set) if stats else None


def reports_of(*imports: Import) -> list[Any]:
    """What the documents of imports say they did."""
    columns = ("class_deltas", "rating_changes", "best_count", "first_play_count", "score_count", "duplicate_count")
    return list(Import.objects.filter(pk__in=[job.pk for job in imports]).order_by("pk").values(*columns))


def all_of(user: User, *imports: Import) -> tuple[Any, ...]:
    stats = list(GameStats.objects.filter(user=user).order_by("game", "playtype").values("ratings", "classes"))
    return stats, feed(user), reports_of(*imports)


def assert_agrees(user: User) -> None:
    """The last entry is the class that stands, each begins where the one before ended, and nothing is to repair."""
    for name in ("colour", "dan"):
        values = [(old, new) for set_name, old, new, *_ in feed(user) if set_name == name]
        assert [old for old, _ in values] == [None, *(new for _, new in values)][:-1] if values else True
        assert standing(user, name) == (values[-1][1] if values else None)
    assert check_player(user) == []


Raise = Callable[[User], tuple[Import, Import]]


def two_ratings(user: User) -> tuple[Import, Import]:
    return import_rows(user, CHUNITHM, rows(0, 3)), import_rows(user, CHUNITHM, rows(3, 8))


def two_ratings_the_second_as_good_alone(user: User) -> tuple[Import, Import]:
    return import_rows(user, CHUNITHM, rows(0, 8, 900_000)), import_rows(user, CHUNITHM, rows(0, 9))


def two_ratings_the_second_hidden_by_the_first(user: User) -> tuple[Import, Import]:
    return import_rows(user, CHUNITHM, rows(0, 8)), import_rows(user, CHUNITHM, rows(0, 8, 1_000_000))


def two_dans(user: User) -> tuple[Import, Import]:
    return import_rows(user, SDVX, [], classes={"dan": "DAN_3"}), import_rows(user, SDVX, [], classes={"dan": "DAN_9"})


RAISES = [two_ratings, two_ratings_the_second_as_good_alone, two_ratings_the_second_hidden_by_the_first, two_dans]


@pytest.mark.parametrize("raised", RAISES)
@pytest.mark.parametrize("roll_back", [False, True], ids=["", "rolled back"])
@pytest.mark.parametrize("which", [0, 1], ids=["first", "second"])
def test_a_revert_and_a_restore_leave_classes_history_and_documents_as_they_were(
    user: User, raised: Raise, roll_back: bool, which: int
) -> None:
    both = raised(user)
    before = all_of(user, *both)

    revert(both[which], RevertRequest(by=user, roll_back_classes=roll_back))
    assert_agrees(user)
    restore(both[which])

    assert all_of(user, *both) == before
    assert_agrees(user)


@pytest.mark.parametrize("raised", RAISES)
@pytest.mark.parametrize("reverted", [(0, 1), (1, 0)])
@pytest.mark.parametrize("restored", [(0, 1), (1, 0)])
def test_the_order_of_reverts_and_restores_does_not_show(
    user: User, raised: Raise, reverted: tuple[int, int], restored: tuple[int, int]
) -> None:
    both = raised(user)
    before = all_of(user, *both)

    for place in reverted:
        revert_import(both[place])
        assert_agrees(user)
    for place in restored:
        restore(both[place])
        assert_agrees(user)

    assert all_of(user, *both) == before


def test_a_revert_leaves_the_feed_of_the_other_import_alone(user: User) -> None:
    first, second = two_ratings(user)
    assert reached(user) == ["ORANGE", "PURPLE"]

    revert_import(first)

    other = player()
    import_rows(other, CHUNITHM, rows(3, 8))
    assert [entry[:3] for entry in feed(user)] == [entry[:3] for entry in feed(other)]
    assert feed(user)[0][-1] == second.pk


def test_an_import_that_raises_a_class_is_in_the_feed_whatever_was_reverted_before(user: User) -> None:
    first, _ = two_ratings(user)
    revert_import(first)

    third = import_rows(user, CHUNITHM, rows(0, 9))

    assert feed(user)[-1][-1] == third.pk
    assert [delta["new"] for delta in third.class_deltas] == [standing(user)]
    assert_agrees(user)


# --- what is no import --------------------------------------------------------------------------------


def test_a_deleted_score_takes_the_feed_down_with_its_class(user: User) -> None:
    job = import_rows(user, CHUNITHM, rows(0, 2))
    assert reached(user) == ["GREEN"]

    delete_score(Score.objects.filter(user=user).earliest("pk"), by=user)

    assert (reached(user), feed(user)[0][-1]) == (["BLUE"], job.pk)
    assert_agrees(user)


def test_a_class_comes_back_to_the_import_that_gave_it_though_its_scores_were_deleted(user: User) -> None:
    job = import_rows(user, CHUNITHM, rows(0, 3))
    import_rows(user, CHUNITHM, rows(0, 3, 1_007_000))
    before = feed(user)
    assert [entry[-1] for entry in before] == [job.pk]
    for score in Score.objects.filter(from_import=job):
        delete_score(score, by=user)
    assert feed(user) == before

    revert_import(job)
    restore(job)

    assert feed(user) == before
    assert_agrees(user)


def test_a_rescued_row_that_raises_a_class_is_in_the_feed(user: User) -> None:
    late = {**rows(0, 1)[0], "identifier": "4", "difficulty": "MASTER"}
    import_rows(user, CHUNITHM, [*rows(0, 1), late])
    release("chunithm")

    reprocess(user, jobs.enabled_games())

    assert reached(user) == ["BLUE", "GREEN"]
    assert_agrees(user)


def test_new_levels_that_move_a_class_move_the_feed(user: User) -> None:
    import_rows(user, CHUNITHM, rows(0, 3))
    keys = list(Chart.objects.filter(game="chunithm").values_list("pk", flat=True))

    for level, wanted in ((200, ["ORANGE", "COPPER"]), (20, ["BLUE"])):
        Chart.objects.filter(pk__in=keys).update(level_num=level)
        left = rerate.plan(keys, [])
        assert left is not None
        rerate.work(left.pk)

        assert reached(user) == wanted
        assert_agrees(user)


# --- moderators ---------------------------------------------------------------------------------------


def put(user: User, value: str | None) -> None:
    set_class(user, ClassChange("sdvx", "Single", "dan", value), by=player(), reason="see the photo")


@pytest.mark.parametrize("value", [None, "DAN_5", "INF"])
@pytest.mark.parametrize("is_reverted", [False, True], ids=["before the revert", "after the revert"])
def test_a_restore_does_not_undo_what_a_moderator_said_of_a_class(
    user: User, value: str | None, is_reverted: bool
) -> None:
    job = import_rows(user, SDVX, [], classes={"dan": "DAN_9"})
    if is_reverted:
        revert_import(job)
    put(user, value)
    assert_agrees(user)
    if not is_reverted:
        revert_import(job)

    restore(job)

    assert standing(user, "dan") == value
    assert_agrees(user)


def test_a_class_rolled_back_with_the_revert_comes_back_with_the_restore(user: User) -> None:
    _, second = two_dans(user)

    revert(second, RevertRequest(by=user, roll_back_classes=True))
    assert reached(user, "dan") == ["DAN_3"]
    restore(second)

    assert reached(user, "dan") == ["DAN_3", "DAN_9"]


# --- the check ----------------------------------------------------------------------------------------


def _twice(user: User) -> None:
    for row in ClassAchievement.objects.filter(user=user):
        row.pk = None
        row.time_achieved += timedelta(seconds=1)
        row.save()


DAMAGE: dict[str, Callable[[User], Any]] = {
    "an entry twice": _twice,
    "an entry above the class": lambda user: ClassAchievement.objects.filter(user=user).update(new_value="GOLD"),
    "a chain that is torn": lambda user: ClassAchievement.objects.filter(user=user).update(old_value="RED"),
    "the last entry missing": lambda user: ClassAchievement.objects.filter(user=user, new_value="PURPLE").delete(),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_history_is_found_and_repaired(user: User, damage: Callable[[User], Any]) -> None:
    two_ratings(user)
    damage(user)

    assert {difference.what for difference in check_player(user)} == {"achievements"}
    check_player(user, repair=True)

    assert_agrees(user)


# --- chains by themselves -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entries", "current", "wanted"),
    [
        ([], None, []),
        ([], "RED", [("RED", None)]),
        ([(1, "GREEN", 7), (2, "RED", 8)], "RED", [("GREEN", 7), ("RED", 8)]),
        ([(2, "RED", 8), (1, "GREEN", 7)], "ORANGE", [("GREEN", 7), ("ORANGE", 8)]),
        ([(1, "GREEN", 7), (2, "RED", 8)], "GREEN", [("GREEN", 7)]),
        ([(1, "GREEN", 7), (2, "RED", 8)], None, []),
        ([(1, "GREEN", 7), (2, "BLUE", 8)], "GREEN", [("GREEN", 7)]),
        ([(1, "RED", None), (1, "GREEN", 7)], "GREEN", [("GREEN", 7)]),
        ([(1, "GREEN", 7), (1, "RED", 7)], "RED", [("RED", 7)]),
        ([(1, "GREEN", 7)], "RED", [("GREEN", 7), ("RED", None)]),
    ],
)
def test_a_chain_rises_to_the_class_that_stands(
    entries: list[tuple[int, str, int | None]], current: str | None, wanted: list[tuple[str, int | None]]
) -> None:
    def at(day: int) -> datetime:
        return datetime(2026, 1, day, tzinfo=UTC)

    made = [Entry("colour", value, at(day), job) for day, value, job in entries]
    found = chain(COLOUR, made, current, closing=Entry("colour", "", at(9), None))

    assert [(entry.value, entry.job_id) for entry in found] == wanted
