"""After charts change, what rests on them is what it would be had they always been so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imports.models import Chart, GameStats, PersonalBest, Score, Session, User
from imports.seeds.load import load
from imports.seeds.rerate import Rerated
from tests import builders, people
from tests.seeds.folders import chart, song, write

pytestmark = pytest.mark.django_db

COUNT = 12  # ten timed scores make a session's rating


def rows(**changed: Any) -> dict[str, Any]:
    numbers = range(1, COUNT + 1)
    return {"songs_sdvx": [song(n) for n in numbers], "charts_sdvx": [chart(n, **changed) for n in numbers]}


def play(user: User) -> None:
    """A score on each chart, found by version so that the charts need not be primary."""
    scores = [
        builders.score_on(each, 9_000_000 + number, timeAchieved=builders.NOON + number * builders.MINUTE)
        for number, each in enumerate(Chart.objects.order_by("song__song_id"))
    ]
    meta = {"game": "sdvx", "playtype": "Single", "service": "Tests", "version": "booth"}
    assert builders.an_import(user, *scores, parts={"meta": meta}).score_count == COUNT


def forget(user: User) -> None:
    for model in (Score, PersonalBest, Session, GameStats):
        model.objects.filter(user=user).delete()


def state(user: User) -> list[Any]:
    """All that is derived, without keys of its own."""
    return [
        dict(Score.objects.filter(user=user).values_list("score_id", "calculated_data")),
        dict(PersonalBest.objects.filter(user=user).values_list("score_id", "calculated_data")),
        list(PersonalBest.objects.filter(user=user).values_list("is_primary", flat=True)),
        list(Session.objects.filter(user=user).values_list("calculated_data", "score_count")),
        list(GameStats.objects.filter(user=user).values_list("ratings", "classes")),
    ]


@pytest.mark.parametrize("changed", [{"level": "18", "levelNum": 18}, {"isPrimary": False}])
def test_a_changed_chart_leaves_what_an_import_over_it_would_have_led_to(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    alice = people.alice()
    load(write(tmp_path, **rows()))
    play(alice)
    before = state(alice)

    loaded = load(write(tmp_path, **rows(**changed)))

    after = state(alice)
    assert after != before
    assert loaded.rerated.players == 1
    forget(alice)
    play(alice)
    assert state(alice) == after


def test_new_versions_and_names_rate_nothing_anew(tmp_path: Path) -> None:
    load(write(tmp_path, **rows()))
    play(people.alice())
    renamed = rows(versions=["booth", "inf"])
    renamed["songs_sdvx"] = [row | {"title": f"New {row['id']}"} for row in renamed["songs_sdvx"]]

    loaded = load(write(tmp_path, **renamed))

    assert loaded.rerated == Rerated()


def test_the_players_of_a_changed_chart_are_counted(tmp_path: Path) -> None:
    load(write(tmp_path, **rows()))
    for user in (people.alice(), people.bob()):
        play(user)
    harder = rows()
    harder["charts_sdvx"][0] |= {"level": "20", "levelNum": 20}

    assert load(write(tmp_path, **harder)).rerated == Rerated(players=2, scores=2)


def test_a_best_follows_its_chart_back_to_being_primary(tmp_path: Path) -> None:
    alice = people.alice()
    load(write(tmp_path, **rows()))
    play(alice)
    before = state(alice)

    load(write(tmp_path, **rows(isPrimary=False)))
    assert GameStats.objects.get(user=alice).ratings == {"VF6": None}
    load(write(tmp_path, **rows()))

    assert state(alice) == before
