"""/games/ says what the instance takes, from the declarations; what it shows as an example really goes in."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings as SettingsWrapper

from imports import jobs
from imports.formats import BY_IMPORT_TYPE
from imports.formats.base import ParseOptions
from imports.games import BY_SLUG, GAMES
from imports.games.spec import Decimal, Game, Graph, Integer, Ladder, Metric, Playtype, Rule, between, whole_between
from imports.models import ImportProblem, State
from imports.pages.game_parts import _values, example, sheet_of
from imports.sample.make import SEEDS
from imports.seeds.load import load
from tests import builders, people
from tests.pages.reading import heading_of, text_of

EVERY = [(game, playtype) for game in GAMES for playtype in game.playtypes]
every_playtype = pytest.mark.parametrize(
    ("game", "playtype"), EVERY, ids=[f"{game.slug}:{playtype.name}" for game, playtype in EVERY]
)


@pytest.mark.django_db
def test_the_list_names_every_game_with_its_metrics_and_match_types() -> None:
    response = people.guest().get("/games/")

    assert heading_of(response) == "Games"
    said = text_of(response)
    for game, playtype in EVERY:
        assert game.name in said
        assert f'href="/games/{game.slug}/"' in response.content.decode()
        assert {*playtype.provided, *playtype.match_types} <= {word.strip(",") for word in said.split()}


@every_playtype
@pytest.mark.django_db
def test_a_game_s_page_says_all_that_is_declared(game: Game, playtype: Playtype) -> None:
    response = people.guest().get(f"/games/{game.slug}/?playtype={playtype.name}")

    assert response.status_code == 200
    assert heading_of(response) == game.label(playtype.name)
    said = text_of(response)
    names = [*playtype.metrics, *playtype.optional, *playtype.judgements, *playtype.match_types]
    names += [name for value in playtype.versions.items() for name in value]
    names += [value for ladder in playtype.ladders.values() for value in ladder.values]
    names += [name for difficulty in playtype.difficulties or () for name in (difficulty.name, difficulty.short)]
    names += [value.name for group in playtype.classes.values() for value in group.values]
    assert [name for name in names if " ".join(name.split()) not in said] == []


@every_playtype
def test_every_lamp_and_grade_is_lit_in_its_order(game: Game, playtype: Playtype) -> None:
    parts = {part.name: part for part in sheet_of(game, playtype).ladders}

    for name, ladder in playtype.ladders.items():
        assert [light.value for light in parts[name].lights] == list(ladder.values)


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        (Integer(), "whole number"),
        (Integer(rule=whole_between(0, 10_000_000)), "whole number, 0 to 10,000,000"),
        (Integer(rule=Rule("", 0, whole=True)), "whole number, 0 or more"),
        (Integer(chart_rule=lambda _value, _chart: None), "whole number, as far as the chart allows"),
        (Decimal(rule=between(0, 100)), "number, 0 to 100"),
        (Decimal(rule=Rule("", high=5)), "number, up to 5"),
        (Decimal(rule=whole_between(0, 5)), "whole number, 0 to 5"),
        (Ladder(values=("A", "B")), "one of 2, below"),
        (Graph(rule=between(0, 100)), "list, each a number 0 to 100"),
        (Graph(rule=between(0, 100), nullable=True), "list, each a number 0 to 100, or null"),
    ],
)
def test_a_metric_s_values_are_told_in_words(metric: Metric, said: str) -> None:
    assert _values(metric) == said


# --- the example --------------------------------------------------------------------------------------


@every_playtype
def test_the_example_is_read_by_the_format(game: Game, playtype: Playtype) -> None:
    document = json.loads(sheet_of(game, playtype).example)

    assert document == example(f"{game.slug}:{playtype.name}")
    parsed = BY_IMPORT_TYPE["file/batch-manual"].parse(json.dumps(document).encode(), ParseOptions(games=GAMES, now=0))
    assert (parsed.context.game, parsed.context.playtype) == (game, playtype)
    assert len(parsed.rows) == 1


@pytest.mark.django_db
def test_every_example_goes_in_without_a_problem() -> None:
    load(SEEDS)
    alice = people.alice()

    for game, playtype in EVERY:
        content = sheet_of(game, playtype).example.encode()
        job = jobs.submit(alice, jobs.Upload(content=content, import_type="file/batch-manual"))
        job = builders.dealt_with(job)
        problems = list(ImportProblem.objects.filter(job=job).values_list("message", flat=True))
        assert (job.state, job.score_count, problems) == (State.COMPLETED, 1, []), (game.slug, playtype.name)


def test_a_game_without_a_sample_has_no_example() -> None:
    assert example("unbuilt:Single") is None


# --- whose it is, and what it costs -------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/games/", "/games/iidx/", "/games/iidx/?playtype=DP"])
def test_the_pages_are_everybody_s(address: str) -> None:
    cast = (people.alice(), people.mo(), people.ada(), people.eve())

    assert [client.get(address).status_code for client in (people.guest(), *map(people.session_of, cast))] == [200] * 5


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/games/", "/games/bms/"])
def test_the_pages_ask_the_database_nothing(address: str, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        people.guest().get(address)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/games/nothing/", "/games/SDVX/", "/games/%00/", "/games/sdvx"])
def test_what_is_no_game_is_not_there(address: str, client: Client) -> None:
    assert client.get(address, follow=True).status_code == (200 if address == "/games/sdvx" else 404)


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_they_can_only_be_read(method: str, client: Client) -> None:
    assert getattr(client, method)("/games/").status_code == 405


@pytest.mark.django_db
def test_an_unknown_playtype_is_the_first(client: Client) -> None:
    assert heading_of(client.get("/games/iidx/?playtype=Triple")) == BY_SLUG["iidx"].label("SP")


@pytest.mark.django_db
def test_only_the_games_of_the_instance_are_shown(client: Client, settings: SettingsWrapper) -> None:
    settings.TACHI_GAMES = ["sdvx"]
    jobs.offered_games.cache_clear()
    try:
        said = text_of(client.get("/games/"))
        assert "Scores of 1 game go in here" in said
        assert "CHUNITHM" not in said
        assert client.get("/games/chunithm/").status_code == 404
        assert client.get("/games/sdvx/").status_code == 200
    finally:
        settings.TACHI_GAMES = []
        jobs.offered_games.cache_clear()


@pytest.mark.django_db
def test_every_page_and_the_upload_form_lead_there() -> None:
    assert 'href="/games/"' in people.guest().get("/login/").content.decode()
    page = people.session_of(people.alice()).get("/import/").content.decode()
    assert page.count('href="/games/"') == 4  # head, foot, form and the bar at the foot of a phone
