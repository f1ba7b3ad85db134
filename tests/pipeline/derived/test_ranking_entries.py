"""Ranking entries: a player's ratings, charts played, and the gain of the rating in ninety days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from imports.games import BY_SLUG
from imports.jobs import rating_histories, restore
from imports.models import Chart, GameStats, Import, RankingEntry, Score, User
from imports.pipeline import scores
from imports.pipeline.classes import ClassChange, raise_class, set_class
from imports.pipeline.derived.integrity import check_player
from imports.pipeline.rankings import ranking_entries
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import factories, people

pytestmark = pytest.mark.django_db


def ago(days: int) -> int:
    """Returns noon (UTC), `days` days ago, in Unix milliseconds."""
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    return int((noon - timedelta(days=days)).timestamp() * 1_000)


def today() -> date:
    return timezone.now().astimezone(UTC).date()


def played(*scores: tuple[Chart, int, int]) -> Import:
    """Returns an import of Alice's with a score for each (chart, points, days ago)."""
    rows = [factories.score_on(chart, points, timeAchieved=ago(days)) for chart, points, days in scores]
    return factories.create_import(people.alice(), *rows)


def stored(user: User | None = None) -> dict[str, float]:
    return dict(RankingEntry.objects.filter(user=user or people.alice()).values_list("ranking", "value"))


def rating() -> float:
    playtype = BY_SLUG["sdvx"].by_name["Single"]
    found: float = GameStats.objects.get(user=people.alice()).ratings[playtype.default_profile_rating]
    return found


def test_no_rating_has_the_name_of_a_built_in_ranking() -> None:
    names = {name for game in BY_SLUG.values() for playtype in game.playtypes for name in playtype.profile_ratings}
    assert not names & {ranking_entries.CHARTS, ranking_entries.GAIN}


def test_an_import_creates_an_entry_in_each_ranking() -> None:
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


def test_the_gain_of_a_player_without_an_earlier_rating_is_the_whole_rating() -> None:
    (chart,) = factories.charts(1)
    played((chart, 9_900_000, 5))
    assert stored()["gain"] == rating()


def test_ranking_entries_follow_a_revert_and_a_restore() -> None:
    one, two = factories.charts(2)
    played((one, 9_000_000, 100))
    before = stored()
    later = played((one, 9_900_000, 9), (two, 9_500_000, 9))
    after = stored()
    revert(later, RevertRequest())
    assert stored() == before
    restore(later, by=people.alice())
    factories.run_job(later)
    assert stored() == after


def test_ranking_entries_follow_a_deleted_score() -> None:
    one, two = factories.charts(2)
    played((one, 9_000_000, 100), (two, 9_900_000, 9))
    scores.delete_score(Score.objects.get(chart=two), by=people.alice())
    assert stored()["charts"] == 1
    assert "gain" not in stored()


def test_a_player_without_scores_has_no_ranking_entries() -> None:
    (chart,) = factories.charts(1)
    revert(played((chart, 9_000_000, 5)), RevertRequest())
    assert stored() == {}


def test_a_manual_class_creates_entries_for_ratings_that_are_0_without_scores() -> None:
    alice, badge = people.alice(), BY_SLUG["arcaea"].by_name["Touch"].classes["courseBanner"].ids[0]
    set_class(alice, ClassChange("arcaea", "Touch", "courseBanner", badge), by=people.mo(), reason="")
    assert stored() == {"naivePotential": 0}
    assert check_player(alice) == []
    set_class(alice, ClassChange("arcaea", "Touch", "courseBanner", None), by=people.mo(), reason="")
    assert stored() == {}
    assert raise_class(alice, ClassChange("arcaea", "Touch", "courseBanner", badge))
    assert stored() == {"naivePotential": 0}


# --- gains over time -----------------------------------------------------------------------------------


def test_a_gain_stores_the_day_until_which_it_is_valid() -> None:
    (chart,) = factories.charts(1)
    played((chart, 9_000_000, 100), (chart, 9_500_000, 40), (chart, 9_900_000, 5))
    # The day of 40 days ago is within the ninety for 50 more days.
    assert RankingEntry.objects.get(ranking="gain").until == today() + timedelta(days=51)


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize(
    ("later", "kept"),
    [(50, "from the first score on"), (51, "from the second one on"), (85, "from the second one on"), (86, "")],
)
def test_due_gains_are_recomputed_as_days_pass(later: int, kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (chart,) = factories.charts(1)
    values = []
    for points, days in ((9_000_000, 100), (9_500_000, 40), (9_900_000, 5)):
        played((chart, points, days))
        values.append(rating())
    monkeypatch.setattr(ranking_entries, "_today", lambda: datetime.now(UTC).date() + timedelta(days=later))
    due = ranking_entries.refresh_due_gains(limit=10)
    assert due == (kept != "from the first score on")
    expected = {"from the first score on": values[2] - values[0], "from the second one on": values[2] - values[1]}
    assert stored().get("gain") == (pytest.approx(expected[kept]) if kept else None)
    assert ranking_entries.refresh_due_gains(limit=10) == 0
    assert check_player(people.alice()) == []


def test_the_check_ignores_a_gain_that_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    (chart,) = factories.charts(1)
    played((chart, 9_000_000, 100), (chart, 9_900_000, 5))
    monkeypatch.setattr(ranking_entries, "_today", lambda: datetime.now(UTC).date() + timedelta(days=300))
    assert check_player(people.alice()) == []


# --- checks and upgrades ----------------------------------------------------------------------------------


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda: RankingEntry.objects.filter(ranking="charts").update(value=99),
        lambda: RankingEntry.objects.filter(ranking="gain").delete(),
        lambda: RankingEntry.objects.filter(ranking="VF7").update(value=0),
        lambda: RankingEntry.objects.create(
            user=people.alice(), game="sdvx", playtype="Single", ranking="junk", value=1
        ),
    ],
    ids=["a wrong number of charts", "a missing gain", "a wrong rating", "an unknown ranking"],
)  # fmt: skip
def test_the_check_finds_and_repairs_wrong_ranking_entries(spoil: object) -> None:
    (chart,) = factories.charts(1)
    played((chart, 9_900_000, 5))
    right = stored()
    assert callable(spoil)
    spoil()
    assert [difference.what for difference in check_player(people.alice(), repair=True)] == ["ranking_entries"]
    assert stored() == right
    assert check_player(people.alice()) == []


def test_missing_ranking_entries_are_computed_after_an_upgrade(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rating_histories, "close_old_connections", lambda: None)  # the test's own
    (chart,) = factories.charts(1)
    played((chart, 9_900_000, 5))
    right = stored()
    RankingEntry.objects.all().delete()
    assert rating_histories.are_histories_missing()
    rating_histories.perform_histories()
    assert stored() == right
    assert not rating_histories.are_histories_missing()
