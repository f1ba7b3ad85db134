"""What a player takes out of one instance and brings to another is the same there."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker

from imports.games import playtype_of
from imports.models import Import, Score
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
SERVICES = ("Night Logger", "e-amusement", "Öffentlich 日本", "a" * 60)
COMMENTS = st.none() | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=3, max_size=60
)


@pytest.fixture(scope="module")
def sample(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with shared(django_db_blocker):
        load(SEEDS)
        yield


def test_the_files_of_every_game_bring_the_same_to_an_empty_account() -> None:
    alice = people.alice()
    for gpt in SKILLS:
        game, name = gpt.split(":")
        charts = [chart for chart in catalogue()[game].charts if chart["playtype"] == name]
        rows = list(plays(gpt, charts, 6, chance=Random(gpt)))
        exported.bring(alice, msgspec.json.encode(document(gpt, rows, service="Night Logger")))
    before = exported.facts_of(alice)
    files = exported.batch_manual_files(exported.exported(alice))
    exported.empty(alice)
    for content in files:
        exported.bring(alice, content)
    assert len(files) == len(SKILLS)
    assert exported.facts_of(alice) == before


@settings(
    max_examples=examples(2, ci=10),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
@undone()
def test_the_files_of_scores_bring_the_same_to_an_empty_account(data: st.DataObject) -> None:
    alice = people.alice()
    for gpt in data.draw(st.lists(st.sampled_from(sorted(SKILLS)), min_size=1, max_size=2, unique=True)):
        for service in data.draw(st.lists(st.sampled_from(SERVICES), min_size=1, max_size=2, unique=True)):
            exported.bring(alice, msgspec.json.encode(drawn_document(gpt, service, data)))
    before = exported.facts_of(alice)
    archive = exported.exported(alice)
    services = sorted(Score.objects.filter(user=alice).values_list("score_id", "service"))
    if data.draw(st.booleans(), label="as Tachi's API has them"):
        files = [archive.read(name) for name in archive.namelist() if name.startswith("scores/")]
        import_type = "file/tachi-scores"
        for stats in before["stats"]:  # these files say nothing of provided classes
            playtype = playtype_of(stats["game"], stats["playtype"])
            stats["classes"] = {k: v for k, v in stats["classes"].items() if not playtype.classes[k].is_provided}
    else:
        files, import_type = exported.batch_manual_files(archive), "file/batch-manual"
    exported.empty(alice)

    for content in files:
        exported.bring(alice, content, import_type)

    assert exported.facts_of(alice) == before
    assert sorted(Score.objects.filter(user=alice).values_list("score_id", "service")) == services
    assert not Import.objects.filter(problem_count__gt=0).exists()


def drawn_document(gpt: str, service: str, data: st.DataObject) -> dict[str, Any]:
    """Plays of an invented player, some without a time and some with a comment."""
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
