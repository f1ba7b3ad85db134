"""New bests and reached levels of sessions, compared with a count over all scores."""

from __future__ import annotations

from random import Random

import pytest

from imports.models import Score, Session
from imports.pipeline.rankings import session_results
from imports.pipeline.rankings.session_results import count_new_bests, find_levels_reached
from tests import people
from tests.factories import HOUR, NOON, create_chart, create_import, create_song, score_on

pytestmark = pytest.mark.django_db

LAMPS = ("FAILED", "CLEAR", "EXCESSIVE CLEAR", "ULTIMATE CHAIN")


@pytest.fixture(params=range(3))
def sessions(request: pytest.FixtureRequest) -> list[Session]:
    """Alice's sessions of random scores on charts of three levels; some scores have no time."""
    chance = Random(request.param)
    charts = [create_chart(create_song(number), level=14 + number % 3) for number in range(1, 7)]
    rows = [
        score_on(
            chance.choice(charts),
            chance.choice((9_000_000, 9_500_000, 9_700_000)),
            lamp=chance.choices(LAMPS, (5, 3, 2, 1))[0],
            timeAchieved=chance.choices((None, NOON + 3 * HOUR * chance.randrange(12)), (1, 9))[0],
        )
        for _ in range(30)
    ]
    create_import(people.alice(), *rows)
    create_import(people.bob(), *(score_on(chart, 10_000_000, timeAchieved=NOON - HOUR) for chart in charts))
    return list(Session.objects.filter(user=people.alice()))


def scores_before(session: Session) -> list[Score]:
    mine = Score.objects.filter(user=session.user_id).select_related("chart")
    return [score for score in mine if score.time_achieved is None or score.time_achieved < session.time_started]


@pytest.mark.parametrize("recent", [1, 3, 2_000])
def test_a_level_is_reached_if_an_earlier_score_has_a_wanted_lamp(
    sessions: list[Session], recent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`recent`: the number of latest scores that are read before those of single charts."""
    monkeypatch.setattr(session_results, "RECENT", recent)
    for session in sessions:
        for lowest in range(1, len(LAMPS)):
            # Level 15 wants a higher lamp than level 14, and level 16 is not requested.
            wanted = {"14": LAMPS[lowest:], "15": LAMPS[-1:]}
            expected = {
                score.chart.level
                for score in scores_before(session)
                if score.score_data["lamp"] in wanted.get(score.chart.level, ())
            }
            assert find_levels_reached(session, "lamp", wanted) == expected


def test_no_level_is_reached_without_wanted_lamps() -> None:
    assert find_levels_reached(Session(), "lamp", {}) == set()


def test_a_new_best_exceeds_at_least_one_earlier_score_and_all_of_its_chart(
    sessions: list[Session],
) -> None:
    new_bests = count_new_bests([session.pk for session in sessions])
    for session in sessions:
        earlier: dict[int, int] = {}
        for score in scores_before(session):
            earlier[score.chart_id] = max(earlier.get(score.chart_id, 0), score.score_data["score"])
        played = Score.objects.filter(
            user=session.user_id, time_achieved__range=(session.time_started, session.time_ended)
        )
        tops: dict[int, int] = {}
        for score in played:
            tops[score.chart_id] = max(tops.get(score.chart_id, 0), score.score_data["score"])
        assert new_bests.get(session.pk, 0) == sum(
            chart in earlier and top > earlier[chart] for chart, top in tops.items()
        )
