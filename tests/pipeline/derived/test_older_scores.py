"""Daily ratings after an import of scores that are older than stored ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from imports.games import BY_SLUG
from imports.games.formulas import average_of_best, sum_of_best
from imports.games.spec import ProfileRating
from imports.models import User
from imports.pipeline.derived import rating_history, stats
from imports.pipeline.derived.stats import TooFewBestsError
from tests.pipeline.factories import DIFFICULTIES, EVENING, import_rows, sdvx_row
from tests.pipeline.rating_history_model import days_of_scores, stored_days

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogued")]
SDVX = "sdvx:Single"
DAY = 86_400_000.0
CASES = 10
IMPORTS = 8  # per case


@pytest.fixture
def paths(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts the code paths that are used: only counted, from the leading bests, too few of these, or from all bests.

    The ratings use the two or three largest bests, and only one more is read of the nine charts.
    """
    ratings = {
        "VF6": ProfileRating(("VF6",), sum_of_best(2, "VF6")),
        "VF7": ProfileRating(("VF7",), average_of_best(3, "VF7", null_if_not_enough=True)),
    }
    by_name = BY_SLUG["sdvx"].by_name
    monkeypatch.setitem(by_name, "Single", replace(by_name["Single"], profile_ratings=ratings))
    monkeypatch.setattr(stats, "MARGIN", 1)
    paths: Counter[str] = Counter()
    count_added, rate_days = rating_history._count_added, rating_history._rated_days

    def count_added_and_record(*arguments: Any) -> bool:
        is_all = count_added(*arguments)
        paths["counted"] += is_all
        return is_all

    def rate_days_and_record(*arguments: Any, **more: Any) -> Any:
        is_leading = arguments[1]._least is not None
        try:
            days = rate_days(*arguments, **more)
        except TooFewBestsError:
            paths["too few"] += 1
            raise
        paths["leading" if is_leading else "all"] += 1
        return days

    monkeypatch.setattr(rating_history, "_count_added", count_added_and_record)
    monkeypatch.setattr(rating_history, "_rated_days", rate_days_and_record)
    return paths


def random_row(chance: Random, *, days: tuple[int, int]) -> dict[str, Any]:
    day = chance.randint(*days)
    return sdvx_row(
        identifier=str(chance.randint(1, 3)),
        difficulty=chance.choice(DIFFICULTIES[SDVX]),
        score=chance.randrange(8_000_000, 10_000_000),
        lamp=chance.choice(("FAILED", "CLEAR", "EXCESSIVE CLEAR")),
        **({"optional": {"exScore": chance.randrange(1_000)}} if chance.random() < 0.3 else {}),
        timeAchieved=None if chance.random() < 0.05 else EVENING + day * DAY + chance.randrange(100) * 1_000,
    )


@pytest.mark.slow
def test_daily_ratings_are_those_of_all_scores_after_imports_of_older_scores(paths: Counter[str]) -> None:
    for case in range(CASES):
        chance = Random(case)
        player = User.objects.create(username=f"player_of_case_{case}")
        import_rows(player, SDVX, [random_row(chance, days=(0, 12)) for _ in range(40)])
        for _ in range(IMPORTS):
            first = chance.randint(-1, 13)
            rows = [random_row(chance, days=(first, first + 1)) for _ in range(chance.randint(1, 3))]
            import_rows(player, SDVX, rows)
            assert stored_days(player) == days_of_scores(player), case
    assert all(paths[path] >= CASES for path in ("counted", "leading", "too few")), paths


def test_a_new_day_without_a_new_best_has_the_ratings_of_the_day_before(user: User, paths: Counter[str]) -> None:
    rows = [sdvx_row(score=9_000_000 + day, timeAchieved=EVENING + day * DAY) for day in (0, 1, 5)]
    import_rows(user, SDVX, rows)
    import_rows(user, SDVX, [sdvx_row(score=8_000_000 + day, timeAchieved=EVENING + day * DAY) for day in (1, 3, 7)])

    days = sorted((day, *values) for (_, _, day), values in stored_days(user).items())
    assert [count for _, count, _ in days] == [1, 2, 1, 1, 1]
    assert days[2][2] == days[1][2]
    assert days[4][2] == days[3][2]
    assert stored_days(user) == days_of_scores(user)
    assert paths["counted"] == 1
