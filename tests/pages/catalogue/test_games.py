"""/games/ describes what the instance accepts, from the declarations; its examples can really be imported."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings as SettingsWrapper

from imports import jobs
from imports.formats import BY_IMPORT_TYPE, FORMATS
from imports.formats.base import ParseOptions
from imports.games import BY_SLUG, GAMES
from imports.games.spec import (
    Decimal,
    Game,
    Graph,
    Integer,
    Ladder,
    Metric,
    NumberRule,
    Playtype,
    between,
    whole_between,
)
from imports.models import ImportProblem, State
from imports.pages.catalogue.presenters import build_playtype_sheet, example, metric_values
from imports.sample.make import SEEDS
from imports.seeds.load import load
from tests import factories, people
from tests.pages.html_parsing import heading_of, text_of

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
    parts = {part.name: part for part in build_playtype_sheet(game, playtype).ladders}

    for name, ladder in playtype.ladders.items():
        assert [light.value for light in parts[name].lights] == list(ladder.values)


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        (Integer(), "whole number"),
        (Integer(rule=whole_between(0, 10_000_000)), "whole number, 0 to 10,000,000"),
        (Integer(rule=NumberRule("", 0, whole=True)), "whole number, 0 or more"),
        (Integer(chart_rule=lambda _value, _chart: None), "whole number, up to the chart's maximum"),
        (Decimal(rule=between(0, 100)), "number, 0 to 100"),
        (Decimal(rule=NumberRule("", high=5)), "number, up to 5"),
        (Decimal(rule=whole_between(0, 5)), "whole number, 0 to 5"),
        (Ladder(values=("A", "B")), "one of 2, below"),
        (Graph(rule=between(0, 100)), "list, each a number 0 to 100"),
        (Graph(rule=between(0, 100), nullable=True), "list, each a number 0 to 100, or null"),
    ],
)
def test_a_metric_s_values_are_told_in_words(metric: Metric, said: str) -> None:
    assert metric_values(metric) == said


# --- how scores come in ---------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("game", GAMES, ids=[game.slug for game in GAMES])
def test_a_game_s_page_names_every_file_with_a_sample_and_every_program_with_its_address(game: Game) -> None:
    page = people.session_of(people.alice()).get(f"/games/{game.slug}/")
    said, body = text_of(page), page.content.decode()
    for source in FORMATS:
        is_told = source.name in said
        if source.is_file:
            assert is_told == source.serves([game])
            sample = f"/import/samples/{source.import_type.removeprefix('file/')}/"
            assert (f'href="{sample}"' in body) == (game.slug in source.games)
        for address in source.addresses:
            assert (f">http://testserver{address}<" in body) == source.serves([game])
    assert 'href="/tokens/"' in body
    assert ('href="/account/hooks/"' in body) == any(each.has_settings and each.serves([game]) for each in FORMATS)
    assert 'href="/login/?next=/tokens/"' in people.guest().get(f"/games/{game.slug}/").content.decode()


@pytest.mark.django_db
def test_addresses_are_those_of_the_instance(settings: SettingsWrapper) -> None:
    settings.TACHI_PUBLIC_URL = "https://scores.example.org"
    page = people.guest().get("/games/usc/").content.decode()
    assert ">https://scores.example.org/ir/usc/Controller<" in page
    assert "testserver" not in page


@pytest.mark.django_db
def test_disabled_import_types_are_not_listed(settings: SettingsWrapper) -> None:
    settings.TACHI_IMPORT_TYPES = ["ir/barbatos"]
    said = text_of(people.guest().get("/games/sdvx/"))
    assert "Barbatos" in said
    assert "KsHook" not in said
    assert "This server takes no files of this game." in said
    assert "This server takes no scores of this game from programs." in text_of(people.guest().get("/games/iidx/"))


def test_every_address_that_a_program_is_told_has_endpoints_below_it() -> None:
    served = [f"/{pattern}" for pattern in _patterns(get_resolver().url_patterns)]
    for source in FORMATS:
        assert bool(source.addresses) == source.import_type.startswith("ir/")
        for address in source.addresses:
            known = address.replace("/Controller", "/<str:playtype>").replace("/Keyboard", "/<str:playtype>")
            assert any(each.startswith(known) for each in served), address


def _patterns(found: Sequence[Any], before: str = "") -> Iterator[str]:
    for each in found:
        yield f"{before}{each.pattern}"
        yield from _patterns(getattr(each, "url_patterns", ()), f"{before}{each.pattern}")


# --- the example --------------------------------------------------------------------------------------


@every_playtype
def test_the_example_is_read_by_the_format(game: Game, playtype: Playtype) -> None:
    document = json.loads(build_playtype_sheet(game, playtype).example)

    assert document == example(f"{game.slug}:{playtype.name}")
    parsed = BY_IMPORT_TYPE["file/batch-manual"].parse(json.dumps(document).encode(), ParseOptions(games=GAMES, now=0))
    assert (parsed.context.game, parsed.context.playtype) == (game, playtype)
    assert len(parsed.rows) == 1


@pytest.mark.django_db
def test_every_example_goes_in_without_a_problem() -> None:
    load(SEEDS)
    alice = people.alice()

    for game, playtype in EVERY:
        content = build_playtype_sheet(game, playtype).example.encode()
        job = jobs.submit(alice, jobs.Upload(content=content, import_type="file/batch-manual"))
        job = factories.process(job)
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
def test_an_unknown_game_is_not_found(address: str, client: Client) -> None:
    assert client.get(address, follow=True).status_code == (200 if address == "/games/sdvx" else 404)


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_pages_of_games_can_only_be_read(method: str, client: Client) -> None:
    assert getattr(client, method)("/games/").status_code == 405


@pytest.mark.django_db
def test_an_unknown_playtype_is_the_first(client: Client) -> None:
    assert heading_of(client.get("/games/iidx/?playtype=Triple")) == BY_SLUG["iidx"].label("SP")


@pytest.mark.django_db
def test_only_the_games_of_the_instance_are_shown(client: Client, settings: SettingsWrapper) -> None:
    settings.TACHI_GAMES = ["sdvx"]
    said = text_of(client.get("/games/"))
    assert "1 supported game" in said
    assert "CHUNITHM" not in said
    assert client.get("/games/chunithm/").status_code == 404
    assert client.get("/games/sdvx/").status_code == 200


@pytest.mark.django_db
def test_every_page_and_the_upload_form_lead_there() -> None:
    assert 'href="/games/"' in people.guest().get("/login/").content.decode()
    page = people.session_of(people.alice()).get("/import/").content.decode()
    assert page.count('href="/games/"') == 4  # head, foot, form and the bar at the foot of a phone
