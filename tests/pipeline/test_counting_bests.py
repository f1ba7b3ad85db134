"""Finding the counting bests from the leading bests only."""

from __future__ import annotations

import pytest

from imports.games import playtype_of
from imports.pipeline.rankings import counting_bests
from imports.pipeline.rankings.counting_bests import Counted, count_bests
from tests import factories, people

pytestmark = pytest.mark.django_db


def counted() -> Counted:
    return count_bests(people.alice().pk, "sdvx", playtype_of("sdvx", "Single"))


@pytest.mark.parametrize("first", [5, 55, 85, 90])
def test_leading_bests_give_the_same_result_as_all_bests(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [factories.score_on(chart, 9_000_000 + 9_000 * place) for place, chart in enumerate(factories.charts(90))]
    factories.create_import(people.alice(), *rows)
    of_all = counted()
    monkeypatch.setattr(counting_bests, "FIRST_BESTS", first)
    of_first = counted()
    assert len(of_first.added) == 50
    assert of_first.added == of_all.added
    assert of_first.following == of_all.following
    assert of_first.whole == of_all.whole
    assert of_first.places == of_all.places


def test_a_best_would_count_from_the_value_of_the_last_counting_best() -> None:
    charts = factories.charts(51)
    rows = [factories.score_on(chart, 9_900_000 if place else 9_000_000) for place, chart in enumerate(charts)]
    factories.create_import(people.alice(), *rows)
    found = counted()
    place = found.following[0]
    least = found.found[49][0]
    assert not found.would_count(place, least - 0.001)
    assert found.would_count(place, least + 0.001)
    # The best was stored first, so it precedes bests of equal value.
    assert found.would_count(place, least)
