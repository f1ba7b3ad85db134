"""The integrity check finds, reports and repairs derived state that does not follow from the scores."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from imports.models import DailyRatings, GameStats, Import, PersonalBest, RankingEntry, Score, Session, User
from imports.pipeline.derived.integrity import check_player
from tests.pipeline.factories import DIFFICULTIES, EVENING, import_rows, player, state_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogued")]
SDVX = "sdvx:Single"


ROW = {
    "matchType": "tachiSongID", "identifier": "1", "difficulty": "EXH", "score": 9_000_000, "lamp": "CLEAR",
    "timeAchieved": EVENING,
}  # fmt: skip


def _damage_best(user: User) -> None:
    PersonalBest.objects.filter(user=user).update(highlight=True)


def _lose_best(user: User) -> None:
    PersonalBest.objects.filter(user=user).delete()


def _stretch_session(user: User) -> None:
    Session.objects.filter(user=user).update(time_ended=EVENING + 1)


def _lose_session(user: User) -> None:
    Session.objects.filter(user=user).delete()


def _invent_session(user: User) -> None:
    Session.objects.create(
        user=user, game="sdvx", playtype="Single", name="Ghost", time_started=1.0, time_ended=2.0, score_count=1,
        calculated_data={},
    )  # fmt: skip


def _inflate_rating(user: User) -> None:
    GameStats.objects.filter(user=user).update(ratings={"VF6": 99})


def _lose_history(user: User) -> None:
    DailyRatings.objects.filter(user=user).delete()


def _invent_day(user: User) -> None:
    DailyRatings.objects.create(
        user=user, game="sdvx", playtype="Single", day=date(2020, 1, 1), score_count=3, ratings={"VF6": 1}
    )


def _miscount_day(user: User) -> None:
    DailyRatings.objects.filter(user=user).update(score_count=9)


def _lose_standings(user: User) -> None:
    RankingEntry.objects.filter(user=user).delete()


def _change_rating_of_a_score(user: User) -> None:
    Score.objects.filter(user=user).update(calculated_data={"VF6": 1})


def _miscount(user: User) -> None:
    Import.objects.filter(user=user).update(score_count=7)


@pytest.mark.quick_rows(4)
@pytest.mark.parametrize(
    "damage",
    [
        _damage_best, _lose_best, _stretch_session, _lose_session, _invent_session, _inflate_rating,
        _change_rating_of_a_score, _miscount, _lose_history, _invent_day, _miscount_day,
        _lose_standings,
    ],
)  # fmt: skip
def test_damage_is_found_reported_and_repaired(damage: Any) -> None:
    user = player()
    import_rows(user, SDVX, [ROW])
    whole = state_of(user)
    damage(user)

    found = check_player(user)
    assert found
    assert [(d.what, d.stored) for d in check_player(user)] == [(d.what, d.stored) for d in found], "looking repairs"
    check_player(user, repair=True)

    assert check_player(user) == []
    assert state_of(user) == whole


def test_a_consistent_player_has_no_differences() -> None:
    user = player()
    for gpt in DIFFICULTIES:
        import_rows(user, gpt, [])
    import_rows(user, SDVX, [ROW])

    assert check_player(user) == []
