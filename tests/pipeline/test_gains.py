"""The gain of the profile rating by each best of an import."""

from __future__ import annotations

from random import Random

import pytest

from imports.models import Import
from imports.pipeline.derived.stats import StatsChange
from imports.pipeline.rankings import gains
from tests import factories, people

pytestmark = pytest.mark.django_db


def change_of(job: Import) -> float:
    before, after = job.rating_changes["Single"]["VF7" if "VF7" in job.rating_changes["Single"] else "VF6"]
    return float(after - (before or 0))


def gains_of(job: Import) -> list[tuple[float, float]]:
    assert job.rating_gains is not None
    return [(chart, gain) for chart, gain in job.rating_gains]


def test_the_gains_of_an_import_add_up_to_the_change_of_the_rating() -> None:
    alice, charts = people.alice(), factories.charts(6)
    factories.create_import(
        alice, *(factories.score_on(chart, 9_000_000 + number) for number, chart in enumerate(charts))
    )
    raised = factories.create_import(
        alice,
        factories.score_on(charts[0], 9_900_000),
        factories.score_on(charts[1], 9_500_000),
        factories.score_on(charts[2], 8_000_000),
    )
    assert [chart for chart, _ in gains_of(raised)] == [charts[0].pk, charts[1].pk]
    assert sum(gain for _, gain in gains_of(raised)) == pytest.approx(change_of(raised))


def test_a_best_that_does_not_count_has_no_gain() -> None:
    alice, charts = people.alice(), factories.charts(52)
    factories.create_import(alice, *(factories.score_on(chart, 9_900_000) for chart in charts[:50]))
    low = factories.create_import(alice, factories.score_on(charts[51], 7_000_000))
    assert gains_of(low) == []
    # It replaces the lowest of the fifty, so the gain is the difference.
    new = factories.create_import(alice, factories.score_on(charts[50], 10_000_000, lamp="PERFECT ULTIMATE CHAIN"))
    assert [chart for chart, _ in gains_of(new)] == [charts[50].pk]
    assert gains_of(new)[0][1] == pytest.approx(change_of(new))
    assert 0 < gains_of(new)[0][1] < 0.2


def test_the_gains_of_a_first_import_are_the_whole_rating() -> None:
    job = factories.create_import(people.alice(), *(factories.score_on(chart) for chart in factories.charts(3)))
    assert len(gains_of(job)) == 3
    assert sum(gain for _, gain in gains_of(job)) == pytest.approx(change_of(job))


def test_an_import_that_changes_no_rating_has_no_gains() -> None:
    alice, chart = people.alice(), factories.charts(1)[0]
    factories.create_import(alice, factories.score_on(chart, 9_900_000))
    assert gains_of(factories.create_import(alice, factories.score_on(chart, 9_000_000))) == []


def test_gains_of_leading_bests_equal_gains_of_all_bests() -> None:
    alice, charts = people.alice(), factories.charts(150)
    chance = Random(7)
    factories.create_import(
        alice, *(factories.score_on(chart, chance.randrange(8_000_000, 9_900_000)) for chart in charts)
    )
    raised = chance.sample(charts, 80)
    job = factories.create_import(
        alice, *(factories.score_on(chart, chance.randrange(8_000_000, 9_990_000)) for chart in raised)
    )
    stats = alice.game_stats.get()
    before = {name: change[0] for name, change in job.rating_changes["Single"].items()}
    change = StatsChange("sdvx", "Single", before, stats.ratings, {}, {})
    assert change.leading == {}
    from_all = gains.of_import(job, {chart.pk for chart in raised}, [change])
    assert dict(gains_of(job)) == pytest.approx(dict(from_all))
    assert len(from_all) > 20
