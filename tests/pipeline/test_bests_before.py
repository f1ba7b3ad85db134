"""The metrics of a player's bests before a time, without recomposing bests that already existed then."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from imports.games import playtype_of
from imports.models import PersonalBest, Score, User
from imports.pipeline.derived import bests
from tests import people
from tests.factories import HOUR, NOON, charts, create_import, score_on

pytestmark = pytest.mark.django_db

LAMPS = ("FAILED", "CLEAR", "EXCESSIVE CLEAR", "ULTIMATE CHAIN")
SINGLE = playtype_of("sdvx", "Single")


def composed_of_scores_before(user: User, chart: int, moment: float) -> dict[str, Any] | None:
    """Returns the metrics of the best composed of the earlier scores only."""
    with transaction.atomic():
        Score.objects.filter(user=user).exclude(time_achieved__lt=moment).delete()
        bests.refresh(user.pk, [chart])
        best = PersonalBest.objects.filter(user=user, chart=chart).first()
        transaction.set_rollback(True)
    return None if best is None else {name: best.score_data[name] for name in SINGLE.metrics}


@pytest.mark.parametrize("seed", range(3))
def test_metrics_before_a_time_equal_the_best_of_the_earlier_scores(seed: int) -> None:
    chance = Random(seed)
    found = charts(3)
    rows = [
        score_on(
            chance.choice(found),
            chance.choice((9_000_000, 9_500_000, 9_700_000)),
            lamp=chance.choice(LAMPS),
            timeAchieved=chance.choice((None, *(NOON + 3 * HOUR * chance.randrange(12) for _ in range(7)))),
        )
        for _ in range(25)
    ]
    alice = people.alice()
    create_import(alice, *rows)
    create_import(people.bob(), *(score_on(chart, 10_000_000, timeAchieved=NOON - HOUR) for chart in found))
    moments = {(chart.pk, float(NOON + 3 * HOUR * number)) for chart in found for number in range(13)}
    metrics_by_moment = bests.metrics_before(alice.pk, moments, SINGLE)
    for chart, moment in moments:
        expected = composed_of_scores_before(alice, chart, moment)
        actual = metrics_by_moment.get((chart, moment))
        assert (None if actual is None else {name: actual[name] for name in SINGLE.metrics}) == expected


def test_a_best_older_than_the_time_needs_no_scores() -> None:
    (chart,) = charts(1)
    rows = [score_on(chart, 9_000_000 + number, timeAchieved=NOON + 3 * HOUR * number) for number in range(20)]
    alice = people.alice()
    create_import(alice, *rows)
    moment = (chart.pk, float(NOON + 100 * HOUR))
    with CaptureQueriesContext(connection) as queries:
        metrics_by_moment = bests.metrics_before(alice.pk, [moment], SINGLE)
    assert metrics_by_moment[moment]["score"] == 9_000_019
    assert len(queries.captured_queries) == 1


def test_a_revert_refreshes_only_charts_whose_best_lost_a_score() -> None:
    first, second, third = charts(3)
    alice = people.alice()
    create_import(alice, score_on(first, 9_500_000), score_on(second, 9_000_000, lamp="ULTIMATE CHAIN"))
    later = create_import(
        alice, score_on(first, 9_400_000, lamp="FAILED"), score_on(second, 9_700_000), score_on(third, 9_000_000)
    )
    expected = list(PersonalBest.objects.filter(chart=first).values())
    Score.objects.filter(from_import=later).delete()
    keys = [chart.pk for chart in (first, second, third)]
    assert bests.without_whole_best(alice.pk, keys) == {second.pk, third.pk}
    bests.refresh(alice.pk, keys)
    assert list(PersonalBest.objects.filter(chart=first).values()) == expected
    assert bests.without_whole_best(alice.pk, keys) == {third.pk}, "all its scores are deleted"
