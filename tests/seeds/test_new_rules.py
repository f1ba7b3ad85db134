"""After an upgrade with new rules, stored data equals that of a new import of the same input.

Databases of the rules of 2025 are made from those of today by statements that convert scores and the data derived from
them to the form of the previous release.
"""

from __future__ import annotations

import json
import shutil
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.db import connection

from imports import jobs
from imports.games import BY_SLUG, GAMES, RULES
from imports.games.spec import OLDEST_RULES
from imports.models import Chart, GameRules, GameStats, Import, PersonalBest, Rerating, Score, Session, State, User
from imports.pipeline.derived.integrity import check_player
from imports.pipeline.undo.revert import RevertRequest, revert
from imports.sample.catalogue import catalogue
from imports.sample.make import SEEDS
from imports.sample.plays import document, plays, unambiguous
from imports.seeds import rerate
from imports.seeds.load import load
from tests import factories, people

pytestmark = pytest.mark.django_db

NEW_DATABASES = import_module("imports.migrations.0017_new_databases_have_the_rules_of_2026")
PLAYS = 30
NEWER_RULES = {game.slug: game.rules for game in GAMES if game.rules > OLDEST_RULES}
"""The games whose rules have changed since they were added, and the year of their rules."""

SCORES, BESTS = "score", "personalbest"


def update(table: str, what: str) -> str:
    return f"UPDATE imports_{table} SET {what}"  # noqa: S608 - constants


def without(ratings: str, sessions: str, profile: str) -> list[str]:
    """Returns statements that remove ratings which the previous release lacked from all rows."""
    rated = f"calculated_data = calculated_data - '{{{ratings}}}'::text[]"
    return [
        update(SCORES, rated),
        update(BESTS, rated),
        update("session", f"calculated_data = calculated_data - '{{{sessions}}}'::text[]"),
        update("gamestats", f"ratings = ratings - '{{{profile}}}'::text[]"),
    ]


def rating(name: str, formula: str, profile: str) -> list[str]:
    """Returns statements that set a rating by another formula, and the profile rating and class that depend on it."""
    value = formula.format(f"(calculated_data->>'{name}')::float8")
    rated = f"calculated_data = calculated_data || jsonb_build_object('{name}', {value})"
    return [update(SCORES, rated), update(BESTS, rated), *profiles(profile)]


def profiles(ratings: str) -> list[str]:
    return [update("gamestats", f"ratings = ratings || '{ratings}', classes = classes - '{{badge,colour}}'::text[]")]


RANKED_BY_ONE = update(BESTS, "rank_keys = rank_keys[1:1]")
OLD_LAMP = "(array[0, 1, 2, 7, 3, 4, 5, 6])[best_keys[2]::int + 1]"
STARS = "'{0-star,1-star,2-star,3-star,4-star,5-star,R-star}'::text[]"
OLD_STARS = f"array_position({STARS}, score_data->>'platinumStars') - 1"
AS_STARS = f"score_data = score_data || jsonb_build_object('platinumStars', {OLD_STARS})"
HARD = "ktLampRatingHC,ktLampRatingEXHC"

AS_OF_2025: dict[str, list[str]] = {
    "sdvx:Single": [
        *without("VF7", "ProfileVF7", "VF7"),
        update("gamestats", 'classes = \'{"vfClass": "SIENNA_I"}\''),
        RANKED_BY_ONE,
    ],
    "usc:Controller": [*without("VF7", "ProfileVF7", "VF7"), RANKED_BY_ONE],
    "iidx:SP": [*without(HARD, HARD, HARD), RANKED_BY_ONE],
    "ongeki:Single": [
        *without("", "", "scoreRating,starRating"),
        update(SCORES, AS_STARS),
        update(BESTS, AS_STARS),
        update(BESTS, "rank_keys = rank_keys[1:2]"),
    ],
    "ddr:SP": [
        update(SCORES, f"best_keys = ARRAY[best_keys[1], {OLD_LAMP}, best_keys[3], best_keys[4]]"),
        update(BESTS, "composed_from = composed_from - 1, score_data = score_data #- '{optional,flare}'"),
        RANKED_BY_ONE,
    ],
    "maimaidx:Single": rating("rate", "{} - (score_data->>'lamp' LIKE 'ALL PERFECT%')::int", '{"naiveRate": 1}'),
    "arcaea:Touch": rating("potential", "floor({} * 100) / 100", '{"naivePotential": null}'),
    "jubeat:Single": profiles('{"jubility": 5}'),
    "chunithm:Single": [update("gamestats", 'classes = \'{"colour": "PLATINUM"}\'')],
}


def in_2025(gpt: str) -> None:
    """Converts everything to the state of the previous release."""
    with connection.cursor() as cursor:
        for statement in AS_OF_2025[gpt]:
            cursor.execute(statement)
        cursor.execute("UPDATE imports_import SET rated_by = 2025, rules = 2025")
        cursor.execute("DELETE FROM imports_gamerules")


def load_game(folder: Path, gpt: str) -> None:
    """Loads the sample's songs and charts of only one game, which is faster."""
    for kind in ("songs", "charts"):
        shutil.copy(SEEDS / f"{kind}-{gpt.split(':', maxsplit=1)[0]}.json", folder)
    load(folder)


def import_plays(user: User, gpt: str, *, count: int = PLAYS) -> Import:
    game = gpt.split(":", maxsplit=1)[0]
    charts = [chart for chart in catalogue()[game].charts if chart["playtype"] == gpt.split(":")[1]]
    rows = list(plays(gpt, charts, count, chance=Random(gpt)))
    for row in rows[::7]:
        del row["timeAchieved"]
    content = json.dumps(document(gpt, rows, service="Tests")).encode()
    return factories.run_job(jobs.submit(user, jobs.Upload(content=content, import_type="file/batch-manual")))


def state(user: User) -> list[Any]:
    """Returns a player's scores and the data derived from them, without primary keys."""
    scores = ("score_id", "score_data", "calculated_data", "best_keys")
    bests = ("score_id", "score_data", "calculated_data", "composed_from", "rank_keys", "time_achieved")
    return [
        list(Score.objects.filter(user=user).order_by("score_id").values_list(*scores)),
        list(PersonalBest.objects.filter(user=user).order_by("chart").values_list(*bests)),
        list(Session.objects.filter(user=user).order_by("time_started").values_list("calculated_data", "score_count")),
        list(GameStats.objects.filter(user=user).values_list("game", "playtype", "ratings", "classes")),
    ]


@pytest.mark.quick_rows(3)
@pytest.mark.parametrize("gpt", AS_OF_2025)
def test_the_upgrade_gives_the_same_data_as_an_import_by_the_new_rules(tmp_path: Path, gpt: str) -> None:
    load_game(tmp_path, gpt)
    alice = people.alice()
    assert import_plays(alice, gpt).state == State.COMPLETED
    fresh = state(alice)
    in_2025(gpt)
    assert state(alice) != fresh

    jobs.sweep_rules()
    left = Rerating.objects.get()
    assert (left.game, left.rules, left.player_count) == (
        gpt.split(":", maxsplit=1)[0],
        BY_SLUG[gpt.split(":", maxsplit=1)[0]].rules,
        1,
    )
    assert not rerate.work(left.pk)

    assert state(alice) == fresh
    assert dict(GameRules.objects.values_list("game", "year")) == NEWER_RULES
    jobs.sweep_rules()
    assert not rerate.unfinished().exists()


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize("moment", ["before the upgrade", "after the upgrade"])
@pytest.mark.parametrize("gpt", AS_OF_2025)
def test_a_revert_and_a_restore_of_an_older_import_are_exact(tmp_path: Path, gpt: str, moment: str) -> None:
    load_game(tmp_path, gpt)
    alice = people.alice()
    import_plays(alice, gpt, count=12)
    without_it = state(alice)
    older = import_plays(alice, gpt)
    assert older.score_count > 0
    with_it = state(alice)
    in_2025(gpt)

    def upgrade() -> None:
        jobs.sweep_rules()
        for left in Rerating.objects.filter(time_finished=None):
            assert not rerate.work(left.pk)

    if moment == "after the upgrade":
        upgrade()
    revert(Import.objects.get(pk=older.pk), RevertRequest(by=alice))
    if moment == "before the upgrade":
        upgrade()
    assert state(alice) == without_it

    jobs.restore(Import.objects.get(pk=older.pk), by=alice)
    assert factories.run_job(older).state == State.COMPLETED
    assert state(alice) == with_it
    assert check_player(alice) == []


# --- scores of older rules --------------------------------------------------------------------------

REFUSED_TODAY = [
    ("maimaidx:Single", {"percent": 85, "lamp": "FAILED"}),
    ("maimaidx:Single", {"percent": 41.5, "lamp": "CLEAR"}),
    ("arcaea:Touch", {"score": 10_000_100, "lamp": "LOST"}),
    ("arcaea:Touch", {"score": 9_000_000, "lamp": "CLEAR", "judgements": {"pure": 99_999}}),
]


def import_of(user: User, gpt: str, metrics: dict[str, Any], *, rules: int) -> Import:
    """Imports one score under the rules of a year."""
    game, playtype = gpt.split(":")
    charts = [chart for chart in catalogue()[game].charts if chart["playtype"] == playtype]
    rows = [unambiguous(BY_SLUG[game].by_name[playtype])(charts[0]) | metrics | {"timeAchieved": factories.NOON}]
    content = json.dumps(document(gpt, rows, service="Tests")).encode()
    job = jobs.submit(user, jobs.Upload(content=content, import_type="file/batch-manual"))
    Import.objects.filter(pk=job.pk).update(rules=rules)
    return factories.run_job(job)


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize(("gpt", "metrics"), REFUSED_TODAY)
def test_scores_that_only_older_rules_accept_are_kept_and_can_be_restored(
    tmp_path: Path, gpt: str, metrics: dict[str, Any]
) -> None:
    load_game(tmp_path, gpt)
    alice = people.alice()
    assert import_of(alice, gpt, metrics, rules=RULES).problem_count == 1
    job = import_of(alice, gpt, metrics, rules=2025)
    import_plays(alice, gpt, count=12)
    in_2025(gpt)
    jobs.sweep_rules()
    rerate.work(Rerating.objects.get().pk)
    upgraded = state(alice)
    assert Score.objects.filter(from_import=job).count() == 1

    revert(job, RevertRequest(by=alice))
    assert state(alice) != upgraded
    jobs.restore(job, by=alice)
    job = factories.run_job(job)

    assert (job.state, job.score_count, job.problem_count) == (State.COMPLETED, 1, 0)
    assert state(alice) == upgraded
    assert check_player(alice) == []


def test_a_lost_full_bell_that_older_rules_refused_stays_refused(tmp_path: Path) -> None:
    load_game(tmp_path, "ongeki:Single")
    alice = people.alice()
    Chart.objects.update(level_num=0)  # without a level no rating refuses it
    lost = {"score": 950_000, "noteLamp": "LOSS", "bellLamp": "FULL BELL", "platinumScore": 100}
    old, new = (import_of(alice, "ongeki:Single", lost, rules=rules) for rules in (2025, RULES))
    assert (old.problem_count, new.score_count) == (1, 1)


# --- during an upgrade ------------------------------------------------------------------------------


def both_of_2025(folder: Path) -> tuple[User, User]:
    load_game(folder, "sdvx:Single")
    alice, bob = people.alice(), people.bob()
    for user in (alice, bob):
        import_plays(user, "sdvx:Single", count=12)
    in_2025("sdvx:Single")
    return alice, bob


def has_vf7(user: User) -> bool:
    return all(
        "VF7" in ratings for ratings in Score.objects.filter(user=user).values_list("calculated_data", flat=True)
    )


class Killed(Exception):
    """Simulates the death of a worker."""


def kill(_: Rerating) -> None:
    raise Killed


@pytest.mark.slow
def test_a_rerating_for_new_rules_continues_after_a_killed_worker(tmp_path: Path) -> None:
    alice, bob = both_of_2025(tmp_path)
    [left] = rerate.plan_for_rules()

    with pytest.raises(Killed):
        rerate.work(left.pk, on_player_done=kill)

    assert (has_vf7(alice), has_vf7(bob)) == (True, False)
    assert rerate.plan_for_rules() == []
    actual: list[int] = []
    assert not rerate.work(left.pk, on_player_done=lambda now: actual.append(now.last_user))
    assert (actual, has_vf7(bob)) == ([bob.pk], True)
    left.refresh_from_db()
    assert (left.players_done, left.scores_changed) == (2, 24)
    assert GameRules.objects.get(game="sdvx").year == RULES


@pytest.mark.slow
def test_a_rerating_that_an_older_worker_marked_as_finished_is_planned_again(tmp_path: Path) -> None:
    alice, _ = both_of_2025(tmp_path)
    [left] = rerate.plan_for_rules()
    Rerating.objects.filter(pk=left.pk).update(time_finished=left.time_queued)  # as a worker that sees no charts does

    [again] = rerate.plan_for_rules()
    rerate.work(again.pk)

    assert has_vf7(alice)


@pytest.mark.slow
def test_scores_that_an_older_worker_imports_after_the_rerating_are_rated_again(tmp_path: Path) -> None:
    alice, _ = both_of_2025(tmp_path)
    rerate.work(rerate.plan_for_rules()[0].pk)
    late = import_plays(alice, "sdvx:Single", count=14)
    assert rerate.plan_for_rules() == []
    Score.objects.filter(from_import=late).update(calculated_data={"VF6": 0.1})
    Import.objects.filter(pk=late.pk).update(rated_by=2025)
    assert not has_vf7(alice)

    rerate.work(rerate.plan_for_rules()[0].pk)

    assert has_vf7(alice)
    assert rerate.plan_for_rules() == []


def test_a_player_s_next_import_does_not_wait_for_the_rerating(tmp_path: Path) -> None:
    """Otherwise it would report a lower class, and compare old ratings with new ones."""
    alice, bob = both_of_2025(tmp_path)
    before = GameStats.objects.get(user=alice).ratings

    job = factories.create_import(alice, *(), parts={"classes": {"dan": "DAN_3"}})

    assert has_vf7(alice)
    assert not has_vf7(bob)
    assert [delta["set"] for delta in job.class_deltas] == ["dan"]
    actual = job.rating_changes["Single"]
    assert actual["VF7"][0] == actual["VF7"][1] is not None
    assert actual["VF6"] == [before["VF6"], before["VF6"]]


def test_a_player_with_only_classes_is_rerated(tmp_path: Path) -> None:
    load_game(tmp_path, "arcaea:Touch")
    alice = people.alice()
    meta = {"game": "arcaea", "playtype": "Touch", "service": "Tests"}
    factories.create_import(alice, parts={"meta": meta, "classes": {"courseBanner": "PHASE_12"}})
    fresh = state(alice)
    in_2025("arcaea:Touch")

    rerate.work(rerate.plan_for_rules()[0].pk)

    assert state(alice)[3][0][2] == fresh[3][0][2] == {"naivePotential": 0}


def test_a_new_database_plans_no_rerating() -> None:
    # As after the migration: tests that commit empty every table of this database, and may have run before.
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM imports_gamerules")
        cursor.execute(NEW_DATABASES.INSERT)

    assert set(GameRules.objects.values_list("year", flat=True)) == {2026}
    assert rerate.plan_for_rules() == []


def test_a_game_without_players_gets_its_new_rules_at_once() -> None:
    GameRules.objects.all().delete()
    assert rerate.plan_for_rules() == []
    assert dict(GameRules.objects.values_list("game", "year")) == NEWER_RULES
