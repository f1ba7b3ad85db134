"""Exported data is the same after its import into another account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker

from imports.games import playtype_of
from imports.models import Import, Score, User
from imports.pipeline.derived import sessions
from imports.sample.catalogue import catalogue
from imports.sample.make import SEEDS
from imports.sample.plays import SKILLS, document, plays
from imports.seeds.load import load
from tests import people
from tests.examples import examples
from tests.pipeline.factories import undone
from tests.sharing import shared
from tests.takeout import exported

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("redis_clean", "sample")]
WHOLE = re.compile(r"(?<=\d)\.0(?=[,\]}])")
SERVICES = ("Night Logger", "e-amusement", "Öffentlich 日本", "a" * 60)
COMMENTS = st.none() | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=3, max_size=60
)

OTHERS = st.lists(st.sampled_from(sorted(SKILLS)), max_size=1)
FEW = settings(
    max_examples=examples(2, ci=2),  # the first one that Hypothesis tries is the simplest
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def sample(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with shared(django_db_blocker):
        load(SEEDS)
        yield


def test_exported_files_of_every_game_restore_an_empty_account() -> None:
    alice = people.alice()
    for gpt in SKILLS:
        game, name = gpt.split(":")
        charts = [chart for chart in catalogue()[game].charts if chart["playtype"] == name]
        rows = list(plays(gpt, charts, 6, chance=Random(gpt)))
        exported.import_file(alice, msgspec.json.encode(document(gpt, rows, service="Night Logger")))
    before = exported.facts_of(alice)
    files = exported.batch_manual_files(exported.exported(alice))
    exported.empty(alice)
    for content in files:
        exported.import_file(alice, content)
    assert len(files) == len(SKILLS)
    assert exported.facts_of(alice) == before


@pytest.mark.parametrize("gpt", sorted(SKILLS))
@FEW
@given(st.data())
@undone()
def test_exported_score_files_restore_an_empty_account(gpt: str, data: st.DataObject) -> None:
    alice = people.alice()
    for each in sorted({gpt, *data.draw(OTHERS)}):
        for service in data.draw(st.lists(st.sampled_from(SERVICES), min_size=1, max_size=2, unique=True)):
            exported.import_file(alice, msgspec.json.encode(drawn_document(each, service, data)))
    before = exported.facts_of(alice)
    archive = exported.exported(alice)
    services = sorted(Score.objects.filter(user=alice).values_list("score_id", "service"))
    if data.draw(st.booleans(), label="as Tachi's API has them"):
        files = [archive.read(name) for name in archive.namelist() if name.startswith("scores/")]
        import_type = "file/tachi-scores"
        for stats in before["stats"]:  # these files have no provided classes
            playtype = playtype_of(stats["game"], stats["playtype"])
            stats["classes"] = {k: v for k, v in stats["classes"].items() if not playtype.classes[k].is_provided}
    else:
        files, import_type = exported.batch_manual_files(archive), "file/batch-manual"
    exported.empty(alice)

    for content in files:
        exported.import_file(alice, content, import_type)

    assert exported.facts_of(alice) == before
    assert sorted(Score.objects.filter(user=alice).values_list("score_id", "service")) == services
    assert not Import.objects.filter(problem_count__gt=0).exists()


def drawn_document(gpt: str, service: str, data: st.DataObject) -> dict[str, Any]:
    """Returns plays of an invented player, some without a time and some with a comment."""
    game, name = gpt.split(":")
    playtype = playtype_of(game, name)
    charts = [chart for chart in catalogue()[game].charts if chart["playtype"] == name]
    chance = Random(data.draw(st.integers(0, 1_000)))
    rows = list(plays(gpt, charts, data.draw(st.integers(1, 30)), chance=chance))
    for row in rows:
        if chance.random() < 0.2:
            del row["timeAchieved"]
    rows[0]["comment"] = data.draw(COMMENTS)
    provided = {group.name: group.ids for group in playtype.classes.values() if group.is_provided}
    classes = {set_: data.draw(st.sampled_from(ids)) for set_, ids in provided.items()}
    return document(gpt, rows, service=service, classes=classes)


@pytest.mark.parametrize("gpt", sorted(SKILLS))
@FEW
@given(st.data())
@undone()
def test_an_export_gives_another_account_the_same_data_and_is_reverted(gpt: str, data: st.DataObject) -> None:
    """The other account has its own scores in another game, which are unchanged after the revert."""
    alice, bob = people.alice(), people.bob()
    gpts = {gpt, *data.draw(OTHERS, label="others")}
    for each in sorted(gpts):
        exported.import_file(alice, msgspec.json.encode(drawn_document(each, "Night Logger", data)))
    name_sessions(alice, data)
    games = {each.split(":")[0] for each in gpts}
    own = sorted(each for each in SKILLS if each.split(":")[0] not in games)
    exported.import_file(bob, msgspec.json.encode(drawn_document(data.draw(st.sampled_from(own)), "Mine", data)))
    before = visible_data(bob)
    wanted = {name: sorted([*mine, *visible_data(alice)[name]]) for name, mine in before.items()}

    made = exported.import_export(bob, exported.zip_of_files(exported.exported(alice)))
    assert visible_data(bob) == wanted
    for job in made:
        exported.revert_import(job)
    assert visible_data(bob) == before
    for job in reversed(made):
        exported.restore_import(job)
    assert visible_data(bob) == wanted


def test_an_export_of_every_game_gives_another_account_the_same_data() -> None:
    alice, bob = people.alice(), people.bob()
    for gpt in SKILLS:
        game, name = gpt.split(":")
        charts = [chart for chart in catalogue()[game].charts if chart["playtype"] == name]
        rows = list(plays(gpt, charts, 6, chance=Random(gpt)))
        rows[0]["comment"] = "at last"
        exported.import_file(alice, msgspec.json.encode(document(gpt, rows, service="Night Logger")))
    for session in alice.sessions.all():
        sessions.edit(session, {"name": f"{session.game} {session.playtype}", "desc": "a note", "highlight": True})
    made = exported.import_export(bob, exported.zip_of_files(exported.exported(alice)))
    assert len(made) == len({gpt.split(":")[0] for gpt in SKILLS})
    assert visible_data(bob) == visible_data(alice)
    for job in made:
        exported.revert_import(job)
    assert not any(visible_data(bob).values())
    for job in made:
        exported.restore_import(job)
    assert visible_data(bob) == visible_data(alice)


def name_sessions(user: User, data: st.DataObject) -> None:
    """Gives some of a player's sessions a name, a note or a highlight."""
    names, notes = st.text("ab あ", min_size=3, max_size=80).filter(str.strip), st.text("xy", min_size=3, max_size=120)
    for session in user.sessions.order_by("pk"):
        changes = data.draw(
            st.fixed_dictionaries({}, optional={"name": names, "desc": notes, "highlight": st.just(True)})
        )
        if changes:
            sessions.edit(session, changes)


def visible_data(user: User) -> dict[str, list[str]]:
    """Returns what others see of a player as sorted texts, without IDs, which differ per account."""
    of_scores = ("game", "chart", "service", "comment", "highlight", "time_achieved", "score_data", "score_meta")
    named = ("game", "playtype", "name", "desc", "highlight", "name_edited", "desc_edited", "highlight_edited")
    of_bests = ("game", "playtype", "chart", "score_data", "calculated_data", "highlight")
    rows = {
        "scores": user.scores.values_list(*of_scores, "calculated_data"),
        "bests": user.bests.values_list(*of_bests),
        "sessions": user.sessions.values_list(*named, "time_started", "time_ended", "calculated_data"),
        "stats": user.game_stats.values_list("game", "playtype", "ratings", "classes"),
    }
    encode = msgspec.json.Encoder(order="sorted").encode
    # In JSON, 63 and 63.0 are the same number.
    return {name: sorted(WHOLE.sub("", encode(row).decode()) for row in found) for name, found in rows.items()}
