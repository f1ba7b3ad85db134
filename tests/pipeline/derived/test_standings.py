"""What players have in each ranking: ratings, charts played, and what the rating gained in ninety days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from imports.games import BY_SLUG
from imports.jobs import rating_histories, restore
from imports.models import Chart, GameStats, Import, Score, Standing, User
from imports.pipeline import scores
from imports.pipeline.classes import ClassChange, raise_class, set_class
from imports.pipeline.derived.integrity import check_player
from imports.pipeline.rankings import standings
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import factories, people

pytestmark = pytest.mark.django_db


def ago(days: int) -> int:
    """Noon of a day (UTC), so many days ago, in Unix milliseconds."""
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    return int((noon - timedelta(days=days)).timestamp() * 1_000)


def today() -> date:
    return timezone.now().astimezone(UTC).date()


def played(*scores: tuple[Chart, int, int]) -> Import:
    """An import of Alice's: charts, points, and how many days ago."""
    rows = [factories.score_on(chart, points, timeAchieved=ago(days)) for chart, points, days in scores]
    return factories.an_import(people.alice(), *rows)


def stored(user: User | None = None) -> dict[str, float]:
    return dict(Standing.objects.filter(user=user or people.alice()).values_list("ranking", "value"))


def rating() -> float:
    playtype = BY_SLUG["sdvx"].by_name["Single"]
    found: float = GameStats.objects.get(user=people.alice()).ratings[playtype.default_profile_rating]
    return found


def test_no_rating_is_called_as_a_ranking_of_our_own() -> None:
    names = {name for game in BY_SLUG.values() for playtype in game.playtypes for name in playtype.profile_ratings}
    assert not names & {standings.CHARTS, standings.GAIN}


def test_an_import_brings_a_standing_in_each_ranking() -> None:
    one, two = factories.charts(2)
    played((one, 9_000_000, 100), (one, 9_100_000, 99), (two, 9_000_000, 100))
    before = rating()
    played((one, 9_900_000, 9))
    found = stored()
    assert found["charts"] == 2
    assert found["gain"] == pytest.approx(rating() - before)
    assert {name: found[name] for name in ("VF6", "VF7")} == GameStats.objects.get().ratings


def test_a_rating_that_did_not_rise_in_ninety_days_has_no_gain() -> None:
    (chart,) = factories.charts(1)
    played((chart, 9_900_000, 100), (chart, 9_000_000, 5))
    assert "gain" not in stored()


def test_whoever_began_in_the_last_ninety_days_gained_all_that_they_have() -> None:
    (chart,) = factories.charts(1)
    played((chart, 9_900_000, 5))
    assert stored()["gain"] == rating()


def test_a_revert_takes_standings_back_and_a_restore_brings_them_back() -> None:
    one, two = factories.charts(2)
    played((one, 9_000_000, 100))
    before = stored()
    later = played((one, 9_900_000, 9), (two, 9_500_000, 9))
    after = stored()
    revert(later, RevertRequest())
    assert stored() == before
    restore(later, by=people.alice())
    factories.process(later)
    assert stored() == after


def test_deleted_scores_count_no_longer() -> None:
    one, two = factories.charts(2)
    played((one, 9_000_000, 100), (two, 9_900_000, 9))
    scores.delete_score(Score.objects.get(chart=two), by=people.alice())
    assert stored()["charts"] == 1
    assert "gain" not in stored()


def test_without_scores_nothing_is_left() -> None:
    (chart,) = factories.charts(1)
    revert(played((chart, 9_000_000, 5)), RevertRequest())
    assert stored() == {}


def test_a_class_by_hand_brings_the_ratings_that_are_0_without_scores() -> None:
    alice, badge = people.alice(), BY_SLUG["arcaea"].by_name["Touch"].classes["courseBanner"].ids[0]
    set_class(alice, ClassChange("arcaea", "Touch", "courseBanner", badge), by=people.mo(), reason="")
    assert stored() == {"naivePotential": 0}
    assert check_player(alice) == []
    set_class(alice, ClassChange("arcaea", "Touch", "courseBanner", None), by=people.mo(), reason="")
    assert stored() == {}
    assert raise_class(alice, ClassChange("arcaea", "Touch", "courseBanner", badge))
    assert stored() == {"naivePotential": 0}


# --- days that pass ------------------------------------------------------------------------------------


def test_a_gain_says_until_when_it_is_right() -> None:
    (chart,) = factories.charts(1)
    played((chart, 9_000_000, 100), (chart, 9_500_000, 40), (chart, 9_900_000, 5))
    # The day of 40 days ago is within the ninety for 50 more days.
    assert Standing.objects.get(ranking="gain").until == today() + timedelta(days=51)


@pytest.mark.parametrize(
    ("later", "kept"),
    [(50, "from the first score on"), (51, "from the second one on"), (85, "from the second one on"), (86, "")],
)
def test_gains_follow_the_days(later: int, kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (chart,) = factories.charts(1)
    values = []
    for points, days in ((9_000_000, 100), (9_500_000, 40), (9_900_000, 5)):
        played((chart, points, days))
        values.append(rating())
    monkeypatch.setattr(standings, "_today", lambda: datetime.now(UTC).date() + timedelta(days=later))
    due = standings.refresh_due_gains(most=10)
    assert due == (kept != "from the first score on")
    expected = {"from the first score on": values[2] - values[0], "from the second one on": values[2] - values[1]}
    assert stored().get("gain") == (pytest.approx(expected[kept]) if kept else None)
    assert standings.refresh_due_gains(most=10) == 0
    assert check_player(people.alice()) == []


def test_a_gain_that_is_due_is_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    (chart,) = factories.charts(1)
    played((chart, 9_000_000, 100), (chart, 9_900_000, 5))
    monkeypatch.setattr(standings, "_today", lambda: datetime.now(UTC).date() + timedelta(days=300))
    assert check_player(people.alice()) == []


# --- checks and upgrades ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: Standing.objects.filter(ranking="charts").update(value=99),
        lambda: Standing.objects.filter(ranking="gain").delete(),
        lambda: Standing.objects.filter(ranking="VF7").update(value=0),
        lambda: Standing.objects.create(
            user=people.alice(), game="sdvx", playtype="Single", ranking="junk", value=1
        ),
    ],
    ids=["a wrong number of charts", "a missing gain", "a wrong rating", "an unknown ranking"],
)  # fmt: skip
def test_a_check_finds_and_mends_wrong_standings(spoil: object) -> None:
    (chart,) = factories.charts(1)
    played((chart, 9_900_000, 5))
    right = stored()
    assert callable(spoil)
    spoil()
    assert [difference.what for difference in check_player(people.alice(), repair=True)] == ["standings"]
    assert stored() == right
    assert check_player(people.alice()) == []


def test_the_standings_of_an_earlier_release_s_players_are_computed_after_the_upgrade(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rating_histories, "close_old_connections", lambda: None)  # the test's own
    (chart,) = factories.charts(1)
    played((chart, 9_900_000, 5))
    right = stored()
    Standing.objects.all().delete()
    assert rating_histories.are_histories_missing()
    rating_histories.perform_histories()
    assert stored() == right
    assert not rating_histories.are_histories_missing()
