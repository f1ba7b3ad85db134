"""The class history agrees with the current classes after any reverts and restores."""

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
    """Returns rows on the charts `first` to `last`; two or three of them reach a class."""
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
    """Returns the entries of each class set, oldest first."""
    columns = ("class_set", "old_value", "new_value", "time_achieved", "from_import")
    found = ClassAchievement.objects.filter(user=user).order_by("class_set", "time_achieved", "pk")
    return list(found.values_list(*columns))


def reached(user: User, class_set: str = "colour") -> list[str]:
    return [value for name, _, value, *_ in feed(user) if name == class_set]


def current_class(user: User, class_set: str = "colour") -> str | None:
    stats = GameStats.objects.filter(user=user).first()
    return stats.classes.get(class_set) if stats else None


def effects_of(*imports: Import) -> list[Any]:
    """Returns the stored effects of imports: classes, ratings, bests and counts."""
    columns = ("class_deltas", "rating_changes", "best_count", "first_play_count", "score_count", "duplicate_count")
    return list(Import.objects.filter(pk__in=[job.pk for job in imports]).order_by("pk").values(*columns))


def documents_of(user: User, *imports: Import) -> tuple[Any, ...]:
    stats = list(GameStats.objects.filter(user=user).order_by("game", "playtype").values("ratings", "classes"))
    return stats, feed(user), effects_of(*imports)


def assert_agrees(user: User) -> None:
    """Checks that entries are chained, that the last one is the current class, and that nothing needs a repair."""
    for name in ("colour", "dan"):
        values = [(old, new) for set_name, old, new, *_ in feed(user) if set_name == name]
        assert [old for old, _ in values] == [None, *(new for _, new in values)][:-1] if values else True
        assert current_class(user, name) == (values[-1][1] if values else None)
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


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize("raised", RAISES)
@pytest.mark.parametrize("roll_back", [False, True], ids=["", "rolled back"])
@pytest.mark.parametrize("which", [0, 1], ids=["first", "second"])
def test_a_revert_and_a_restore_preserve_classes_history_and_effects(
    user: User, raised: Raise, roll_back: bool, which: int
) -> None:
    both = raised(user)
    before = documents_of(user, *both)

    revert(both[which], RevertRequest(by=user, roll_back_classes=roll_back))
    assert_agrees(user)
    restore(both[which])

    assert documents_of(user, *both) == before
    assert_agrees(user)


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize("raised", RAISES)
@pytest.mark.parametrize("reverted", [(0, 1), (1, 0)])
@pytest.mark.parametrize("restored", [(0, 1), (1, 0)])
def test_the_order_of_reverts_and_restores_does_not_matter(
    user: User, raised: Raise, reverted: tuple[int, int], restored: tuple[int, int]
) -> None:
    both = raised(user)
    before = documents_of(user, *both)

    for place in reverted:
        revert_import(both[place])
        assert_agrees(user)
    for place in restored:
        restore(both[place])
        assert_agrees(user)

    assert documents_of(user, *both) == before


def test_a_revert_leaves_the_history_of_the_other_import(user: User) -> None:
    first, second = two_ratings(user)
    assert reached(user) == ["ORANGE", "PURPLE"]

    revert_import(first)

    other = player()
    import_rows(other, CHUNITHM, rows(3, 8))
    assert [entry[:3] for entry in feed(user)] == [entry[:3] for entry in feed(other)]
    assert feed(user)[0][-1] == second.pk


def test_an_import_after_a_revert_adds_its_class_to_the_history(user: User) -> None:
    first, _ = two_ratings(user)
    revert_import(first)

    third = import_rows(user, CHUNITHM, rows(0, 9))

    assert feed(user)[-1][-1] == third.pk
    assert [delta["new"] for delta in third.class_deltas] == [current_class(user)]
    assert_agrees(user)


# --- deletions, orphans and reratings -----------------------------------------------------------------


def test_deleting_a_score_lowers_the_class_in_the_history(user: User) -> None:
    job = import_rows(user, CHUNITHM, rows(0, 2))
    assert reached(user) == ["GREEN"]

    delete_score(Score.objects.filter(user=user).earliest("pk"), by=user)

    assert (reached(user), feed(user)[0][-1]) == (["BLUE"], job.pk)
    assert_agrees(user)


def test_a_class_stays_with_its_import_after_its_scores_are_deleted(user: User) -> None:
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


def test_a_matched_orphan_that_raises_a_class_is_in_the_history(user: User) -> None:
    late = {**rows(0, 1)[0], "identifier": "4", "difficulty": "MASTER"}
    import_rows(user, CHUNITHM, [*rows(0, 1), late])
    release("chunithm")

    reprocess(user, jobs.enabled_games())

    assert reached(user) == ["BLUE", "GREEN"]
    assert_agrees(user)


def test_new_chart_levels_that_change_a_class_change_the_history(user: User) -> None:
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


def set_dan(user: User, value: str | None) -> None:
    set_class(user, ClassChange("sdvx", "Single", "dan", value), by=player(), reason="see the photo")


@pytest.mark.parametrize("value", [None, "DAN_5", "INF"])
@pytest.mark.parametrize("is_reverted", [False, True], ids=["before the revert", "after the revert"])
def test_a_restore_keeps_a_class_that_a_moderator_set(user: User, value: str | None, is_reverted: bool) -> None:
    job = import_rows(user, SDVX, [], classes={"dan": "DAN_9"})
    if is_reverted:
        revert_import(job)
    set_dan(user, value)
    assert_agrees(user)
    if not is_reverted:
        revert_import(job)

    restore(job)

    assert current_class(user, "dan") == value
    assert_agrees(user)


def test_a_restore_brings_back_a_class_that_its_revert_rolled_back(user: User) -> None:
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
    "a broken chain": lambda user: ClassAchievement.objects.filter(user=user).update(old_value="RED"),
    "the last entry missing": lambda user: ClassAchievement.objects.filter(user=user, new_value="PURPLE").delete(),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_history_is_found_and_repaired(user: User, damage: Callable[[User], Any]) -> None:
    two_ratings(user)
    damage(user)

    assert {difference.what for difference in check_player(user)} == {"achievements"}
    check_player(user, repair=True)

    assert_agrees(user)


# --- chains without a database ------------------------------------------------------------------------


@pytest.mark.quick_rows(3)
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
def test_a_chain_rises_to_the_current_class(
    entries: list[tuple[int, str, int | None]], current: str | None, wanted: list[tuple[str, int | None]]
) -> None:
    def at(day: int) -> datetime:
        return datetime(2026, 1, day, tzinfo=UTC)

    made = [Entry("colour", value, at(day), job) for day, value, job in entries]
    found = chain(COLOUR, made, current, closing=Entry("colour", "", at(9), None))

    assert [(entry.value, entry.job_id) for entry in found] == wanted
