"""The gains of a session: by how much each best raised the profile rating by the end of the session."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from imports.games.sdvx import SINGLE
from imports.models import Chart, DailyRatings, Session
from imports.pipeline.rankings import session_gains
from imports.pipeline.rankings.session_gains import gains_of_session
from tests import factories, people

pytestmark = pytest.mark.django_db

DAY = 24 * factories.HOUR
RATING = SINGLE.default_profile_rating


def played(chart: Chart, score: int, *, day: int, **members: Any) -> dict[str, Any]:
    return factories.score_on(chart, score, timeAchieved=factories.NOON + day * DAY, **members)


def gains_of_day(day: int) -> dict[int, float]:
    session = Session.objects.get(time_started=factories.NOON + day * DAY)
    charts = people.alice().scores.filter(time_achieved=session.time_started).values_list("chart_id", flat=True)
    return dict(gains_of_session(session, SINGLE, set(charts)))


def change_of_day(day: int) -> float:
    """Returns the change of the rating according to its history."""
    rows = list(DailyRatings.objects.order_by("day").values_list("ratings", flat=True)[: day + 1])
    return float(rows[-1][RATING] - (rows[-2][RATING] if day else 0))


def test_the_gains_of_a_session_add_up_to_the_change_of_the_rating() -> None:
    chance, charts = Random(3), factories.charts(70)
    for day in range(6):
        rows = [
            played(chart, chance.randrange(8_000_000, 9_900_000) + day * 20_000, day=day)
            for chart in chance.sample(charts, 40)
        ]
        factories.create_import(people.alice(), *rows)
    for day in range(6):
        assert sum(gains_of_day(day).values()) == pytest.approx(change_of_day(day)), day


def test_later_scores_do_not_change_the_gains_of_a_session() -> None:
    charts = factories.charts(2)
    factories.create_import(people.alice(), *(played(chart, 9_000_000, day=0) for chart in charts))
    factories.create_import(people.alice(), played(charts[0], 9_500_000, day=1))
    before = gains_of_day(1)
    assert list(before) == [charts[0].pk]
    factories.create_import(people.alice(), *(played(chart, 9_990_000, day=2) for chart in charts))
    assert gains_of_day(1) == pytest.approx(before)


def test_a_better_lamp_on_a_lower_score_is_a_gain() -> None:
    (chart,) = factories.charts(1)
    factories.create_import(people.alice(), played(chart, 9_800_000, day=0))
    factories.create_import(people.alice(), played(chart, 9_700_000, day=1, lamp="EXCESSIVE CLEAR"))
    assert gains_of_day(1) == {chart.pk: pytest.approx(change_of_day(1))}


def test_a_merged_best_counts_as_a_whole_before_and_after_a_session() -> None:
    (chart,) = factories.charts(1)
    factories.create_import(people.alice(), played(chart, 9_000_000, day=0, lamp="ULTIMATE CHAIN"))
    factories.create_import(people.alice(), played(chart, 9_800_000, day=1, lamp="CLEAR"))
    factories.create_import(people.alice(), played(chart, 9_850_000, day=2, lamp="CLEAR"))
    factories.create_import(people.alice(), played(chart, 9_100_000, day=3))
    for day in (1, 2):
        assert gains_of_day(day) == {chart.pk: pytest.approx(change_of_day(day))}
    assert gains_of_day(3) == {}


def test_a_session_without_a_higher_rating_has_no_gains() -> None:
    charts = factories.charts(51)
    factories.create_import(people.alice(), *(played(chart, 9_900_000, day=0) for chart in charts[:50]))
    factories.create_import(people.alice(), played(charts[50], 7_000_000, day=1), played(charts[0], 9_000_000, day=1))
    assert gains_of_day(1) == {}


def test_gains_from_far_below_the_current_rating_are_computed_from_all_bests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_gains, "FIRST_BESTS", 60)
    charts = factories.charts(130)
    factories.create_import(people.alice(), *(played(chart, 8_500_000, day=0) for chart in charts[:60]))
    factories.create_import(people.alice(), *(played(chart, 9_950_000, day=1) for chart in charts[60:]))
    assert sum(gains_of_day(0).values()) == pytest.approx(change_of_day(0))
    assert sum(gains_of_day(1).values()) == pytest.approx(change_of_day(1))
