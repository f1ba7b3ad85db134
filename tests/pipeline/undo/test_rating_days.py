"""A revert of few scores leaves correct daily ratings without reading all scores."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from imports.games import BY_SLUG
from imports.games.formulas import average_of_best, sum_of_best
from imports.games.spec import ProfileRating
from imports.models import Import, User
from imports.pipeline.derived import rating_history
from imports.pipeline.undo import rating_days
from imports.pipeline.undo.preview import revert_all
from imports.pipeline.undo.revert import RevertRequest
from tests.pipeline.factories import DIFFICULTIES, EVENING, import_rows, revert_import, sdvx_row
from tests.pipeline.rating_history_model import days_of_scores, stored_days

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogued")]
SDVX = "sdvx:Single"
DAY = 86_400_000.0
LAMPS = ("FAILED", "CLEAR", "EXCESSIVE CLEAR", "ULTIMATE CHAIN")
CASES = 12


@pytest.fixture(autouse=True)
def _few_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets only the two or three highest bests count, so that nine charts are enough for the tests."""
    ratings = {
        "VF6": ProfileRating(("VF6",), sum_of_best(2, "VF6")),
        "VF7": ProfileRating(("VF7",), average_of_best(3, "VF7", null_if_not_enough=True)),
    }
    by_name = BY_SLUG["sdvx"].by_name
    monkeypatch.setitem(by_name, "Single", replace(by_name["Single"], profile_ratings=ratings))
    monkeypatch.setattr(rating_days, "LARGEST", 4)


@pytest.fixture
def rewritten(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bool, bool]]:
    """For each revert: whether its days were rewritten, and whether some of them were rated again."""
    found: list[tuple[bool, bool]] = []
    rewrite, rate = rating_days.rewrite, rating_days._rate
    rated: list[Any] = []

    def rewrite_and_note(*arguments: Any) -> bool:
        rated.clear()
        has = rewrite(*arguments)
        found.append((has, bool(rated)))
        return has

    def rate_and_note(*arguments: Any, **more: Any) -> None:
        rated.append(arguments)
        rate(*arguments, **more)

    monkeypatch.setattr(rating_days, "rewrite", rewrite_and_note)
    monkeypatch.setattr(rating_days, "_rate", rate_and_note)
    return found


def a_row(chance: Random, *, days: tuple[int, int], low: int = 7_000_000, high: int = 10_000_000) -> dict[str, Any]:
    return sdvx_row(
        identifier=str(chance.randint(1, 3)),
        difficulty=chance.choice(DIFFICULTIES[SDVX]),
        score=chance.randrange(low, high),
        lamp=chance.choice(LAMPS[:3]),
        **({"optional": {"exScore": chance.randrange(1_000)}} if chance.random() < 0.3 else {}),
        timeAchieved=EVENING + chance.randint(*days) * DAY + chance.randrange(100) * 1_000,
    )


@pytest.mark.slow
def test_days_follow_from_all_scores_after_any_revert(user: User, rewritten: list[tuple[bool, bool]]) -> None:
    for case in range(CASES):
        chance = Random(case)
        player = User.objects.create(username=f"player_of_case_{case}")
        high = chance.choice([7_500_000, 10_000_000])
        old = [
            import_rows(player, SDVX, [a_row(chance, days=(0, 9), high=high) for _ in range(chance.randint(1, 4))])
            for _ in range(2)
        ]
        for first in range(0, 40, 10):
            import_rows(player, SDVX, [a_row(chance, days=(first, first + 9), low=8_500_000) for _ in range(12)])
        import_rows(player, SDVX, [sdvx_row(identifier="2", score=9_000_000 + case)])  # without a time
        for job in chance.sample(old, 2):
            revert_import(job)

            assert stored_days(player) == days_of_scores(player), f"case {case}"
    paths = set(rewritten)
    assert paths == {(True, False), (True, True), (False, False)}, "each path is covered"


def test_a_revert_of_scores_that_do_not_count_reads_no_other_charts(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = [sdvx_row(identifier=str(song), score=9_900_000, timeAchieved=EVENING) for song in (1, 2, 3)]
    import_rows(user, SDVX, good)
    job = import_rows(user, SDVX, [sdvx_row(difficulty="NOV", score=7_000_000, timeAchieved=EVENING + DAY)])
    import_rows(user, SDVX, [sdvx_row(difficulty="MXM", score=8_000_000, timeAchieved=EVENING + 9 * DAY)])
    monkeypatch.setattr(rating_history, "refresh", _explode)
    monkeypatch.setattr(rating_days, "_rate", _explode)

    revert_import(job)

    assert stored_days(user) == days_of_scores(user)
    assert len(stored_days(user)) == 2


def test_days_follow_from_the_remaining_scores_after_a_bulk_revert(user: User) -> None:
    jobs = [_one(user, day, score=9_000_000 + day * 50_000) for day in range(8)]

    revert_all([jobs[1], jobs[4], jobs[7]], RevertRequest(by=user))

    assert stored_days(user) == days_of_scores(user)


def test_days_follow_from_the_remaining_scores_if_shared_scores_are_kept(user: User) -> None:
    shared = sdvx_row(score=9_900_000, timeAchieved=EVENING + DAY)
    job = import_rows(user, SDVX, [shared, sdvx_row(difficulty="MXM", timeAchieved=EVENING + DAY)])
    for day in range(2, 6):
        _one(user, day, score=9_000_000)
    import_rows(user, SDVX, [{**shared, "timeAchieved": EVENING + 4 * DAY}])

    revert_all([job], RevertRequest(by=user, keep_shared=True))

    assert stored_days(user) == days_of_scores(user)


def _one(user: User, day: int, *, score: int) -> Import:
    row = sdvx_row(identifier=str(day % 3 + 1), score=score, timeAchieved=EVENING + day * DAY)
    return import_rows(user, SDVX, [row])


def _explode(*_: object, **__: object) -> None:
    raise RuntimeError
